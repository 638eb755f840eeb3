//! Something that is due again and again.
//! Deliberately without a choice of what becomes of missed ticks: a service that was busy does not catch up.

use std::time::Duration;

use super::{Instant, sleep_until};

/// Ticks now and then once per `period`.
///
/// ```
/// # use mikros_sdk::prelude::*;
/// # use std::time::Duration;
/// use mikros_sdk::time::interval;
/// use mikros_sdk::until_shutdown;
///
/// async fn start() -> Result<()> {
///     let mut minutes = interval(Duration::from_secs(60));
///     while until_shutdown(minutes.tick()).await.is_some() {
///         log::info!("another minute");
///     }
///     Ok(())
/// }
/// ```
///
/// # Panics
///
/// When `period` is zero.
#[must_use]
pub fn interval(period: Duration) -> Interval {
    assert!(!period.is_zero(), "the period of an interval must be longer than zero");
    Interval { period, next: Instant::now() }
}

/// Ticks at regular intervals, see [`interval()`].
#[derive(Debug)]
pub struct Interval {
    period: Duration,
    next: Instant,
}

impl Interval {
    /// Waits for the next tick and returns when it was due. The first one is due at once.
    ///
    /// Ticks that nobody has waited for in time are left out and the others stay where they are, as with
    /// `MissedTickBehavior::Skip` of tokio.
    ///
    /// # Cancel safety
    ///
    /// A tick is taken only when it is returned, so dropping the future loses none.
    pub async fn tick(&mut self) -> Instant {
        let due = self.next;
        sleep_until(due).await;
        let late = Instant::now().duration_since(due);
        let missed = late.as_nanos() / self.period.as_nanos();
        let whole = u32::try_from(missed).ok().and_then(|missed| self.period.checked_mul(missed));
        self.next = due + whole.unwrap_or(late) + self.period;
        due
    }

    /// Makes the next tick due one period from now.
    pub fn reset(&mut self) {
        self.next = Instant::now() + self.period;
    }

    /// The time from one tick to the next.
    #[must_use]
    pub fn period(&self) -> Duration {
        self.period
    }
}
