//! Values that are read when somebody asks for them.

use std::fmt;

/// Can say how much there is of what it counts. Shared by the threads that count.
pub trait MetricSource: fmt::Debug + Send + Sync {
    /// Adds what it counts. Runs on the thread of whoever asks: it must not wait for a guest.
    fn measure(&self, samples: &mut Samples);
}

/// What the values of a name mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// In Prometheus' spelling, without the suffix `_total` of counters.
    pub name: &'static str,
    /// What it says, one sentence without a period.
    pub help: &'static str,
    pub kind: MetricKind,
}

/// How values of a name change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricKind {
    /// Only grows, while the process runs.
    Counter,
    Gauge,
}

impl Metric {
    pub const fn counter(name: &'static str, help: &'static str) -> Self {
        Self { name, help, kind: MetricKind::Counter }
    }

    pub const fn gauge(name: &'static str, help: &'static str) -> Self {
        Self { name, help, kind: MetricKind::Gauge }
    }
}

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    pub metric: Metric,
    /// Names in `snake_case`. Values of a bounded number.
    pub labels: Vec<(&'static str, String)>,
    pub value: f64,
}

/// Collects values.
#[derive(Debug, Default)]
pub struct Samples(Vec<Sample>);

impl Samples {
    pub fn add(&mut self, metric: Metric, labels: &[(&'static str, &str)], value: f64) {
        let labels = labels.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        self.0.push(Sample { metric, labels, value });
    }

    /// The same for a number of things.
    #[expect(clippy::cast_precision_loss, reason = "what is counted stays below 2^53")]
    pub fn add_count(&mut self, metric: Metric, labels: &[(&'static str, &str)], count: u64) {
        self.add(metric, labels, count as f64);
    }

    pub fn into_vec(self) -> Vec<Sample> {
        self.0
    }
}
