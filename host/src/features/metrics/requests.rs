//! Requests of the service, counted at their beginning and their end.
//!
//! Handles are looked up once per route and outcome: a request finds them by a few numbers.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use http::StatusCode;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use rustc_hash::FxBuildHasher;

use super::labels::{
    ActiveLabels, HttpLabels, METHODS, OTHER, RpcLabels, ServiceLabels, SizeLabels, method_index,
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
    /// Of an RPC.
    code: &'static str,
    status: u16,
    ending: Ending,
}

/// Who ended a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Ending {
    Complete,
    /// The service or the host, too early.
    CutOff,
    ClientLeft,
}

/// Most series of one version; what comes beyond is counted without its route and method.
const MOST_SERIES: usize = 1000;

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
            method: if is_rpc { 0 } else { method_of(request) },
            code: request.code_name().unwrap_or_default(),
            status: request.status.map_or(0, |status| status.as_u16()),
            ending: Ending::of(request),
        };
        let known = self.series.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(series) = known.get(&key) {
            return series.clone();
        }
        let is_full = known.len() >= MOST_SERIES;
        drop(known);
        let key = if is_full { Key { route: None, method: METHODS.len() - 1, ..key } } else { key };
        let route = request.route.as_ref().filter(|_| !is_full).map(|route| &*route.pattern);
        let made = if is_rpc { self.rpc(request, route) } else { self.http(request, key, route) };
        let mut known = self.series.write().unwrap_or_else(PoisonError::into_inner);
        known.entry(key).or_insert(made).clone()
    }

    fn http(&self, request: &RequestRecord, key: Key, route: Option<&str>) -> Series {
        let status = request.status.map(|status| status.as_str().to_owned()).unwrap_or_default();
        let error_type = match request.status {
            Some(status) if status.is_server_error() => status.as_str().to_owned(),
            _ => key.ending.error_type().to_owned(),
        };
        let labels = HttpLabels {
            service_name: self.service.clone(),
            http_request_method: METHODS[key.method],
            http_route: route.unwrap_or_default().to_owned(),
            http_response_status_code: status,
            error_type,
        };
        let families = &self.families;
        let size_labels = SizeLabels {
            service_name: self.service.clone(),
            http_request_method: labels.http_request_method,
            http_route: labels.http_route.clone(),
        };
        Series {
            duration: families.http_duration.get_or_create_owned(&labels),
            sizes: Some((
                families.http_request_size.get_or_create_owned(&size_labels),
                families.http_response_size.get_or_create_owned(&size_labels),
            )),
        }
    }

    fn rpc(&self, request: &RequestRecord, route: Option<&str>) -> Series {
        let code = request.code_name().unwrap_or_default();
        let method = route.map_or(OTHER, |route| &route[1..]);
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

impl Ending {
    fn of(request: &RequestRecord) -> Self {
        if request.is_cut_off {
            Self::CutOff
        } else if request.is_complete {
            Self::Complete
        } else {
            Self::ClientLeft
        }
    }

    fn error_type(self) -> &'static str {
        match self {
            Self::Complete => "",
            Self::CutOff => "cut_off",
            Self::ClientLeft => "cancelled",
        }
    }
}

/// Methods that a route does not answer are one: clients choose them.
fn method_of(request: &RequestRecord) -> usize {
    match request.status {
        Some(StatusCode::METHOD_NOT_ALLOWED) => METHODS.len() - 1,
        _ => method_index(&request.method),
    }
}

#[expect(clippy::cast_precision_loss, reason = "bytes of one request stay below 2^53")]
fn as_float(value: u64) -> f64 {
    value as f64
}
