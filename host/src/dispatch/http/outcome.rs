//! How a request ended, for the client and for the log.
//!
//! Does not know when a line is written.

use http::Response;

use crate::bindings::errors::Error as ServiceError;
use crate::call::Fault;
use crate::dispatch::body::ResponseBody;
use crate::dispatch::problem;
use crate::telemetry::Attributes;

/// A response, and what the log says of it beyond its status.
pub(super) struct LoggedResponse {
    pub(super) response: Response<ResponseBody>,
    /// `None` when it is as it should be, or a feature's to explain.
    pub(super) failure: Option<RequestFailure>,
}

impl LoggedResponse {
    /// What the guest has answered by itself.
    pub(super) fn returned(response: Response<ResponseBody>) -> Self {
        let failure = response.status().is_server_error().then_some(RequestFailure::Response);
        Self { response, failure }
    }
}

impl From<Response<ResponseBody>> for LoggedResponse {
    fn from(response: Response<ResponseBody>) -> Self {
        Self { response, failure: None }
    }
}

pub(super) enum RequestFailure {
    /// What the service returned, or the host says itself.
    Error(ServiceError),
    Fault(Fault),
    /// A response of the service whose status says that it failed.
    Response,
}

impl RequestFailure {
    /// Whether there is a line about it already.
    pub(super) fn is_reported(&self) -> bool {
        matches!(self, Self::Fault(fault) if !fault.is_of_one_request())
    }

    pub(super) fn attributes(&self) -> Attributes {
        match self {
            Self::Error(error) => problem::log_attributes(error),
            Self::Fault(fault) => problem::fault_attributes(fault),
            Self::Response => Attributes::new(),
        }
    }
}
