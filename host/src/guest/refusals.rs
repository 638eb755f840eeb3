//! Requests that are refused because the service, or a plug-in, is at capacity: counted, and logged within a bound.
//!
//! One line when it begins, one every [`PAUSE`] while it lasts, one when it is over. A line per
//! request would cost most when there is least to spare.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::Limits;
use crate::telemetry::{Attributes, Event, Level, Logger};

/// Least time between two lines, and how long nothing must have been refused for it to be over.
const PAUSE: Duration = Duration::from_secs(10);

/// Shared by all threads that send requests to the same workers.
#[derive(Debug)]
pub(super) struct Refusals {
    logger: Logger,
    /// The plug-in that refuses them; `None` for the service.
    feature: Option<Box<str>>,
    /// Requests that fit in, inside all instances and in their queues.
    capacity: usize,
    /// Whether any were refused lately; what requests that are admitted look at.
    lasts: AtomicBool,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    /// Refused since it began.
    total: u64,
    /// Refused since the last line.
    unlogged: u64,
    logged: Option<Instant>,
    last: Option<Instant>,
}

impl Refusals {
    pub(super) fn new(
        logger: &Logger,
        feature: Option<&str>,
        instances: usize,
        limits: &Limits,
    ) -> Self {
        let places = limits.max_concurrency.get().saturating_add(limits.max_queue);
        Self {
            logger: logger.clone(),
            feature: feature.map(Box::from),
            capacity: places.saturating_mul(instances),
            lasts: AtomicBool::new(false),
            counts: Mutex::default(),
        }
    }

    /// A request was refused.
    pub(super) fn add(&self) {
        let now = Instant::now();
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.total += 1;
        counts.unlogged += 1;
        counts.last = Some(now);
        if counts.logged.is_some_and(|logged| now - logged < PAUSE) {
            return;
        }
        counts.logged = Some(now);
        let refused = std::mem::take(&mut counts.unlogged);
        drop(counts);
        self.lasts.store(true, Ordering::Relaxed);
        self.log(Event::RequestsRefused, Level::Warn, "at capacity, refusing requests", refused);
    }

    /// A request was admitted. Costs one load while nothing is refused.
    pub(super) fn admitted(&self) {
        if self.lasts.load(Ordering::Relaxed) {
            self.look(Instant::now());
        }
    }

    fn look(&self, now: Instant) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.last.is_some_and(|last| now - last < PAUSE) {
            return;
        }
        let Counts { total, .. } = std::mem::take(&mut *counts);
        self.lasts.store(false, Ordering::Relaxed);
        drop(counts);
        if total > 0 {
            self.log(Event::RefusalsEnded, Level::Info, "no longer at capacity", total);
        }
    }

    fn log(&self, event: Event, level: Level, message: &str, refused: u64) {
        let mut attributes = Attributes::from_iter([
            ("requests.refused".to_owned(), Value::from(refused)),
            ("capacity".to_owned(), Value::from(self.capacity)),
        ]);
        if let Some(feature) = &self.feature {
            attributes.insert("feature".to_owned(), Value::from(&**feature));
        }
        self.logger.event(event).log(level, message, &attributes, &Attributes::new());
    }
}

impl Drop for Refusals {
    fn drop(&mut self) {
        let counts = self.counts.get_mut().unwrap_or_else(PoisonError::into_inner);
        if counts.total > 0 {
            let total = counts.total;
            self.log(Event::RefusalsEnded, Level::Info, "requests were refused at capacity", total);
        }
    }
}
