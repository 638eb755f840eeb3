//! The thread that makes busy guests yield and ends those that no longer answer. Guests never run on
//! it, so nothing they do can hold it up.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::{JoinHandle, Thread};
use std::time::{Duration, Instant};

use super::heartbeat::{Heartbeat, Verdict};

/// How often guests are made to yield. One that computes gives way to its thread's other work after
/// one to two ticks.
const TICK: Duration = Duration::from_millis(10);
/// After so many ticks without a guest at work the thread sleeps until one works again.
const IDLE_TICKS: u32 = 100;

/// Drives the epoch of an engine while guests run. Stops and joins its thread when dropped.
#[derive(Debug)]
pub(crate) struct Watchdog {
    watchdog: Arc<WatchdogHandle>,
    thread: Option<JoinHandle<()>>,
}

/// How workers reach the watchdog.
#[derive(Debug)]
pub(super) struct WatchdogHandle {
    origin: Instant,
    /// Milliseconds since `origin`, as of the last tick or awakening.
    clock: AtomicU64,
    asleep: AtomicBool,
    stopping: AtomicBool,
    thread: std::sync::OnceLock<Thread>,
    watched: Mutex<Vec<Weak<Heartbeat>>>,
}

impl Watchdog {
    /// # Errors
    /// When the system refuses another thread.
    pub(crate) fn start(engine: &wasmtime::Engine) -> std::io::Result<Self> {
        let watchdog = Arc::new(WatchdogHandle {
            origin: Instant::now(),
            clock: AtomicU64::new(0),
            asleep: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
            thread: std::sync::OnceLock::new(),
            watched: Mutex::default(),
        });
        let engine = engine.weak();
        let watching = watchdog.clone();
        let thread = std::thread::Builder::new().name("watchdog".to_owned()).spawn(move || {
            // Until this is set nobody can be asleep, so nobody needs to be woken.
            watching.thread.get_or_init(std::thread::current);
            while !watching.stopping.load(Ordering::SeqCst) {
                watching.watch(|| {
                    if let Some(engine) = engine.upgrade() {
                        engine.increment_epoch();
                    }
                });
            }
        })?;
        Ok(Self { watchdog, thread: Some(thread) })
    }

    pub(super) fn watchdog(&self) -> Arc<WatchdogHandle> {
        self.watchdog.clone()
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.watchdog.stopping.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // A watchdog that panicked has said so already.
            drop(thread.join());
        }
    }
}

impl WatchdogHandle {
    pub(super) fn watch_over(&self, heartbeat: &Arc<Heartbeat>) {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        watched.retain(|heartbeat| heartbeat.strong_count() > 0);
        watched.push(Arc::downgrade(heartbeat));
    }

    /// A guest is about to run, or a caller gave up on one. Cheap unless the watchdog sleeps.
    pub(super) fn wake(&self) {
        if self.asleep.load(Ordering::SeqCst)
            && let Some(thread) = self.thread.get()
        {
            self.advance_clock();
            thread.unpark();
        }
    }

    /// Milliseconds since the watchdog exists, at most one tick late while a guest runs. Costs one
    /// load, which is why turns of an event loop can be timed by it.
    pub(super) fn now(&self) -> u64 {
        self.clock.load(Ordering::Relaxed)
    }

    fn advance_clock(&self) {
        let elapsed = u64::try_from(self.origin.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.clock.fetch_max(elapsed, Ordering::Relaxed);
    }

    /// Ticks until nothing has happened for a while, then sleeps until it is woken.
    fn watch(&self, tick: impl Fn()) {
        let mut idle = 0;
        while idle < IDLE_TICKS {
            std::thread::park_timeout(TICK);
            if self.stopping.load(Ordering::SeqCst) {
                return;
            }
            tick();
            idle = if self.check() { 0 } else { idle + 1 };
        }
        self.asleep.store(true, Ordering::SeqCst);
        // Whoever began to run before this saw `asleep` as false, so look once more.
        if !self.check() && !self.stopping.load(Ordering::SeqCst) {
            std::thread::park();
        }
        self.asleep.store(false, Ordering::SeqCst);
    }

    /// Ends the workers that stand still; tells whether there is anything to watch.
    fn check(&self) -> bool {
        self.advance_clock();
        let now = self.now();
        let watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        let mut busy = false;
        for heartbeat in watched.iter().filter_map(Weak::upgrade) {
            match heartbeat.judge(now) {
                Verdict::Idle => continue,
                Verdict::Watched => (),
                Verdict::Stuck => heartbeat.kill(),
            }
            busy = true;
        }
        busy
    }
}
