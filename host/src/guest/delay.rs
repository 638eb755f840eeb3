//! How long to wait before an instance is built again.

use std::time::Duration;

/// None the first time, then this, then doubled.
const FIRST_DELAY: Duration = Duration::from_millis(10);

/// The growing time between attempts.
#[derive(Debug, Default)]
pub(super) struct Delay(Duration);

impl Delay {
    /// The time to wait now, at most `longest`.
    pub(super) fn next(&mut self, longest: Duration) -> Duration {
        let current = self.0.min(longest);
        self.0 = (current * 2).clamp(FIRST_DELAY, longest);
        current
    }
}
