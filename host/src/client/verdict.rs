//! What an exchange says about the service: what a circuit breaker and an ejection count.

use std::time::Duration;

use http::{Response, StatusCode};
use tonic::Code;

use super::error::ClientError;
use super::settings::{self, Protocol};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Served,
    Failed,
    /// The reason lies with the request, its caller, or this host.
    Unknown,
}

impl Verdict {
    /// `took` is how long the service had for the head of its response.
    pub(super) fn of<B>(
        client: &settings::Client,
        sent: Result<&Response<B>, &ClientError>,
        took: Duration,
    ) -> Self {
        let code = match sent {
            Ok(response) => match client.protocol {
                Protocol::Http if response.status().is_server_error() => return Self::Failed,
                Protocol::Http => return Self::Served,
                Protocol::Grpc => grpc_code(response),
            },
            Err(ClientError::Transport { fault, .. }) if fault.is_of_service() => {
                return Self::Failed;
            }
            Err(ClientError::Status { status, .. }) => Some(status.code()),
            Err(ClientError::DeadlineExceeded { .. }) => Some(Code::DeadlineExceeded),
            Err(_) => return Self::Unknown,
        };
        match code {
            // A caller that leaves less than half of the client's own timeout learns nothing about the service.
            Some(Code::DeadlineExceeded) if took * 2 < client.timeout => Self::Unknown,
            Some(
                Code::Unavailable
                | Code::Internal
                | Code::Unknown
                | Code::DataLoss
                | Code::DeadlineExceeded,
            ) => Self::Failed,
            _ => Self::Served,
        }
    }
}

/// The status of an RPC that has no messages: in the head, or what the status of HTTP stands for. `None` if
/// messages may follow.
pub(super) fn grpc_code<B>(response: &Response<B>) -> Option<Code> {
    if let Some(status) = response.headers().get("grpc-status") {
        return Some(Code::from_bytes(status.as_bytes()));
    }
    (response.status() != StatusCode::OK).then(|| code_of_http(response.status()))
}

/// <https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md>
pub(super) fn code_of_http(status: StatusCode) -> Code {
    match status {
        StatusCode::BAD_REQUEST => Code::Internal,
        StatusCode::UNAUTHORIZED => Code::Unauthenticated,
        StatusCode::FORBIDDEN => Code::PermissionDenied,
        StatusCode::NOT_FOUND => Code::Unimplemented,
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => Code::Unavailable,
        _ => Code::Unknown,
    }
}
