//! What is counted where it happens, and outlives the versions that count.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::sample::{Metric, Samples};

/// A value that only grows. Clones are one.
#[derive(Debug, Clone, Default)]
pub struct Counter(Arc<AtomicU64>);

/// The same for time.
#[derive(Debug, Clone, Default)]
pub struct TimeCounter(Counter);

/// All counters of a service. Looking one up takes a lock: whoever counts often keeps the handle.
#[derive(Debug, Default)]
pub(super) struct Counters(Mutex<BTreeMap<Key, Entry>>);

type Key = (&'static str, Vec<(&'static str, String)>);

#[derive(Debug)]
struct Entry {
    metric: Metric,
    /// Whether it counts nanoseconds, which are shown as seconds.
    is_time: bool,
    counter: Counter,
}

impl Counter {
    pub fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }
}

impl TimeCounter {
    pub fn add(&self, time: Duration) {
        self.0.add(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    }
}

impl Counters {
    pub(super) fn counter(&self, metric: Metric, labels: &[(&'static str, &str)]) -> Counter {
        self.get(metric, labels, false)
    }

    /// The name of `metric` ends in `_seconds`.
    pub(super) fn time(&self, metric: Metric, labels: &[(&'static str, &str)]) -> TimeCounter {
        TimeCounter(self.get(metric, labels, true))
    }

    fn get(&self, metric: Metric, labels: &[(&'static str, &str)], is_time: bool) -> Counter {
        let labels = labels.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.entry((metric.name, labels));
        let made = || Entry { metric, is_time, counter: Counter::default() };
        entry.or_insert_with(made).counter.clone()
    }

    pub(super) fn measure(&self, samples: &mut Samples) {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for ((_, labels), Entry { metric, is_time, counter }) in &*entries {
            let labels: Vec<_> = labels.iter().map(|(name, value)| (*name, &**value)).collect();
            let count = counter.0.load(Ordering::Relaxed);
            if *is_time {
                samples.add(*metric, &labels, Duration::from_nanos(count).as_secs_f64());
            } else {
                samples.add_count(*metric, &labels, count);
            }
        }
    }
}
