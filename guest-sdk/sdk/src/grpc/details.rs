//! The details of a status as the messages of `google.rpc`, which clients of all languages know.
//! Deliberately those of `tonic-types`, with its reading and writing; here they meet this crate's errors.

use prost::{DecodeError, Message as _};
use tonic_types::{RpcStatusExt as _, StatusExt as _, pb};

pub use tonic_types::{
    BadRequest, DebugInfo, ErrorDetail, ErrorDetails, ErrorInfo, FieldViolation, Help, HelpLink,
    LocalizedMessage, PreconditionFailure, PreconditionViolation, QuotaFailure, QuotaViolation,
    RequestInfo, ResourceInfo, RetryInfo,
};

use super::convert::code_of;
use super::{Code, Status};
use crate::error::{ErrorKind, ServiceError};

/// Keys of the metadata of an `ErrorInfo`, as the host writes them.
const CODE: &str = "code";
const DESTINATION: &str = "destination";

/// With the feature `error-details`, which takes `tonic-types`.
impl Status {
    /// A failure with this code and these details.
    ///
    /// ```
    /// use mikros_sdk::grpc::{Code, ErrorDetails, Status};
    ///
    /// let mut details = ErrorDetails::with_bad_request_violation("name", "must not be empty");
    /// details.set_help([]).add_help_link("what a name is", "https://example.com/names");
    /// let status = Status::with_error_details(Code::InvalidArgument, "the name is missing", details);
    ///
    /// // As a client, or another service, finds it:
    /// let details = status.get_error_details();
    /// let bad = details.bad_request().expect("it was set");
    /// assert_eq!(bad.field_violations[0].field, "name");
    /// ```
    pub fn with_error_details(
        code: Code,
        message: impl Into<String>,
        details: ErrorDetails,
    ) -> Self {
        Self::of_tonic_types(code, message.into(), |code, message| {
            ::tonic::Status::with_error_details(code, message, details)
        })
    }

    /// The same with details in the order that is given, of which there may be several of one type.
    pub fn with_error_details_vec(
        code: Code,
        message: impl Into<String>,
        details: impl IntoIterator<Item = ErrorDetail>,
    ) -> Self {
        Self::of_tonic_types(code, message.into(), |code, message| {
            ::tonic::Status::with_error_details_vec(code, message, details)
        })
    }

    fn of_tonic_types(
        code: Code,
        message: String,
        make: impl FnOnce(::tonic::Code, &str) -> ::tonic::Status,
    ) -> Self {
        let encoded = make(::tonic::Code::from_i32(code.number()), &message);
        Self::new(code, message).with_details(encoded.details())
    }

    /// Its details; none if there are none, or they cannot be read.
    ///
    /// Of a [`ServiceError`](struct@ServiceError) those that the host makes of it: an [`ErrorInfo`], which gets the name of the service
    /// as its domain there, and [`RetryInfo`] and [`BadRequest`] as far as it says something.
    pub fn get_error_details(&self) -> ErrorDetails {
        self.check_error_details().unwrap_or_default()
    }

    /// The same, or why they cannot be read.
    ///
    /// # Errors
    ///
    /// They are no `google.rpc.Status`, or one of them is not what its type says.
    pub fn check_error_details(&self) -> Result<ErrorDetails, DecodeError> {
        match self.service_error() {
            Some(error) => Ok(of_error(error)),
            None => pb::Status::decode(self.details())?.check_error_details(),
        }
    }

    /// Its details in their order, without those of unknown types; none if they cannot be read.
    pub fn get_error_details_vec(&self) -> Vec<ErrorDetail> {
        match self.service_error() {
            Some(error) => in_order(&of_error(error)),
            None => pb::Status::decode(self.details()).unwrap_or_default().get_error_details_vec(),
        }
    }
}

fn of_error(error: &ServiceError) -> ErrorDetails {
    let mut details = ErrorDetails::new();
    let code = (CODE.to_owned(), error.code().to_string());
    let destination = error.destination().map(|name| (DESTINATION.to_owned(), name.to_owned()));
    let metadata: std::collections::HashMap<_, _> = [code].into_iter().chain(destination).collect();
    details.set_error_info(error.kind().name(), "", metadata);
    if let Some(time) = error.retry_after() {
        details.set_retry_info(Some(time));
    }
    for violation in error.field_violations() {
        details.add_bad_request_violation(&*violation.field, &*violation.description);
    }
    details
}

/// As the host orders them.
fn in_order(details: &ErrorDetails) -> Vec<ErrorDetail> {
    let info = details.error_info().cloned().map(ErrorDetail::ErrorInfo);
    let retry = details.retry_info().cloned().map(ErrorDetail::RetryInfo);
    let bad = details.bad_request().cloned().map(ErrorDetail::BadRequest);
    info.into_iter().chain(retry).chain(bad).collect()
}

/// Adds to an error, made of the code and the message of `status`, what is known of its details: the kind and the
/// number of this host's errors, when to try again, and which fields are wrong.
pub(super) fn refine(error: ServiceError, status: &Status) -> ServiceError {
    let details = status.get_error_details();
    let mut error = match details.error_info() {
        Some(info) => of_info(&error, info, status.code()).unwrap_or(error),
        None => error,
    };
    if let Some(time) = details.retry_info().and_then(|retry| retry.retry_delay) {
        error = error.with_retry_after(time);
    }
    let violations = details.bad_request().map(|bad| &*bad.field_violations).unwrap_or_default();
    violations.iter().fold(error, |error, FieldViolation { field, description, .. }| {
        error.with_violation(field, description)
    })
}

/// The error of a kind that its reason names, unless that contradicts the code: reasons are of other services too.
fn of_info(error: &ServiceError, info: &ErrorInfo, code: Code) -> Option<ServiceError> {
    let kind = ErrorKind::from_name(&info.reason).filter(|kind| code_of(*kind) == code)?;
    let named = match info.metadata.get(DESTINATION) {
        Some(name) if kind == ErrorKind::Rpc => ServiceError::rpc(name, error.message()),
        _ => ServiceError::of_kind(kind, error.message()),
    };
    let number = info.metadata.get(CODE).and_then(|number| number.parse().ok());
    Some(named.with_code(number.unwrap_or_default()))
}
