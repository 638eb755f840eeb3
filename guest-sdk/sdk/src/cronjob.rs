//! Why the task of a cronjob runs.
//! Deliberately knows no schedule: that is the host's.

use std::time::Duration;

/// Why a [`Cronjob`](crate::Cronjob) runs now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tick {
    /// When the run was due, RFC 3339 with the zone of the schedule: `2026-11-23T08:00:00+01:00`. No
    /// other run of a schedule has it, unless the clock was set back by more than an hour.
    pub scheduled: String,
    /// How much later it is now: jitter, a run that took too long, a clock that was set.
    pub delay: Duration,
    /// Runs that were due since the last one and did not happen. Not those that were due while the
    /// service did not run.
    pub missed: u32,
}
