//! Why a call to another service failed, in one sentence that names the client and where it leads.

use std::error::Error as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use humantime::format_duration;
use tonic::{Code, Status};

use super::observation::LATE;
use super::settings::{self, Protocol};
use crate::call::Deadline;
use crate::text::on_one_line;

pub(super) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why a call to another service failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    /// The other service, or what stands in front of it, responded to an RPC with this status.
    #[error("client `{client}` got status {:?} from {destination}", status.code())]
    Status { client: Arc<str>, destination: Arc<str>, status: Box<Status> },
    /// There was no complete response.
    #[error("client `{client}` {fault} {destination}")]
    Transport {
        client: Arc<str>,
        /// An address, or the name that has none.
        destination: Arc<str>,
        fault: TransportFault,
        source: Option<BoxError>,
    },
    #[error("client `{client}` did not get a response from {destination} within {}", format_duration(*limit))]
    DeadlineExceeded { client: Arc<str>, destination: Arc<str>, limit: Duration },
    /// As many calls as may be are under way, and as many wait.
    #[error("client `{client}` is at its limit of {limit} calls to {destination}")]
    Saturated { client: Arc<str>, destination: Arc<str>, limit: usize },
    #[error("client `{client}` makes no calls to {destination} after {failures} failures in a row")]
    BreakerOpen { client: Arc<str>, destination: Arc<str>, failures: u32 },
    /// The caller has given up sending its messages.
    #[error("client `{client}` was told to cancel the call to {destination}")]
    Aborted { client: Arc<str>, destination: Arc<str> },
}

/// What the network did not do. Completes the sentence "client `user` ... 127.0.0.1:7070".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TransportFault {
    #[error("cannot find an address of")]
    Resolve,
    #[error("may not connect to")]
    NotAllowed,
    #[error("cannot connect to")]
    Connect,
    #[error("cannot establish TLS with")]
    Tls,
    #[error("sent a request that was refused by")]
    Refused,
    /// The service is in this process and did not take the request.
    #[error("cannot hand a request to")]
    NotTaken,
    #[error("lost the connection to")]
    Broken,
    #[error("cannot send this request to")]
    InvalidRequest,
    #[error("got an invalid response from")]
    InvalidResponse,
}

impl ClientError {
    /// Its name for machines, as metrics have it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Status { .. } => "status",
            Self::Transport { fault, .. } => fault.name(),
            Self::DeadlineExceeded { .. } => LATE,
            Self::Saturated { .. } => "saturated",
            Self::BreakerOpen { .. } => "breaker_open",
            Self::Aborted { .. } => "aborted",
        }
    }
}

impl TransportFault {
    fn name(self) -> &'static str {
        match self {
            Self::Resolve => "resolve",
            Self::NotAllowed => "not_allowed",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Refused => "refused",
            Self::NotTaken => "not_taken",
            Self::Broken => "broken",
            Self::InvalidRequest => "invalid_request",
            Self::InvalidResponse => "invalid_response",
        }
    }

    /// Whether it says something about the service, rather than about the request or this host's settings.
    pub(super) fn is_of_service(self) -> bool {
        match self {
            Self::NotAllowed | Self::NotTaken | Self::InvalidRequest => false,
            Self::Resolve
            | Self::Connect
            | Self::Tls
            | Self::Refused
            | Self::Broken
            | Self::InvalidResponse => true,
        }
    }
}

/// Errors of one client.
impl settings::Client {
    /// What the client leads to: `user.default:7070`.
    pub(super) fn target(&self) -> Arc<str> {
        let host = &self.host;
        if host.contains(':') {
            format!("[{host}]:{}", self.port).into()
        } else {
            format!("{host}:{}", self.port).into()
        }
    }

    /// The same with the address that was found: `user.default:7070 (10.0.0.3)`.
    pub(super) fn destination(&self, address: SocketAddr) -> Arc<str> {
        let target = self.target();
        if *target == *address.to_string() {
            target
        } else {
            format!("{target} ({})", address.ip()).into()
        }
    }

    /// What every error names.
    fn names(&self) -> (Arc<str>, Arc<str>) {
        (self.name.as_str().into(), self.target())
    }

    pub(super) fn late(&self, deadline: Deadline) -> ClientError {
        let (client, destination) = self.names();
        ClientError::DeadlineExceeded { client, destination, limit: deadline.limit }
    }

    pub(super) fn saturated(&self) -> ClientError {
        let (client, destination) = self.names();
        ClientError::Saturated { client, destination, limit: self.max_concurrency }
    }

    pub(super) fn breaker_open(&self) -> ClientError {
        let (client, destination) = self.names();
        let failures = self.circuit_breaker.map_or(0, |breaker| breaker.failures);
        ClientError::BreakerOpen { client, destination, failures }
    }

    pub(super) fn aborted(&self) -> ClientError {
        let (client, destination) = self.names();
        ClientError::Aborted { client, destination }
    }

    pub(super) fn status(&self, status: Status) -> ClientError {
        let (client, destination) = self.names();
        ClientError::Status { client, destination, status: Box::new(status) }
    }

    pub(super) fn failed(&self, fault: TransportFault, source: impl Into<BoxError>) -> ClientError {
        self.failed_at(&self.target(), fault, source)
    }

    pub(super) fn failed_at(
        &self,
        destination: &Arc<str>,
        fault: TransportFault,
        source: impl Into<BoxError>,
    ) -> ClientError {
        ClientError::Transport {
            client: self.name.as_str().into(),
            destination: destination.clone(),
            fault,
            source: Some(source.into()),
        }
    }

    /// hyper has given up an exchange.
    pub(super) fn broken(&self, destination: &Arc<str>, error: hyper::Error) -> ClientError {
        if self.protocol == Protocol::Grpc
            && let Some(status) = h2_error(&error).and_then(status_of_reset)
        {
            return self.status(status);
        }
        let fault = if error.is_user() {
            TransportFault::InvalidRequest
        } else if error.is_parse() {
            TransportFault::InvalidResponse
        } else {
            TransportFault::Broken
        };
        self.failed_at(destination, fault, error)
    }
}

/// What HTTP/2 says about an error of hyper.
pub(super) fn h2_error(error: &hyper::Error) -> Option<&h2::Error> {
    std::iter::successors(error.source(), |&cause| cause.source())
        .find_map(|cause| cause.downcast_ref())
}

/// What the reset of a stream stands for, by the table "Errors" of
/// <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>. `None`: the call is as if the connection was
/// lost.
fn status_of_reset(error: &h2::Error) -> Option<Status> {
    if !error.is_reset() || !(error.is_remote() || error.is_library()) {
        return None;
    }
    let code = match error.reason()? {
        h2::Reason::REFUSED_STREAM => return None,
        h2::Reason::CANCEL => Code::Cancelled,
        h2::Reason::ENHANCE_YOUR_CALM => Code::ResourceExhausted,
        h2::Reason::INADEQUATE_SECURITY => Code::PermissionDenied,
        _ => Code::Internal,
    };
    Some(Status::new(code, on_one_line(error)))
}
