//! Labels: their values are of a bounded number, whatever clients send.

use std::borrow::Cow;

use http::Method;
use prometheus_client::encoding::EncodeLabelSet;

/// Of a request of kind `http`, as OpenTelemetry's conventions for HTTP have them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct HttpLabels {
    pub service_name: String,
    pub http_request_method: &'static str,
    /// Empty, which is as if it were not there, for a path that is none of the service's.
    pub http_route: String,
    /// Empty if the client has left before.
    pub http_response_status_code: String,
    /// Empty if nothing failed.
    pub error_type: String,
}

/// Of the sizes of bodies.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct SizeLabels {
    pub service_name: String,
    pub http_request_method: &'static str,
    pub http_route: String,
}

/// Of an RPC, as the conventions for RPC have them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct RpcLabels {
    pub service_name: String,
    pub rpc_system_name: &'static str,
    /// `package.Service/Method`, or `_OTHER` for one that the service does not have.
    pub rpc_method: String,
    pub rpc_response_status_code: &'static str,
    pub error_type: String,
}

/// Of what is counted per service and method of HTTP.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct ActiveLabels {
    pub service_name: String,
    pub http_request_method: &'static str,
}

/// Of what is counted per service.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct ServiceLabels {
    pub service_name: String,
}

/// Methods by their names; all others are one.
pub(super) const METHODS: [&str; 10] =
    ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", OTHER];

/// What the conventions call what is not known.
pub(super) const OTHER: &str = "_OTHER";

/// Where in [`METHODS`] a method is.
pub(super) fn method_index(method: &Method) -> usize {
    let known = METHODS.iter().position(|known| *known == method.as_str());
    known.unwrap_or(METHODS.len() - 1)
}

/// Labels whose names are known when the values are.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Pairs(pub Vec<(Cow<'static, str>, String)>);

impl EncodeLabelSet for Pairs {
    fn encode(
        &self,
        encoder: &mut prometheus_client::encoding::LabelSetEncoder<'_>,
    ) -> Result<(), std::fmt::Error> {
        for pair in &self.0 {
            prometheus_client::encoding::EncodeLabel::encode(
                &(&*pair.0, &*pair.1),
                encoder.encode_label(),
            )?;
        }
        Ok(())
    }
}
