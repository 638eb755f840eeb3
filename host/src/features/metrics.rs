//! Feature `metrics`: what a service does, in numbers, for Prometheus.
//!
//! The registry belongs to the process: all services and all versions count into one, so that a swap does not set
//! counters back. Names follow OpenTelemetry's semantic conventions in Prometheus' spelling; what those do not know
//! begins with `mikros_`. Does not know who asks for the numbers.

mod clients;
mod exposition;
mod labels;
mod registry;
mod requests;
mod sources;

use std::sync::{Arc, Mutex, PoisonError, Weak};

use self::registry::{MeasuredGuard, MetricsRegistry};
use self::requests::RequestMetrics;
use crate::extension::{
    ClientCall, ExtensionError, Feature, NoSettings, Observer, RequestRecord, RunningFeature, Start,
};

/// The feature, with the registry of the process.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    registry: Mutex<Weak<MetricsRegistry>>,
}

impl Feature for Metrics {
    type Settings = NoSettings;
    type Running = Measuring;

    fn name(&self) -> &'static str {
        "metrics"
    }

    fn summary(&self) -> &'static str {
        "Serves metrics for Prometheus at `/metrics` of the admin listener."
    }

    fn needs(&self) -> &'static [&'static str] {
        &["admin"]
    }

    async fn start(
        &self,
        _settings: Arc<NoSettings>,
        start: Start,
    ) -> Result<Measuring, ExtensionError> {
        let registry = self.registry(&start);
        let guard = registry.join(start.monitor);
        let requests = RequestMetrics::new(&start.service, registry.families());
        Ok(Measuring { service: start.service, requests, registry, _guard: guard })
    }
}

impl Metrics {
    fn registry(&self, start: &Start) -> Arc<MetricsRegistry> {
        let mut registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(registry) = registry.upgrade() {
            return registry;
        }
        let made = MetricsRegistry::new(&start.pages, &start.logger);
        *registry = Arc::downgrade(&made);
        made
    }
}

/// The metrics of one version of a service.
#[derive(Debug)]
pub(super) struct Measuring {
    service: String,
    requests: RequestMetrics,
    registry: Arc<MetricsRegistry>,
    _guard: MeasuredGuard,
}

impl RunningFeature for Measuring {
    fn observer(self: Arc<Self>) -> Option<Arc<dyn Observer>> {
        Some(self)
    }
}

impl Observer for Measuring {
    fn on_request_begin(&self, request: &RequestRecord) {
        self.requests.begin(request);
    }

    fn on_request_end(&self, request: &RequestRecord) {
        self.requests.end(request);
    }

    fn on_client_call(&self, call: &ClientCall<'_>) {
        let registry = &self.registry;
        clients::count(registry.families(), registry.methods(), &self.service, call);
    }
}
