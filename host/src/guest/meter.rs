//! What workers and their instances take, in numbers.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::loss::Loss;
use super::{Worker, Workers};
use crate::observe::{Counter, Metric, MetricSource, Monitor, Samples, TimeCounter};

const BUSY: Metric = Metric::counter(
    "mikros_guest_busy_seconds",
    "Time that threads spent in instances and in what these call of the host",
);
const ENTERED: Metric =
    Metric::counter("mikros_calls_entered", "Requests that have entered an instance");
const WAITED: Metric = Metric::counter(
    "mikros_calls_queue_seconds",
    "Time that requests waited for a place in an instance",
);
const LOSSES: Metric =
    Metric::counter("mikros_instance_losses", "Instances that were lost, by their fault");

/// The faults that an instance can be lost by, as [`Fault::name`](crate::call::Fault::name) has them.
const LOSING_FAULTS: [&str; 8] = [
    "trap",
    "out-of-memory",
    "out-of-address-space",
    "exit",
    "interrupted",
    "unresponsive",
    "cut-off",
    "blocked",
];

const INSTANCES: Metric = Metric::gauge("mikros_instances", "Instances that are configured");
const READY: Metric = Metric::gauge("mikros_instances_ready", "Instances that take requests");
const IN_FLIGHT: Metric = Metric::gauge("mikros_calls_in_flight", "Requests inside instances");
const WAITING: Metric =
    Metric::gauge("mikros_calls_waiting", "Requests that wait for a place in an instance");
const MEMORY: Metric = Metric::gauge("mikros_guest_memory_bytes", "Linear memory of all instances");

/// Counts for one worker. Its counters outlive the version.
#[derive(Debug)]
pub(super) struct Meter {
    busy: TimeCounter,
    entered: Counter,
    waited: TimeCounter,
}

impl Meter {
    pub(super) fn new(monitor: &Monitor) -> Self {
        // An alert that looks for a change has to see what there was before the first one.
        for fault in LOSING_FAULTS {
            monitor.counter(LOSSES, &[("fault", fault)]);
        }
        Self {
            busy: monitor.time(BUSY, &[]),
            entered: monitor.counter(ENTERED, &[]),
            waited: monitor.time(WAITED, &[]),
        }
    }

    /// An instance, or what it calls of the host, had the thread for so long.
    pub(super) fn note_run(&self, time: Duration) {
        self.busy.add(time);
    }

    /// A request has entered after it waited for so long.
    pub(super) fn note_entry(&self, waited: Duration) {
        self.entered.add(1);
        self.waited.add(waited);
    }
}

/// Counts a lost instance, of the service or of a plug-in.
pub(super) fn note_loss(monitor: &Monitor, loss: &Loss, feature: Option<&str>) {
    let feature = feature.map(|feature| ("feature", feature));
    let labels: Vec<_> = [("fault", loss.fault.name())].into_iter().chain(feature).collect();
    monitor.counter(LOSSES, &labels).add(1);
}

/// What the workers of a version hold now.
#[derive(Debug)]
pub(crate) struct WorkersSource(Workers);

impl WorkersSource {
    pub(crate) fn of(workers: Workers) -> Arc<dyn MetricSource> {
        Arc::new(Self(workers))
    }
}

impl MetricSource for WorkersSource {
    fn measure(&self, samples: &mut Samples) {
        let sum = |value: fn(&Worker) -> usize| self.0.iter().map(value).sum::<usize>() as u64;
        samples.add_count(INSTANCES, &[], sum(|_| 1));
        samples.add_count(READY, &[], sum(|worker| worker.is_ready().into()));
        samples.add_count(IN_FLIGHT, &[], sum(|worker| worker.queue.in_flight()));
        samples.add_count(WAITING, &[], sum(|worker| worker.queue.waiting()));
        samples.add_count(MEMORY, &[], sum(|worker| worker.memory.load(Ordering::Relaxed)));
    }
}
