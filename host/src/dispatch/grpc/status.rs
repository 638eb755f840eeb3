//! How RPCs end: faults, errors and statuses of the service as statuses on the wire.

use http::{HeaderMap, HeaderName, HeaderValue};
use tonic::metadata::MetadataMap;
use tonic::{Code, Status};

use super::details::details;
use crate::bindings::errors::Error as ServiceError;
use crate::call::Fault;
use crate::call::grpc::{Failure, Reason};
use crate::call::kind::code_of;
use crate::call::lines::invalid;
use crate::definition::{ErrorField, StatusMessage};
use crate::dispatch::problem::{ErrorRules, Problem};
use crate::extension::{Answer, Content};

const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");

/// Longest JSON of an error in a status, in bytes. Together with the message it is sent twice, once in base64, and
/// clients take about 8 KiB of trailers.
pub(super) const LONGEST_MESSAGE: usize = 2048;

/// How statuses are made.
#[derive(Debug)]
pub(super) struct StatusRules {
    pub(super) errors: ErrorRules,
    /// Whether an error's code follows its kind; otherwise it is always `UNKNOWN`.
    pub(super) maps_codes: bool,
    pub(super) status_message: StatusMessage,
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

    /// An error of the service: its message is for people, and what programs need is in the details.
    fn error(&self, error: &ServiceError, metadata: MetadataMap) -> Status {
        let code = if self.maps_codes { code_of(error.kind) } else { Code::Unknown };
        self.status(code, &Problem::returned(error.clone()), metadata)
    }

    /// What a feature answers in place of the service.
    pub(super) fn given(&self, answer: Answer) -> Status {
        let code = answer.code();
        let Answer { status, headers, content, .. } = answer;
        let metadata = MetadataMap::from_headers(headers);
        match content {
            Content::Error(error) => self.status(code, &Problem { status, error }, metadata),
            Content::Bytes(_) => {
                let message = status.canonical_reason().unwrap_or_default().to_lowercase();
                Status::with_metadata(code, message, metadata)
            }
        }
    }

    /// A fault; like [`Problem::fault`], details stay in the log.
    pub(super) fn fault(&self, fault: &Fault) -> Status {
        let problem = Problem::fault(fault);
        let code = code_of(problem.error.kind);
        if code == Code::DeadlineExceeded {
            // No details, as when the client's own timer ends the RPC: it races this answer.
            return Status::new(code, self.message(&problem, &self.json(&problem)));
        }
        self.status(code, &problem, MetadataMap::new())
    }

    fn status(&self, code: Code, problem: &Problem, metadata: MetadataMap) -> Status {
        let json = self.json(problem);
        let message = self.message(problem, &json);
        // Not twice.
        let json = (self.status_message == StatusMessage::Text).then_some(json.as_bytes());
        let details = details(code.into(), &message, problem, &self.errors, json);
        Status::with_details_and_metadata(code, message, details, metadata)
    }

    fn message(&self, problem: &Problem, json: &str) -> String {
        if self.status_message == StatusMessage::Json {
            json.to_owned()
        } else if self.errors.hidden.contains(&ErrorField::Message) {
            String::new()
        } else {
            beginning(&problem.error.message)
        }
    }

    /// The error as JSON, of a size that clients take.
    fn json(&self, problem: &Problem) -> String {
        match String::from_utf8(problem.json(&self.errors).into()) {
            Ok(json) if json.len() <= LONGEST_MESSAGE => json,
            _ => self.shortened(problem),
        }
    }

    /// What is left of an error that is too large for trailers: no cause, no attributes, no violations, the
    /// beginning of its message.
    fn shortened(&self, problem: &Problem) -> String {
        let error = &problem.error;
        let error = ServiceError {
            message: beginning(&error.message),
            cause: None,
            attributes: None,
            field_violations: Vec::new(),
            ..error.clone()
        };
        let json = Problem { status: problem.status, error }.json(&self.errors);
        String::from_utf8_lossy(&json).into_owned()
    }
}

/// As much of a message as clients take in trailers.
fn beginning(message: &str) -> String {
    let end = message.floor_char_boundary(LONGEST_MESSAGE / 2);
    if end < message.len() { format!("{}…", &message[..end]) } else { message.to_owned() }
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
