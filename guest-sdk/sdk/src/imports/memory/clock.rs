//! Runs the tasks of one test, in virtual time: when all wait, the clock jumps to the next timer.
//! Deliberately single-threaded and without real time, so that a test gives the same every time.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt as _};

#[derive(Default)]
pub(super) struct Clock {
    now: Cell<Duration>,
    /// By the time at which they end; the number keeps timers of the same time apart.
    timers: RefCell<BTreeMap<(Duration, u64), Waker>>,
    timers_made: Cell<u64>,
    spawned: RefCell<Vec<LocalBoxFuture<'static, ()>>>,
}

/// Notes that something was woken.
#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Clock {
    pub(super) fn now(&self) -> Duration {
        self.now.get()
    }

    pub(super) fn spawn(&self, future: impl Future<Output = ()> + 'static) {
        self.spawned.borrow_mut().push(future.boxed_local());
    }

    /// Runs `root` and all that it spawns until `root` is done. What is still running then is
    /// dropped.
    ///
    /// # Panics
    ///
    /// When everything waits for something that no timer brings about.
    pub(super) fn run<T>(&self, root: impl Future<Output = T>) -> T {
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        let mut context = Context::from_waker(&waker);
        let mut root = pin!(root);
        let mut tasks = FuturesUnordered::new();
        loop {
            woken.0.store(false, Ordering::Relaxed);
            if let Poll::Ready(output) = root.as_mut().poll(&mut context) {
                return output;
            }
            tasks.extend(self.spawned.take());
            while let Poll::Ready(Some(())) = tasks.poll_next_unpin(&mut context) {}
            let is_busy = woken.0.load(Ordering::Relaxed) || !self.spawned.borrow().is_empty();
            assert!(
                is_busy || self.advance(),
                "the test waits for something that never happens: no timer is pending"
            );
        }
    }

    /// Moves the clock forward, past the timers that end until then.
    pub(super) fn advance_by(&self, time: Duration) {
        let now = self.now.get().saturating_add(time);
        self.now.set(now);
        let later = self.timers.borrow_mut().split_off(&(now, u64::MAX));
        for waker in self.timers.replace(later).into_values() {
            waker.wake();
        }
    }

    /// Moves the clock to the next timer; `false` when there is none.
    fn advance(&self) -> bool {
        let Some(timer) = self.timers.borrow_mut().pop_first() else { return false };
        let ((time, _), waker) = timer;
        self.now.set(time);
        waker.wake();
        true
    }

    pub(super) async fn sleep(&self, duration: Duration) {
        let number = self.timers_made.get();
        self.timers_made.set(number + 1);
        Sleep { clock: self, key: (self.now.get().saturating_add(duration), number) }.await;
    }
}

struct Sleep<'a> {
    clock: &'a Clock,
    key: (Duration, u64),
}

impl Future for Sleep<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.key.0 <= self.clock.now.get() {
            return Poll::Ready(());
        }
        self.clock.timers.borrow_mut().insert(self.key, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep<'_> {
    fn drop(&mut self) {
        self.clock.timers.borrow_mut().remove(&self.key);
    }
}
