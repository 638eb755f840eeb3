//! Whether a worker's event loop still turns, seen from threads that guests never run on.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::sync::Notify;

/// Signs of life of one worker, and the ways to end one that shows none.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    /// Counts the turns of the event loop. Grows between any two stretches of guest code.
    turns: AtomicU64,
    /// Whether the worker's thread is inside the event loop, and so may be inside guest code.
    running: AtomicBool,
    /// When a caller gave up while the loop had not turned since; 0 when none has. Milliseconds.
    overdue_since: AtomicU64,
    /// Guest code traps at its next opportunity.
    interrupted: AtomicBool,
    /// No instance follows the present one.
    last: AtomicBool,
    kill: Notify,
}

impl Pulse {
    /// The event loop turned: no guest code is on the stack.
    pub(super) fn beat(&self) {
        self.turns.fetch_add(1, Ordering::Relaxed);
        if self.overdue_since.load(Ordering::Relaxed) != 0 {
            self.overdue_since.store(0, Ordering::Relaxed);
        }
    }

    pub(super) fn turns(&self) -> u64 {
        self.turns.load(Ordering::Relaxed)
    }

    pub(super) fn set_running(&self, running: bool) {
        self.running.store(running, Ordering::SeqCst);
    }

    pub(super) fn is_running(&self) -> bool {
        self.running.load(Ordering::SeqCst)
    }

    /// A caller gave up at `now`, in milliseconds that are never 0.
    pub(super) fn report_overdue(&self, now: u64) {
        // Only the first report counts: it says since when the loop stands still.
        let _ = self.overdue_since.compare_exchange(0, now, Ordering::SeqCst, Ordering::SeqCst);
    }

    /// Since when the loop has not turned although a caller gave up.
    pub(super) fn overdue_since(&self) -> Option<u64> {
        match self.overdue_since.load(Ordering::SeqCst) {
            0 => None,
            since => Some(since),
        }
    }

    /// Asks the worker to end its instance, whatever the guest does.
    pub(super) fn kill(&self) {
        self.overdue_since.store(0, Ordering::Relaxed);
        self.kill.notify_one();
    }

    /// Resolves when the instance is to be ended.
    pub(super) async fn killed(&self) {
        self.kill.notified().await;
    }

    pub(super) fn interrupt(&self) {
        self.interrupted.store(true, Ordering::SeqCst);
    }

    pub(super) fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::SeqCst)
    }

    /// The service stops: an instance that is lost now is not replaced.
    pub(super) fn set_last(&self) {
        self.last.store(true, Ordering::SeqCst);
    }

    pub(super) fn is_last(&self) -> bool {
        self.last.load(Ordering::SeqCst)
    }

    /// A new instance begins.
    pub(super) fn reset(&self) {
        self.interrupted.store(false, Ordering::SeqCst);
        self.overdue_since.store(0, Ordering::SeqCst);
    }
}
