//! Addresses that fail again and again are left out for a while.
//!
//! Does not know what a failure is.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use super::settings::OutlierEjection;
use super::verdict::Verdict;

/// What is known of one address.
#[derive(Debug, Default)]
pub(super) struct Record(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Since the last success.
    failures: u32,
    ejected_until: Option<Instant>,
}

impl Record {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_ejected(&self) -> bool {
        self.lock().ejected_until.is_some_and(|until| until > Instant::now())
    }

    /// Notes how a request has ended. `others` are how many other addresses there are and how many of them are
    /// ejected; it is asked only if it matters.
    pub(super) fn note(
        &self,
        verdict: Verdict,
        settings: OutlierEjection,
        others: impl FnOnce() -> (usize, usize),
    ) {
        let mut state = self.lock();
        state.failures = match verdict {
            Verdict::Served => 0,
            Verdict::Failed => state.failures.saturating_add(1),
            Verdict::Unknown => return,
        };
        if state.failures < settings.failures {
            return;
        }
        let (others, ejected) = others();
        let share = (ejected + 1) * 100;
        if share <= (others + 1) * usize::from(settings.max_ejected) {
            state.failures = 0;
            state.ejected_until = Some(Instant::now() + settings.eject_for);
        }
    }
}
