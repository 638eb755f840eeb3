//! Which messages have failed, how often, and until when they rest.
//!
//! Forgets everything with its version of the service: a new one tries again from the beginning.

use std::collections::{BTreeSet, HashMap};
use std::ffi::{OsStr, OsString};

use tokio::time::Instant;

/// The messages that have failed and are still there.
#[derive(Debug, Default)]
pub(super) struct History(HashMap<OsString, Failures>);

#[derive(Debug)]
struct Failures {
    count: u32,
    rests_until: Instant,
}

impl History {
    /// The number of the next attempt.
    pub(super) fn attempt(&self, name: &OsStr) -> u32 {
        self.0.get(name).map_or(0, |failures| failures.count).saturating_add(1)
    }

    pub(super) fn is_resting(&self, name: &OsStr, now: Instant) -> bool {
        self.0.get(name).is_some_and(|failures| failures.rests_until > now)
    }

    /// The message is not to be handled before `rests_until`; the attempts so far have failed.
    pub(super) fn note(&mut self, name: &OsStr, count: u32, rests_until: Instant) {
        self.0.insert(name.to_owned(), Failures { count, rests_until });
    }

    pub(super) fn forget(&mut self, name: &OsStr) {
        self.0.remove(name);
    }

    /// Forgets all others: somebody else has done with them.
    pub(super) fn keep(&mut self, names: &[OsString]) {
        if !self.0.is_empty() {
            let names: BTreeSet<_> = names.iter().collect();
            self.0.retain(|name, _| names.contains(name));
        }
    }
}
