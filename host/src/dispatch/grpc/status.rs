//! How RPCs end: faults, errors and statuses of the service as statuses on the wire.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use tonic::metadata::MetadataMap;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use crate::bindings::errors::{Error as ServiceError, Kind};
use crate::call::Fault;
use crate::call::grpc::{Failure, Reason};
use crate::definition::ErrorField;
use crate::dispatch::lines::invalid;
use crate::dispatch::problem::{ErrorRules, Problem, kind_name};
use crate::extension::{Answer, Content};

const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");

/// Longest JSON of an error in a status, in bytes. It is sent twice, once in base64, and clients take
/// about 8 KiB of trailers.
const LONGEST_MESSAGE: usize = 2048;

/// When a client should try again what was refused or lost.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// How statuses are made.
#[derive(Debug)]
pub(super) struct StatusRules {
    pub(super) errors: ErrorRules,
    /// Whether an error's code follows its kind; otherwise it is always `UNKNOWN`.
    pub(super) maps_codes: bool,
}

impl StatusRules {
    /// What the guest failed with, and the trailing metadata that it set.
    ///
    /// # Errors
    /// When it breaks the contract.
    pub(super) fn returned(&self, failure: &Failure, trailers: HeaderMap) -> Result<Status, Fault> {
        let metadata = MetadataMap::from_headers(trailers);
        match &failure.reason {
            Reason::Status(status) => {
                let code = match status.code {
                    1..=16 => Code::from(i32::try_from(status.code).unwrap_or_default()),
                    code => return Err(invalid(format!("its status is {code}, expected 1 to 16"))),
                };
                let (message, details) = (status.message.clone(), status.details.clone());
                Ok(Status::with_details_and_metadata(code, message, details, metadata))
            }
            Reason::Error(error) => Ok(self.error(error, metadata)),
        }
    }

    /// An error of the service: its JSON is the message, and what programs need is in the details.
    fn error(&self, error: &ServiceError, metadata: MetadataMap) -> Status {
        let code = if self.maps_codes { code(error.kind) } else { Code::Unknown };
        self.status(code, &Problem::returned(error.clone()), (None, metadata))
    }

    /// What a feature answers in place of the service.
    pub(super) fn given(&self, answer: Answer) -> Status {
        let code = answer.code();
        let Answer { status, headers, content, .. } = answer;
        let metadata = MetadataMap::from_headers(headers);
        match content {
            Content::Error(error) => {
                self.status(code, &Problem { status, error }, (None, metadata))
            }
            Content::Bytes(_) => {
                let message = status.canonical_reason().unwrap_or_default().to_lowercase();
                Status::with_metadata(code, message, metadata)
            }
        }
    }

    /// A fault; like [`Problem::fault`], details stay in the log.
    pub(super) fn fault(&self, fault: &Fault) -> Status {
        let problem = Problem::fault(fault);
        let code = match (fault, problem.status) {
            (Fault::DeadlineExceeded { .. }, _) => Code::DeadlineExceeded,
            (_, StatusCode::SERVICE_UNAVAILABLE) => Code::Unavailable,
            _ => Code::Internal,
        };
        if code == Code::DeadlineExceeded {
            // No details, as when the client's own timer ends the RPC: it races this answer.
            return Status::new(code, self.message(&problem));
        }
        let retry = (code == Code::Unavailable).then_some(RETRY_DELAY);
        self.status(code, &problem, (retry, MetadataMap::new()))
    }

    fn status(
        &self,
        code: Code,
        problem: &Problem,
        (retry, metadata): (Option<Duration>, MetadataMap),
    ) -> Status {
        let error = &problem.error;
        let shows = |field| !self.errors.hidden.contains(&field);
        let domain =
            if shows(ErrorField::ServiceName) { self.errors.service_name.as_str() } else { "" };
        let mut facts = std::collections::HashMap::new();
        facts.insert("code".to_owned(), error.code.to_string());
        if let Some(destination) = &error.destination
            && shows(ErrorField::Destination)
        {
            facts.insert("destination".to_owned(), destination.clone());
        }
        let mut details = ErrorDetails::with_error_info(kind_name(error.kind), domain, facts);
        if retry.is_some() {
            details.set_retry_info(retry);
        }
        Status::with_error_details_and_metadata(code, self.message(problem), details, metadata)
    }

    /// The error as JSON.
    fn message(&self, problem: &Problem) -> String {
        match String::from_utf8(problem.json(&self.errors).into()) {
            Ok(message) if message.len() <= LONGEST_MESSAGE => message,
            _ => self.shortened(problem),
        }
    }

    /// What is left of an error that is too large for trailers: no cause, no attributes, the beginning of
    /// its message.
    fn shortened(&self, problem: &Problem) -> String {
        let error = &problem.error;
        let end = error.message.floor_char_boundary(LONGEST_MESSAGE / 2);
        let message = if end < error.message.len() {
            format!("{}…", &error.message[..end])
        } else {
            error.message.clone()
        };
        let error = ServiceError { message, cause: None, attributes: None, ..error.clone() };
        let json = Problem { status: problem.status, error }.json(&self.errors);
        String::from_utf8_lossy(&json).into_owned()
    }
}

pub(super) fn code(kind: Kind) -> Code {
    match kind {
        Kind::Internal => Code::Internal,
        Kind::NotFound => Code::NotFound,
        Kind::InvalidArguments => Code::InvalidArgument,
        Kind::PreconditionFailed => Code::FailedPrecondition,
        Kind::PermissionDenied => Code::PermissionDenied,
        Kind::Rpc => Code::Unavailable,
        Kind::Custom => Code::Unknown,
    }
}

/// The trailers of an RPC that succeeded.
pub(super) fn success(mut trailers: HeaderMap) -> HeaderMap {
    trailers.insert(GRPC_STATUS, HeaderValue::from_static("0"));
    trailers
}

/// The trailers of an RPC that failed.
pub(super) fn failure(status: &Status) -> HeaderMap {
    let mut trailers = HeaderMap::new();
    if status.add_header(&mut trailers).is_err() {
        // Only what percent-encoding and base64 leave over could be refused, and they leave nothing.
        trailers.insert(GRPC_STATUS, HeaderValue::from_static("13"));
    }
    trailers
}

/// The canonical name of a code, as logs have it.
pub(super) fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}
