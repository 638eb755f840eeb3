//! Whether a worker's event loop still turns, seen from threads that guests never run on.

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
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(1);

    #[test]
    fn a_loop_that_turns_after_a_caller_gave_up_is_well() {
        let heartbeat = Heartbeat::new(PATIENCE);
        heartbeat.beat(10);

        heartbeat.report_given_up();
        assert_eq!(heartbeat.judge(5000), Verdict::Stuck);
        heartbeat.beat(5000);

        assert_eq!(heartbeat.judge(9000), Verdict::Idle);
    }

    #[test]
    fn a_loop_that_has_not_stood_still_for_long_enough_is_watched() {
        let heartbeat = Heartbeat::new(PATIENCE);
        heartbeat.beat(500);

        heartbeat.report_given_up();

        assert_eq!(heartbeat.judge(1499), Verdict::Watched);
        assert_eq!(heartbeat.judge(1500), Verdict::Stuck);
    }

    #[test]
    fn a_loop_nobody_waits_for_may_stand_still() {
        let heartbeat = Heartbeat::new(PATIENCE);
        heartbeat.beat(1);

        assert_eq!(heartbeat.judge(1_000_000), Verdict::Idle);
        heartbeat.set_running(true);
        assert_eq!(heartbeat.judge(1_000_000), Verdict::Watched);
    }

    #[tokio::test]
    async fn a_new_instance_is_not_killed_for_the_one_before() {
        let heartbeat = Heartbeat::new(PATIENCE);

        heartbeat.kill();
        heartbeat.reset(0);

        assert!(heartbeat.killed().now_or_never().is_none());
    }
}
