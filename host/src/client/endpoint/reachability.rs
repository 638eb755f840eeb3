//! Whether connections to an address can be opened. Callers try again and again; the log has a line when that begins to
//! fail, and one when it no longer does.
//!
//! Does not know how connections are opened.

use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

/// `None` as long as no attempt has failed, or since one has not.
#[derive(Debug, Default)]
pub(super) struct Reachability(Mutex<Option<Outage>>);

/// Attempts have failed since the last one that has not.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outage {
    pub(super) began: Instant,
    pub(super) failures: u32,
    last: Instant,
}

impl Reachability {
    /// When the last attempt failed, if it did.
    pub(super) fn failed_at(&self) -> Option<Instant> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).map(|outage| outage.last)
    }

    /// Notes an attempt that has failed. Whether it is the first one.
    pub(super) fn failed(&self) -> bool {
        let now = Instant::now();
        let mut outage = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let outage = outage.get_or_insert(Outage { began: now, failures: 0, last: now });
        outage.failures = outage.failures.saturating_add(1);
        outage.last = now;
        outage.failures == 1
    }

    /// Notes a connection. What it has ended.
    pub(super) fn succeeded(&self) -> Option<Outage> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
