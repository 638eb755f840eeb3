//! What the head of a response says about the service.

use http::{Response, StatusCode};
use tonic::Code;

use super::settings::Protocol;

/// The status of an RPC that has no messages: in the head, or what the status of HTTP stands for. `None` if
/// messages may follow.
pub(super) fn grpc_code<B>(response: &Response<B>) -> Option<Code> {
    if let Some(status) = response.headers().get("grpc-status") {
        return Some(Code::from_bytes(status.as_bytes()));
    }
    // https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md
    match response.status() {
        StatusCode::OK => None,
        StatusCode::BAD_REQUEST => Some(Code::Internal),
        StatusCode::UNAUTHORIZED => Some(Code::Unauthenticated),
        StatusCode::FORBIDDEN => Some(Code::PermissionDenied),
        StatusCode::NOT_FOUND => Some(Code::Unimplemented),
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => Some(Code::Unavailable),
        _ => Some(Code::Unknown),
    }
}

/// Whether it is the service that did not do what it was asked: what a circuit breaker and an ejection count.
pub(super) fn is_failure<B>(protocol: Protocol, response: &Response<B>) -> bool {
    match protocol {
        Protocol::Http => response.status().is_server_error(),
        Protocol::Grpc => matches!(
            grpc_code(response),
            Some(
                Code::Unavailable
                    | Code::Internal
                    | Code::Unknown
                    | Code::DataLoss
                    | Code::DeadlineExceeded
            )
        ),
    }
}
