//! The clock on the wall, and waiting for what it will show.
//!
//! Does not know what is waited for.

use std::fmt;
use std::future::pending;
use std::time::Duration;

use jiff::Timestamp;

use super::timer::duration;

/// How long it is slept without a look at the clock, which may be set, or stand still while the machine sleeps.
pub(super) const LONGEST_NAP: Duration = Duration::from_secs(30);

/// Tells the time.
pub(super) struct Clock(Box<dyn Fn() -> Timestamp + Send>);

impl Clock {
    /// The clock of the machine.
    pub(super) fn system() -> Self {
        Self::new(Timestamp::now)
    }

    pub(super) fn new(now: impl Fn() -> Timestamp + Send + 'static) -> Self {
        Self(Box::new(now))
    }

    pub(super) fn now(&self) -> Timestamp {
        (self.0)()
    }

    /// Returns at `time`, or before it after [`LONGEST_NAP`]; never for `None`.
    pub(super) async fn nap_until(&self, time: Option<Timestamp>) {
        let Some(time) = time else { return pending().await };
        tokio::time::sleep(duration(self.now(), time).min(LONGEST_NAP)).await;
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Clock").field(&self.now()).finish()
    }
}
