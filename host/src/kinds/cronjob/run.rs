//! One run of the task: what the guest is called with, how it ended, and the lines about it.
//!
//! Does not know why it begins now.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio::time::Instant;
use uuid::Uuid;
use wasmtime::component::Val;

use super::RUN;
use super::schedule::Schedule;
use crate::extension::{Attributes, CallOptions, Guest, Level, Logger, Metric, Monitor, record};
use crate::telemetry::Event;

/// The record `tick` of `wit/cronjob.wit`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tick {
    /// RFC 3339 with the zone of the schedule.
    pub(super) scheduled: String,
    pub(super) delay: Duration,
    pub(super) missed: u32,
}

/// A run is a request, so that its lines are found as those of others are.
const REQUEST_ID: &str = "request_id";

impl Tick {
    fn value(&self) -> Val {
        let delay = u64::try_from(self.delay.as_nanos()).unwrap_or(u64::MAX);
        record([
            ("scheduled", Val::String(self.scheduled.clone())),
            ("delay", Val::U64(delay)),
            ("missed", Val::U32(self.missed)),
        ])
    }

    /// For all lines of a run.
    fn attributes(&self, id: &str) -> Attributes {
        Attributes::from_iter([
            (REQUEST_ID.to_owned(), Value::from(id)),
            ("cronjob.scheduled".to_owned(), Value::from(&*self.scheduled)),
            ("cronjob.delay_ms".to_owned(), milliseconds(self.delay)),
            ("cronjob.missed".to_owned(), Value::from(self.missed)),
        ])
    }
}

const RUNS: Metric =
    Metric::counter("mikros_cronjob_runs", "Runs of the cronjob, by their outcome");

/// Counts runs: `completed`, `failed`, `skipped`, `missed`.
pub(super) fn count(monitor: &Monitor, outcome: &str, runs: u32) {
    monitor.counter(RUNS, &[("outcome", outcome)]).add(runs.into());
}

/// Calls the guest and tells the log how that ended. Returns whether it succeeded. Nothing stops the schedule.
pub(super) async fn run(guest: Guest, tick: Tick, timeout: Duration, logger: Logger) -> bool {
    let id = new_id();
    let context = tick.attributes(&id);
    let starts = logger.event(Event::CronjobRunStarted);
    starts.log(Level::Debug, "cronjob run begins", &Attributes::new(), &context);
    let options =
        CallOptions { timeout: Some(timeout), id: Some(id), attributes: Attributes::new() };
    let begun = Instant::now();
    let outcome = guest.call(RUN, vec![tick.value()], options).await;
    let has_succeeded = outcome.is_ok();
    let (event, level, message, mut attributes) = match outcome {
        Ok(_nothing) => {
            (Event::CronjobRunCompleted, Level::Info, "cronjob run ended", Attributes::new())
        }
        Err(error) => {
            (Event::CronjobRunFailed, Level::Error, "cronjob run failed", error.attributes())
        }
    };
    attributes.insert("duration_ms".to_owned(), milliseconds(begun.elapsed()));
    logger.event(event).log(level, message, &attributes, &context);
    has_succeeded
}

/// A time for log lines about runs that do not happen.
pub(super) fn scheduled(schedule: &Schedule, time: Timestamp) -> Attributes {
    Attributes::from_iter([("cronjob.scheduled".to_owned(), Value::from(schedule.show(time)))])
}

fn new_id() -> Arc<str> {
    let mut buffer = Uuid::encode_buffer();
    Arc::from(&*Uuid::now_v7().hyphenated().encode_lower(&mut buffer))
}

/// A random number: ids of version 7 end with 32 random bits.
pub(super) fn random() -> u64 {
    let [.., a, b, c, d] = *Uuid::now_v7().as_bytes();
    u64::from(u32::from_be_bytes([a, b, c, d])) << 32
}

pub(super) fn milliseconds(duration: Duration) -> Value {
    Value::from(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}
