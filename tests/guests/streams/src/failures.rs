//! The ways to fail that a message can ask for.
//! Does not know when.

use std::fmt;
use std::time::Duration;

use mikros_sdk::grpc::{Code, ErrorDetails, Metadata, Status};
use mikros_sdk::{ErrorKind, ServiceError};

use super::proto;
use super::proto::failure::How;

/// The failure, unless it is a panic.
pub(crate) fn fail(how: How) -> Status {
    match how {
        How::Error(error) => service_error(error).into(),
        How::Status(status) => plain_status(status).unwrap_or_else(|status| status),
        How::Panic(message) => panic!("{message}"),
        How::Details(subject) => with_details(&subject),
        How::Own(name) => own(&name).err().unwrap_or_else(|| Status::unknown("there is no error")),
    }
}

fn with_details(subject: &str) -> Status {
    let mut details = ErrorDetails::new();
    details
        .set_error_info("CLOSED", "probe", [("subject".to_owned(), subject.to_owned())])
        .set_retry_info(Some(Duration::from_millis(1500)))
        .add_bad_request_violation(subject, "must be open")
        .add_precondition_failure_violation("STATE", subject, "open it")
        .add_quota_failure_violation(subject, "one a day")
        .set_request_info("7", "one")
        .set_resource_info("door", subject, "Ada", "it is closed")
        .add_help_link("how to open it", "https://example.com/doors")
        .set_localized_message("de-CH", "Die Tür ist zu");
    Status::with_error_details(Code::FailedPrecondition, "the door is closed", details)
}

/// An ordinary error that is made for the service.
#[derive(Debug)]
enum OwnError {
    Full,
    Gone,
}

impl fmt::Display for OwnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl std::error::Error for OwnError {}

impl From<OwnError> for Status {
    fn from(error: OwnError) -> Self {
        match error {
            OwnError::Full => Self::resource_exhausted("it is full"),
            OwnError::Gone => Self::data_loss("it is gone"),
        }
    }
}

/// As a method fails with an error of its own.
fn own(name: &str) -> Result<(), Status> {
    Ok(match name {
        "full" => Err(OwnError::Full),
        "gone" => Err(OwnError::Gone),
        _ => Ok(()),
    }?)
}

fn service_error(asked: proto::ServiceError) -> ServiceError {
    let message = asked.message;
    let error = match asked.kind.as_str() {
        "internal" => ServiceError::internal("told to fail").with_message(message),
        "not-found" => ServiceError::not_found(message),
        "invalid-arguments" => ServiceError::invalid_arguments(message),
        "precondition-failed" => ServiceError::precondition_failed(message),
        "permission-denied" => ServiceError::permission_denied(message),
        "rpc" => ServiceError::rpc("another", message),
        "custom" => ServiceError::custom(message),
        kind => match ErrorKind::from_name(kind) {
            Some(kind) => ServiceError::of_kind(kind, message),
            None => ServiceError::invalid_arguments(format!("there is no kind `{kind}`")),
        },
    };
    let error = error.with_code(asked.code);
    let error = if asked.cause.is_empty() { error } else { error.with_cause(asked.cause) };
    let error = match asked.retry_after_ms {
        0 => error,
        time => error.with_retry_after(Duration::from_millis(time)),
    };
    let violations = asked.field_violations.into_iter();
    let error = violations.fold(error, |error, (field, why)| error.with_violation(field, why));
    asked.attributes.into_iter().fold(error, |error, (key, value)| error.with_attribute(key, value))
}

fn plain_status(asked: proto::Status) -> Result<Status, Status> {
    let code = Code::from_number(asked.code)
        .ok_or_else(|| Status::invalid_argument(format!("there is no code {}", asked.code)))?;
    let mut metadata = Metadata::new();
    for (name, value) in asked.trailers {
        metadata.append(&name, value)?;
    }
    Ok(Status::new(code, asked.message).with_details(asked.details).with_metadata(metadata))
}

/// What a stream fails with.
pub(crate) fn enough() -> Status {
    let mut status = Status::failed_precondition("enough");
    let inserted = status.metadata_mut().insert("x-enough", "1");
    inserted.err().map_or(status, Status::from)
}
