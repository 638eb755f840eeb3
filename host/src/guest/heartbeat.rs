//! Whether a worker's event loop still turns, seen from threads that guests never run on.
//!
//! A guest that blocks cannot be asked whether it is well. So the loop counts its turns, and a caller that gives up
//! notes the count: if it is still the same after a while, guest code has been on the stack all the time. Counts
//! are noted plus one, because 0 stands for nobody. There is no lock, so that the loop never waits for the
//! watchdog. The one race that matters is in `judge`, which forgets a report that a turn has answered, and must
//! not forget a newer one with it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::Notify;

/// Signs of life of one worker, and the ways to end one that shows none. Times are milliseconds of
/// the watchdog's clock.
#[derive(Debug)]
pub(super) struct Heartbeat {
    /// Counts the turns of the event loop. Grows between any two stretches of guest code.
    turns: AtomicU64,
    /// When it turned last.
    last_turn: AtomicU64,
    /// How long it may stand still while somebody waits for it.
    patience: u64,
    /// One more than the turns there were when a caller gave up; 0 when none has.
    given_up_at: AtomicU64,
    /// One more than the turns there were when a request was not taken in for too long; 0 when none
    /// was.
    suspected_at: AtomicU64,
    /// Whether the worker's thread is inside the event loop, and so may be inside guest code.
    running: AtomicBool,
    /// Guest code traps at its next opportunity.
    interrupted: AtomicBool,
    /// No instance follows the present one.
    last: AtomicBool,
    kill: Notify,
}

/// What the watchdog sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing to watch.
    Idle,
    /// Guest code may run, or it is open whether the loop stands still.
    Watched,
    /// A caller gave up, and the loop has stood still for longer than any call may take.
    Stuck,
}

impl Heartbeat {
    pub(super) fn new(patience: Duration) -> Self {
        Self {
            turns: AtomicU64::new(0),
            last_turn: AtomicU64::new(0),
            patience: u64::try_from(patience.as_millis()).unwrap_or(u64::MAX),
            given_up_at: AtomicU64::new(0),
            suspected_at: AtomicU64::new(0),
            running: AtomicBool::new(false),
            interrupted: AtomicBool::new(false),
            last: AtomicBool::new(false),
            kill: Notify::new(),
        }
    }

    /// The event loop turned: no guest code is on the stack.
    pub(super) fn beat(&self, now: u64) {
        self.turns.fetch_add(1, Ordering::Relaxed);
        self.last_turn.store(now, Ordering::Relaxed);
    }

    pub(super) fn turns(&self) -> u64 {
        self.turns.load(Ordering::Relaxed)
    }

    pub(super) fn set_running(&self, running: bool) {
        self.running.store(running, Ordering::SeqCst);
    }

    /// A caller gave up. The loop must be woken after this: an idle one shows by turning that it is
    /// well.
    pub(super) fn report_given_up(&self) {
        self.given_up_at.store(self.turns() + 1, Ordering::SeqCst);
    }

    pub(super) fn judge(&self, now: u64) -> Verdict {
        let given_up_at = self.given_up_at.load(Ordering::SeqCst);
        let stands_still = given_up_at == self.turns() + 1;
        if given_up_at != 0 && !stands_still {
            // It may have been reported anew meanwhile; then that stands.
            let _ = self.given_up_at.compare_exchange(
                given_up_at,
                0,
                Ordering::SeqCst,
                Ordering::SeqCst,
            );
        }
        let since_turn = now.saturating_sub(self.last_turn.load(Ordering::Relaxed));
        match stands_still {
            true if since_turn >= self.patience => Verdict::Stuck,
            true => Verdict::Watched,
            false if self.running.load(Ordering::SeqCst) => Verdict::Watched,
            false => Verdict::Idle,
        }
    }

    /// A request was not taken in for too long.
    pub(super) fn suspect(&self) {
        self.suspected_at.store(self.turns() + 1, Ordering::Relaxed);
    }

    /// Whether the loop has not turned since it was suspected.
    pub(super) fn is_suspect(&self) -> bool {
        self.suspected_at.load(Ordering::Relaxed) == self.turns() + 1
    }

    /// Asks the worker to end its instance, whatever the guest does.
    pub(super) fn kill(&self) {
        self.given_up_at.store(0, Ordering::SeqCst);
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

    /// A new instance begins; what was asked of the one before does not concern it.
    pub(super) fn reset(&self, now: u64) {
        self.interrupted.store(false, Ordering::SeqCst);
        self.given_up_at.store(0, Ordering::SeqCst);
        self.suspected_at.store(0, Ordering::Relaxed);
        self.last_turn.store(now, Ordering::Relaxed);
        // There is at most one kill that nobody has seen.
        let _ = self.kill.notified().now_or_never();
    }
}

#[cfg(test)]
mod tests;
