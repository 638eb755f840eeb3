//! The registry of a process: all families, and the services whose values are read on demand.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, NativeHistogramConfig};
use prometheus_client::registry::{Registry, Unit};

use super::clients::{HttpClientLabels, KnownMethods, RetryLabels, RpcClientLabels};
use super::exposition::Exposition;
use super::labels::{ActiveLabels, HttpLabels, RpcLabels, ServiceLabels, SizeLabels};
use super::sources::SourceCollector;
use crate::extension::{Logger, Monitor, PageGuard, Pages};

/// Upper bounds of durations, in seconds: those of the conventions, and below them the times of a service that is near.
const DURATIONS: [f64; 18] = [
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5,
    0.75, 1.0, 2.5, 5.0, 10.0,
];
/// Upper bounds of sizes, in bytes.
const SIZES: [f64; 8] =
    [0.0, 256.0, 1024.0, 8192.0, 65_536.0, 1_048_576.0, 16_777_216.0, 268_435_456.0];
/// Most native buckets of a histogram.
const NATIVE_BUCKETS: usize = 160;

pub(super) type Histograms<L> = Family<L, Histogram, fn() -> Histogram>;

/// Everything that is counted as it happens.
#[derive(Debug, Clone)]
pub(super) struct Families {
    pub http_duration: Histograms<HttpLabels>,
    pub http_request_size: Histograms<SizeLabels>,
    pub http_response_size: Histograms<SizeLabels>,
    pub http_active: Family<ActiveLabels, Gauge>,
    pub rpc_duration: Histograms<RpcLabels>,
    pub rpc_active: Family<ServiceLabels, Gauge>,
    pub client_http_duration: Histograms<HttpClientLabels>,
    pub client_rpc_duration: Histograms<RpcClientLabels>,
    pub client_retries: Family<RetryLabels, Counter>,
}

/// The registry of a process, served as a page until it is dropped.
#[derive(Debug)]
pub(super) struct MetricsRegistry {
    families: Families,
    services: Arc<MeasuredServices>,
    methods: KnownMethods,
    _page: PageGuard,
}

/// The services whose values are read on demand. Versions join and leave, so one may be there several times.
#[derive(Debug, Default)]
pub(super) struct MeasuredServices(Mutex<Vec<Monitor>>);

/// That a service is measured, until this is dropped.
#[derive(Debug)]
pub(super) struct MeasuredGuard {
    services: Arc<MeasuredServices>,
    monitor: Monitor,
}

fn durations() -> Histogram {
    Histogram::new_classic_and_native(DURATIONS, native())
}

fn sizes() -> Histogram {
    Histogram::new_classic_and_native(SIZES, native())
}

fn native() -> NativeHistogramConfig {
    NativeHistogramConfig::default().max_buckets(NATIVE_BUCKETS)
}

fn family<L: Clone + std::hash::Hash + Eq>(of: fn() -> Histogram) -> Histograms<L> {
    Family::new_with_constructor(of)
}

impl Families {
    fn new() -> Self {
        Self {
            http_duration: family(durations),
            http_request_size: family(sizes),
            http_response_size: family(sizes),
            http_active: Family::default(),
            rpc_duration: family(durations),
            rpc_active: Family::default(),
            client_http_duration: family(durations),
            client_rpc_duration: family(durations),
            client_retries: Family::default(),
        }
    }

    fn register(&self, registry: &mut Registry) {
        let all = self.clone();
        let (seconds, bytes) = (|| Unit::Seconds, || Unit::Bytes);
        registry.register_with_unit(
            "http_server_request_duration",
            "Time from the head of a request until its response was handed over",
            seconds(),
            all.http_duration,
        );
        registry.register_with_unit(
            "http_server_request_body_size",
            "Size of the body of a request",
            bytes(),
            all.http_request_size,
        );
        registry.register_with_unit(
            "http_server_response_body_size",
            "Size of the body of a response",
            bytes(),
            all.http_response_size,
        );
        registry.register(
            "http_server_active_requests",
            "Requests whose response was not handed over yet",
            all.http_active,
        );
        registry.register_with_unit(
            "rpc_server_call_duration",
            "Time from the head of an RPC until its status was handed over",
            seconds(),
            all.rpc_duration,
        );
        registry.register(
            "mikros_rpc_server_active_calls",
            "RPCs whose status was not handed over yet",
            all.rpc_active,
        );
        registry.register_with_unit(
            "http_client_request_duration",
            "Time until the response of another service has ended, with all attempts",
            seconds(),
            all.client_http_duration,
        );
        registry.register_with_unit(
            "rpc_client_call_duration",
            "Time until an RPC of another service has ended, with all attempts",
            seconds(),
            all.client_rpc_duration,
        );
        registry.register(
            "mikros_client_retries",
            "Attempts after the first one of calls to other services",
            all.client_retries,
        );
    }
}

impl MetricsRegistry {
    pub(super) fn new(pages: &Pages, logger: &Logger) -> Arc<Self> {
        let (families, services) = (Families::new(), Arc::new(MeasuredServices::default()));
        let mut registry = Registry::default();
        families.register(&mut registry);
        registry
            .register_collector(Box::new(SourceCollector::new(services.clone(), logger.clone())));
        let page = pages.add("/metrics", Arc::new(Exposition::new(registry)));
        Arc::new(Self { families, services, methods: KnownMethods::default(), _page: page })
    }

    pub(super) fn families(&self) -> &Families {
        &self.families
    }

    pub(super) fn methods(&self) -> &KnownMethods {
        &self.methods
    }

    /// Reads the values of a service when they are asked for.
    pub(super) fn join(&self, monitor: Monitor) -> MeasuredGuard {
        self.services.lock().push(monitor.clone());
        MeasuredGuard { services: self.services.clone(), monitor }
    }
}

impl MeasuredServices {
    fn lock(&self) -> MutexGuard<'_, Vec<Monitor>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Each service once.
    pub(super) fn all(&self) -> Vec<Monitor> {
        let mut all = Vec::<Monitor>::new();
        for monitor in &*self.lock() {
            if !all.iter().any(|known| known.is(monitor)) {
                all.push(monitor.clone());
            }
        }
        all
    }
}

impl Drop for MeasuredGuard {
    fn drop(&mut self) {
        let mut services = self.services.lock();
        if let Some(index) = services.iter().position(|monitor| monitor.is(&self.monitor)) {
            services.swap_remove(index);
        }
    }
}
