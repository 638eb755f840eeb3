//! Values that are read when they are asked for: of each service, and of the process.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

use super::labels::Pairs;
use super::registry::MeasuredServices;
use crate::extension::{Logger, Metric, MetricKind, Sample, Samples};
use crate::machine;

/// Asks all services.
#[derive(Debug)]
pub(super) struct SourceCollector {
    services: Arc<MeasuredServices>,
    logger: Logger,
}

/// The samples of one name.
struct Group {
    metric: Metric,
    values: Vec<(Pairs, f64)>,
}

impl SourceCollector {
    /// `logger` is of any of the services: they share what writes.
    pub(super) fn new(services: Arc<MeasuredServices>, logger: Logger) -> Self {
        Self { services, logger }
    }

    /// By name: the formats want all values of a name together.
    fn groups(&self) -> BTreeMap<&'static str, Group> {
        let mut groups = BTreeMap::new();
        for monitor in self.services.all() {
            let mut samples = Samples::default();
            monitor.measure(&mut samples);
            add(&mut groups, samples, Some(&monitor.name()));
        }
        let mut samples = Samples::default();
        of_process(&mut samples);
        let lost = self.logger.lines_lost();
        samples.add_count(LOST_LINES, &[], lost);
        add(&mut groups, samples, None);
        groups
    }
}

fn add(groups: &mut BTreeMap<&'static str, Group>, samples: Samples, service: Option<&str>) {
    for Sample { metric, labels, value } in samples.into_vec() {
        let service = service.map(|service| (Cow::from("service_name"), service.to_owned()));
        let labels = labels.into_iter().map(|(name, value)| (Cow::from(name), value));
        let labels = Pairs(service.into_iter().chain(labels).collect());
        let group =
            groups.entry(metric.name).or_insert_with(|| Group { metric, values: Vec::new() });
        // Versions of a service that follow each other count together.
        match group.values.iter_mut().find(|(known, _)| *known == labels) {
            Some((_, sum)) => *sum += value,
            None => group.values.push((labels, value)),
        }
    }
}

impl Collector for SourceCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        for (name, Group { metric: Metric { help, kind, .. }, values }) in self.groups() {
            let metric_type = match kind {
                MetricKind::Counter => MetricType::Counter,
                MetricKind::Gauge => MetricType::Gauge,
            };
            let mut family = encoder.encode_descriptor(name, help, None, metric_type)?;
            for (labels, value) in values {
                let metric = family.encode_family(&labels)?;
                match kind {
                    MetricKind::Counter => ConstCounter::new(value).encode(metric)?,
                    MetricKind::Gauge => ConstGauge::new(value).encode(metric)?,
                }
            }
        }
        Ok(())
    }
}

const PROCESSOR: Metric =
    Metric::counter("process_cpu_seconds", "Processor time of the host and its guests");
const HOST: Metric =
    Metric::gauge("mikros_host_info", "Always 1; its labels say which host this is");
const LOST_LINES: Metric =
    Metric::counter("mikros_log_lines_dropped", "Lines of the log that were lost");

/// What Prometheus' client libraries tell of every process.
fn of_process(samples: &mut Samples) {
    let usage = machine::usage();
    samples.add(PROCESSOR, &[], usage.processor.as_secs_f64());
    let values = [
        ("process_resident_memory_bytes", "Memory of the host and its guests", usage.resident),
        ("process_open_fds", "Open descriptors", usage.descriptors),
        ("process_max_fds", "How many descriptors this process may have", machine::descriptors()),
        ("process_threads", "Threads of this process", usage.threads),
    ];
    for (name, help, value) in values {
        if let Some(value) = value {
            samples.add_count(Metric::gauge(name, help), &[], value);
        }
    }
    samples.add(HOST, &[("version", env!("CARGO_PKG_VERSION"))], 1.0);
}
