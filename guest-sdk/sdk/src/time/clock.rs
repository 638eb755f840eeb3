//! The two clocks: one that people set, and one that only goes forward.
//! Deliberately thin: a moment is one of `std`, read from whoever keeps the time.

use std::fmt;
use std::ops::{Add, AddAssign, Sub, SubAssign};
use std::time::{self as std_time, Duration, SystemTimeError};

use crate::imports;

/// The time of day: short for [`SystemTime::now`].
///
/// Libraries that handle dates take it by way of `std`: `jiff::Timestamp::try_from(time::now().into_std())`.
#[must_use]
pub fn now() -> SystemTime {
    SystemTime::now()
}

/// A moment on the clock that people set, as [`std::time::SystemTime`], which it can be turned into.
///
/// Source: `wasi:clocks/wall-clock`. In a test it begins at
/// [`Context::system_time`](crate::testing::Context::system_time) and follows virtual time; outside of
/// [`Context::run`](crate::testing::Context::run) it stands still.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SystemTime(std_time::SystemTime);

impl SystemTime {
    /// 1970-01-01 00:00:00 UTC.
    pub const UNIX_EPOCH: Self = Self(std_time::UNIX_EPOCH);

    /// The time of day.
    #[must_use]
    pub fn now() -> Self {
        Self(imports::system_time())
    }

    /// The time since `earlier`.
    ///
    /// # Errors
    ///
    /// When `earlier` is later, which happens: this clock can be set back.
    pub fn duration_since(&self, earlier: Self) -> Result<Duration, SystemTimeError> {
        self.0.duration_since(earlier.0)
    }

    /// The time that has passed since.
    ///
    /// # Errors
    ///
    /// When this moment is in the future.
    pub fn elapsed(&self) -> Result<Duration, SystemTimeError> {
        Self::now().duration_since(*self)
    }

    /// This much later, `None` when that cannot be represented.
    #[must_use]
    pub fn checked_add(&self, duration: Duration) -> Option<Self> {
        self.0.checked_add(duration).map(Self)
    }

    /// This much earlier, `None` when that cannot be represented.
    #[must_use]
    pub fn checked_sub(&self, duration: Duration) -> Option<Self> {
        self.0.checked_sub(duration).map(Self)
    }

    /// The moment as a type of `std`. What that says of `now` does not follow a test.
    #[must_use]
    pub fn into_std(self) -> std_time::SystemTime {
        self.0
    }
}

impl From<std_time::SystemTime> for SystemTime {
    fn from(time: std_time::SystemTime) -> Self {
        Self(time)
    }
}

impl From<SystemTime> for std_time::SystemTime {
    fn from(time: SystemTime) -> Self {
        time.0
    }
}

/// A moment on the clock that only goes forward, as [`std::time::Instant`], which it can be turned into.
///
/// Source: `wasi:clocks/monotonic-clock`. In a test it follows virtual time; outside of
/// [`Context::run`](crate::testing::Context::run) it stands still.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(std_time::Instant);

impl Instant {
    /// The present moment.
    #[must_use]
    pub fn now() -> Self {
        Self(imports::instant())
    }

    /// The time since `earlier`, zero when that is later.
    #[must_use]
    pub fn duration_since(&self, earlier: Self) -> Duration {
        self.0.duration_since(earlier.0)
    }

    /// The time since `earlier`, `None` when that is later.
    #[must_use]
    pub fn checked_duration_since(&self, earlier: Self) -> Option<Duration> {
        self.0.checked_duration_since(earlier.0)
    }

    /// The time since `earlier`, zero when that is later.
    #[must_use]
    pub fn saturating_duration_since(&self, earlier: Self) -> Duration {
        self.0.saturating_duration_since(earlier.0)
    }

    /// The time that has passed since.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        Self::now().duration_since(*self)
    }

    /// This much later, `None` when that cannot be represented.
    #[must_use]
    pub fn checked_add(&self, duration: Duration) -> Option<Self> {
        self.0.checked_add(duration).map(Self)
    }

    /// This much earlier, `None` when that cannot be represented.
    #[must_use]
    pub fn checked_sub(&self, duration: Duration) -> Option<Self> {
        self.0.checked_sub(duration).map(Self)
    }

    /// The moment as a type of `std`. What that says of `now` does not follow a test.
    #[must_use]
    pub fn into_std(self) -> std_time::Instant {
        self.0
    }
}

impl From<std_time::Instant> for Instant {
    fn from(instant: std_time::Instant) -> Self {
        Self(instant)
    }
}

impl From<Instant> for std_time::Instant {
    fn from(instant: Instant) -> Self {
        instant.0
    }
}

impl Sub for Instant {
    type Output = Duration;

    /// Zero when `earlier` is later.
    fn sub(self, earlier: Self) -> Duration {
        self.duration_since(earlier)
    }
}

macro_rules! moment {
    ($($name:ident)*) => {$(
        /// # Panics
        ///
        /// When the result cannot be represented, see `checked_add`.
        impl Add<Duration> for $name {
            type Output = Self;

            fn add(self, duration: Duration) -> Self {
                Self(self.0 + duration)
            }
        }

        /// # Panics
        ///
        /// When the result cannot be represented, see `checked_sub`.
        impl Sub<Duration> for $name {
            type Output = Self;

            fn sub(self, duration: Duration) -> Self {
                Self(self.0 - duration)
            }
        }

        impl AddAssign<Duration> for $name {
            fn add_assign(&mut self, duration: Duration) {
                *self = *self + duration;
            }
        }

        impl SubAssign<Duration> for $name {
            fn sub_assign(&mut self, duration: Duration) {
                *self = *self - duration;
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

moment! { SystemTime Instant }
