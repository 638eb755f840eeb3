//! The error that a service returned, as lines of the log tell it.
//!
//! Does not know what callers may see of it.

use serde_json::Value;

use crate::bindings::errors::{Error as ServiceError, Kind};
use crate::telemetry::Attributes;

/// The attributes of an error if they are what the contract demands: a JSON object.
pub fn attributes(error: &ServiceError) -> Option<Value> {
    let attributes: Value = serde_json::from_str(error.attributes.as_deref()?).ok()?;
    attributes.is_object().then_some(attributes)
}

/// What a log line says of an error, also what callers may not see.
pub fn log_attributes(error: &ServiceError) -> Attributes {
    let mut attributes = match attributes(error) {
        Some(Value::Object(attributes)) => attributes,
        _ => Attributes::new(),
    };
    attributes.insert("error.kind".to_owned(), kind_name(error.kind).into());
    attributes.insert("error.code".to_owned(), error.code.into());
    attributes.insert("error.message".to_owned(), Value::from(&*error.message));
    for (name, value) in [("error.cause", &error.cause), ("error.destination", &error.destination)]
    {
        if let Some(value) = value {
            attributes.insert(name.to_owned(), Value::from(&**value));
        }
    }
    attributes
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
