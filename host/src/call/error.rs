//! The error that a service returned, as lines of the log tell it.
//!
//! Does not know what callers may see of it.

use std::time::Duration;

use serde_json::{Value, json};

use super::Fault;
use super::kind::{kind_name, own_status};
use crate::bindings::errors::{Error as ServiceError, Kind as ErrorKind};
use crate::telemetry::Attributes;

/// The attributes of an error if they are what the contract demands: a JSON object.
pub(crate) fn attributes(error: &ServiceError) -> Option<Value> {
    let attributes: Value = serde_json::from_str(error.attributes.as_deref()?).ok()?;
    attributes.is_object().then_some(attributes)
}

/// What is wrong with the fields of a request, as clients and log lines are told.
pub(crate) fn field_violations(error: &ServiceError) -> Value {
    let violations = error.field_violations.iter();
    violations.map(|v| json!({ "field": v.field, "description": v.description })).collect()
}

/// What is wrong with an error itself, as log lines tell it. It is left out of what clients get.
pub(crate) fn invalid_parts(error: &ServiceError) -> impl Iterator<Item = &'static str> {
    let attributes = error.attributes.is_some() && attributes(error).is_none();
    let attributes =
        attributes.then_some("the attributes of an error are no JSON object, leaving them out");
    let status = error.status.is_some() && own_status(error).is_none();
    let status = status.then_some("the status of an error is not 400 to 599, leaving it out");
    attributes.into_iter().chain(status)
}

/// How long a client should wait before it tries again.
pub(crate) fn retry_after(error: &ServiceError) -> Option<Duration> {
    error.retry_after.map(Duration::from_nanos)
}

/// What a log line says of an error, also what callers may not see. The error's own attributes stay
/// together under one key, because their names and types are the service's.
pub(crate) fn log_attributes(error: &ServiceError) -> Attributes {
    let mut fields = Attributes::new();
    fields.insert("error.kind".to_owned(), kind_name(error.kind).into());
    fields.insert("error.code".to_owned(), error.code.into());
    fields.insert("error.message".to_owned(), Value::from(&*error.message));
    for (name, value) in [("error.cause", &error.cause), ("error.destination", &error.destination)]
    {
        if let Some(value) = value {
            fields.insert(name.to_owned(), Value::from(&**value));
        }
    }
    if !error.field_violations.is_empty() {
        fields.insert("error.field_violations".to_owned(), field_violations(error));
    }
    if let Some(attributes) = attributes(error) {
        fields.insert("error.attributes".to_owned(), attributes);
    }
    fields
}

/// What a log line says of a request that failed with `fault`: the fields of the error that its caller
/// is told, and the fault.
pub(crate) fn fault_attributes(fault: &Fault) -> Attributes {
    let mut fields = log_attributes(&service_error(ErrorKind::Internal, fault.to_string()));
    fields.insert("error.fault".to_owned(), fault.name().into());
    fields
}

/// An error of `mikros:service/errors`, as imports return it: a kind and a message, nothing else.
pub fn service_error(kind: ErrorKind, message: impl Into<String>) -> ServiceError {
    ServiceError {
        kind,
        message: message.into(),
        code: 0,
        cause: None,
        destination: None,
        status: None,
        retry_after: None,
        field_violations: Vec::new(),
        attributes: None,
    }
}

/// How a stream of a client ends of which the rest does not come.
pub(crate) fn request_cut_off() -> ServiceError {
    service_error(ErrorKind::InvalidArguments, "the request was cut off")
}

/// When a client should try again what was refused or lost.
pub(crate) const RETRY_DELAY: Duration = Duration::from_secs(1);

/// The same, with the time after which the client should try again.
pub(crate) fn retryable(
    kind: ErrorKind,
    message: impl Into<String>,
    after: Duration,
) -> ServiceError {
    let after = u64::try_from(after.as_nanos()).unwrap_or(u64::MAX);
    ServiceError { retry_after: Some(after), ..service_error(kind, message) }
}
