//! The error that a service returned, as lines of the log tell it.
//!
//! Does not know what callers may see of it.

use serde_json::Value;

use super::Fault;
use crate::bindings::errors::{Error as ServiceError, Kind};
use crate::telemetry::Attributes;

/// The attributes of an error if they are what the contract demands: a JSON object.
pub fn attributes(error: &ServiceError) -> Option<Value> {
    let attributes: Value = serde_json::from_str(error.attributes.as_deref()?).ok()?;
    attributes.is_object().then_some(attributes)
}

/// What a log line says of an error, also what callers may not see. The error's own attributes stay
/// together under one key, because their names and types are the service's.
pub fn log_attributes(error: &ServiceError) -> Attributes {
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
    if let Some(attributes) = attributes(error) {
        fields.insert("error.attributes".to_owned(), attributes);
    }
    fields
}

/// What a log line says of a request that failed with `fault`: the fields of the error that its caller
/// is told, and the fault.
pub fn fault_attributes(fault: &Fault) -> Attributes {
    let mut fields = log_attributes(&service_error(Kind::Internal, fault.to_string()));
    fields.insert("error.fault".to_owned(), fault.name().into());
    fields
}

/// The name of a kind on the wire and in logs, as all Mikros frameworks spell it.
pub fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Internal => "InternalError",
        Kind::NotFound => "NotFoundError",
        Kind::InvalidArguments => "ValidationError",
        Kind::PreconditionFailed => "ConditionError",
        Kind::PermissionDenied => "PermissionError",
        Kind::Rpc => "RPCError",
        Kind::Custom => "CustomError",
    }
}

/// An error of `mikros:service/errors`, as imports return it: a kind and a message, nothing else.
pub fn service_error(kind: Kind, message: impl Into<String>) -> ServiceError {
    ServiceError {
        kind,
        message: message.into(),
        code: 0,
        cause: None,
        destination: None,
        attributes: None,
    }
}
