//! Requests of the service, counted at their beginning and their end.
//!
//! Handles are looked up once per route and outcome: a request finds them by a few numbers.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use rustc_hash::FxBuildHasher;

use super::labels::{
    ActiveLabels, HttpLabels, METHODS, OTHER, RpcLabels, ServiceLabels, method_index, version,
};
use super::registry::Families;
use crate::extension::{RequestRecord, Transport};

/// The metrics of the requests of one version of a service.
#[derive(Debug)]
pub(super) struct RequestMetrics {
    service: String,
    families: Families,
    http_active: Vec<Gauge>,
    rpc_active: Gauge,
    series: RwLock<HashMap<Key, Series, FxBuildHasher>>,
}

/// What tells series from each other, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    is_rpc: bool,
    route: Option<usize>,
    method: usize,
    version: &'static str,
    /// Of an RPC.
    code: &'static str,
    status: u16,
    is_complete: bool,
}

#[derive(Debug, Clone)]
struct Series {
    duration: Histogram,
    /// Of HTTP: bytes of requests and of responses.
    sizes: Option<(Histogram, Histogram)>,
}

impl RequestMetrics {
    pub(super) fn new(service: &str, families: &Families) -> Self {
        let service_name = service.to_owned();
        let active = |http_request_method| {
            let labels = ActiveLabels { service_name: service_name.clone(), http_request_method };
            families.http_active.get_or_create_owned(&labels)
        };
        let labels = ServiceLabels { service_name: service_name.clone() };
        Self {
            http_active: METHODS.into_iter().map(active).collect(),
            rpc_active: families.rpc_active.get_or_create_owned(&labels),
            service: service_name,
            families: families.clone(),
            series: RwLock::default(),
        }
    }

    fn active(&self, request: &RequestRecord) -> &Gauge {
        match request.transport {
            Transport::Http => &self.http_active[method_index(&request.method)],
            Transport::Grpc => &self.rpc_active,
        }
    }

    pub(super) fn begin(&self, request: &RequestRecord) {
        self.active(request).inc();
    }

    pub(super) fn end(&self, request: &RequestRecord) {
        self.active(request).dec();
        let series = self.series(request);
        series.duration.observe(request.duration().as_secs_f64());
        if let Some((requests, responses)) = &series.sizes {
            requests.observe(as_float(request.request_bytes()));
            responses.observe(as_float(request.response_bytes));
        }
    }

    fn series(&self, request: &RequestRecord) -> Series {
        let is_rpc = request.transport == Transport::Grpc;
        let key = Key {
            is_rpc,
            route: request.route.as_ref().map(|route| route.index),
            method: if is_rpc { 0 } else { method_index(&request.method) },
            version: if is_rpc { "" } else { version(request.version) },
            code: request.code_name().unwrap_or_default(),
            status: request.status.map_or(0, |status| status.as_u16()),
            is_complete: request.is_complete,
        };
        let known = self.series.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(series) = known.get(&key) {
            return series.clone();
        }
        drop(known);
        let made = if is_rpc { self.rpc(request) } else { self.http(request) };
        let mut known = self.series.write().unwrap_or_else(PoisonError::into_inner);
        known.entry(key).or_insert(made).clone()
    }

    fn http(&self, request: &RequestRecord) -> Series {
        let status = request.status.map(|status| status.as_str().to_owned()).unwrap_or_default();
        let error_type = match request.status {
            Some(status) if status.is_server_error() => status.as_str().to_owned(),
            None => "cancelled".to_owned(),
            Some(_) if !request.is_complete => "cut_off".to_owned(),
            Some(_) => String::new(),
        };
        let labels = HttpLabels {
            service_name: self.service.clone(),
            http_request_method: METHODS[method_index(&request.method)],
            http_route: request.route.as_ref().map_or_else(String::new, |r| r.pattern.to_string()),
            http_response_status_code: status,
            network_protocol_version: version(request.version),
            error_type,
        };
        let families = &self.families;
        Series {
            duration: families.http_duration.get_or_create_owned(&labels),
            sizes: Some((
                families.http_request_size.get_or_create_owned(&labels),
                families.http_response_size.get_or_create_owned(&labels),
            )),
        }
    }

    fn rpc(&self, request: &RequestRecord) -> Series {
        let code = request.code_name().unwrap_or_default();
        let method = request.route.as_ref().map_or(OTHER, |route| &route.pattern[1..]);
        let labels = RpcLabels {
            service_name: self.service.clone(),
            rpc_system_name: "grpc",
            rpc_method: method.to_owned(),
            rpc_response_status_code: code,
            error_type: if request.is_failed() { code.to_owned() } else { String::new() },
        };
        Series { duration: self.families.rpc_duration.get_or_create_owned(&labels), sizes: None }
    }
}

#[expect(clippy::cast_precision_loss, reason = "bytes of one request stay below 2^53")]
fn as_float(value: u64) -> f64 {
    value as f64
}
