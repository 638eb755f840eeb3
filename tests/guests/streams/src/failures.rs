//! The ways to fail that a message can ask for.
//! Does not know when.

use std::time::Duration;

use mikros_sdk::grpc::{Code, Metadata, Status};
use mikros_sdk::{ErrorKind, ServiceError};

use super::proto;
use super::proto::failure::How;

/// The failure, unless it is a panic.
pub(crate) fn fail(how: How) -> Status {
    match how {
        How::Error(error) => service_error(error).into(),
        How::Status(status) => plain_status(status).unwrap_or_else(|status| status),
        How::Panic(message) => panic!("{message}"),
    }
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
