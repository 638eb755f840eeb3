//! Calls to other services.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use http::Method;
use prometheus_client::encoding::EncodeLabelSet;

use super::labels::{METHODS, OTHER, method_index};
use super::registry::Families;
use crate::extension::ClientCall;

/// Most methods of RPCs that are told from each other. Guests choose them.
const MOST_METHODS: usize = 500;

/// Of a call over HTTP, as OpenTelemetry's conventions for HTTP have them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct HttpClientLabels {
    pub service_name: String,
    pub http_request_method: &'static str,
    pub server_address: String,
    pub server_port: u16,
    /// Empty if there was no response.
    pub http_response_status_code: String,
    /// Empty if nothing failed.
    pub error_type: String,
}

/// Of a call over gRPC, as the conventions for RPC have them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct RpcClientLabels {
    pub service_name: String,
    pub rpc_system_name: &'static str,
    pub rpc_method: String,
    pub server_address: String,
    pub server_port: u16,
    /// Empty if there was no response.
    pub rpc_response_status_code: String,
    /// Empty if nothing failed.
    pub error_type: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct RetryLabels {
    pub service_name: String,
    pub mikros_client: String,
}

/// The methods that have series of their own.
#[derive(Debug, Default)]
pub(super) struct KnownMethods(Mutex<HashSet<String>>);

impl KnownMethods {
    fn admit(&self, method: &str) -> String {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.contains(method) {
            if known.len() == MOST_METHODS {
                return OTHER.to_owned();
            }
            known.insert(method.to_owned());
        }
        method.to_owned()
    }
}

pub(super) fn count(
    families: &Families,
    methods: &KnownMethods,
    service: &str,
    call: &ClientCall<'_>,
) {
    let service_name = service.to_owned();
    let (server_address, server_port) = (call.server_address.to_owned(), call.server_port);
    let status = call.status.unwrap_or_default().to_owned();
    let error_type = call.error.unwrap_or_default().to_owned();
    let duration = call.duration.as_secs_f64();
    if call.protocol == "grpc" {
        let labels = RpcClientLabels {
            service_name: service_name.clone(),
            rpc_system_name: "grpc",
            rpc_method: methods.admit(call.method),
            server_address,
            server_port,
            rpc_response_status_code: status,
            error_type,
        };
        families.client_rpc_duration.get_or_create(&labels).observe(duration);
    } else {
        let method = Method::from_bytes(call.method.as_bytes());
        let labels = HttpClientLabels {
            service_name: service_name.clone(),
            http_request_method: METHODS[method.map_or(METHODS.len() - 1, |m| method_index(&m))],
            server_address,
            server_port,
            http_response_status_code: status,
            error_type,
        };
        families.client_http_duration.get_or_create(&labels).observe(duration);
    }
    let labels = RetryLabels { service_name, mikros_client: call.client.to_owned() };
    families.client_retries.get_or_create(&labels).inc_by(u64::from(call.retries));
}
