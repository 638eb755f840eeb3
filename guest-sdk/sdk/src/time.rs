//! Clocks, and waiting for them. In tests both follow the virtual time of
//! [`testing::Context`](crate::testing::Context).
//! Its names are those of `std::time` and `tokio::time`, so you change only the import.
//!
//! | instead of | use | because |
//! |---|---|---|
//! | `std::time::SystemTime::now()` | [`now()`] or [`SystemTime::now`] | the clock of the machine does not follow a test |
//! | `std::time::Instant::now()` | [`Instant::now`] | the same |
//! | `std::thread::sleep` | [`sleep`] | it blocks the instance with all calls that are in it |
//! | `tokio::time::{sleep, timeout, interval}` | those of this module | they need tokio's runtime, and panic without it |
//!
//! ```
//! use mikros_sdk::testing::Context;
//! use mikros_sdk::time::{self, SystemTime};
//! use std::time::Duration;
//!
//! struct Session {
//!     expires: SystemTime,
//! }
//!
//! impl Session {
//!     fn is_valid(&self) -> bool {
//!         time::now() < self.expires
//!     }
//! }
//!
//! # fn main() {
//! Context::new().run(async {
//!     let session = Session { expires: time::now() + Duration::from_secs(3600) };
//!     time::sleep(Duration::from_secs(3599)).await;
//!     assert!(session.is_valid());
//!     time::sleep(Duration::from_secs(1)).await;
//!     assert!(!session.is_valid());
//! });
//! # }
//! ```

mod clock;
mod interval;

use std::error::Error;
use std::fmt;
use std::future::IntoFuture;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};

pub use self::clock::{Instant, SystemTime, now};
pub use self::interval::{Interval, interval};
pub use crate::call::sleep;

/// Waits until the clock of [`Instant`] has reached `deadline`; not at all when that was before.
///
/// # Cancel safety
///
/// Dropping the future forgets the timer.
pub async fn sleep_until(deadline: Instant) {
    let left = deadline.saturating_duration_since(Instant::now());
    if !left.is_zero() {
        sleep(left).await;
    }
}

/// Runs `work` for at most `limit`; then drops it where it waits.
///
/// Work that is done at once succeeds, even when `limit` is zero. What computes without ever waiting is not
/// interrupted.
///
/// ```
/// # use mikros_sdk::prelude::*;
/// # use mikros_sdk::time::timeout;
/// # use std::time::Duration;
/// # async fn ask() -> Result<String> { Ok(String::new()) }
/// async fn answer() -> Result<String> {
///     // Too late is `DeadlineExceeded`: 504, DEADLINE_EXCEEDED.
///     timeout(Duration::from_secs(2), ask()).await?
/// }
///
/// async fn other_answer() -> Result<String> {
///     timeout(Duration::from_secs(2), ask()).await.or_precondition_failed("nobody has answered")?
/// }
/// ```
///
/// # Errors
///
/// When `limit` has passed first.
///
/// # Cancel safety
///
/// Dropping the future drops `work`; nothing else is lost.
pub async fn timeout<F: IntoFuture>(limit: Duration, work: F) -> Result<F::Output, Elapsed> {
    match select(pin!(work.into_future()), pin!(sleep(limit))).await {
        Either::Left((output, _sleep)) => Ok(output),
        Either::Right(((), _work)) => Err(Elapsed(limit)),
    }
}

/// [`timeout`] with the moment at which it ends.
///
/// # Errors
///
/// When `deadline` has come first.
///
/// # Cancel safety
///
/// As [`timeout`].
pub async fn timeout_at<F: IntoFuture>(deadline: Instant, work: F) -> Result<F::Output, Elapsed> {
    timeout(deadline.saturating_duration_since(Instant::now()), work).await
}

/// The time of a [`timeout`] has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Elapsed(Duration);

impl Elapsed {
    /// The time that there was.
    #[must_use]
    pub fn limit(&self) -> Duration {
        self.0
    }
}

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not done within {:?}", self.0)
    }
}

impl Error for Elapsed {}
