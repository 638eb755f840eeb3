//! Errors of other Mikros services, in each of the forms that the frameworks send.
//!
//! All of them are one JSON object with a `kind`: as the body of an HTTP response, as the message of a gRPC status
//! (both frameworks), or in its details (this host, which also has forms for other clients there). They differ in
//! what they leave out, and in `details`, which is what `cause` was called in Go 0.19.

use std::time::Duration;

use prost::Message;
use prost_types::value::Kind as ProtoKind;
use prost_types::{Any, Struct};
use serde_json::{Map, Value};
use tonic_types::pb;

use super::error::service_error;
use super::kind::kind_on_wire;
use crate::bindings::clients::OriginError;
use crate::bindings::errors::{Error as ServiceError, FieldViolation, Kind};

/// Largest JSON that is read, in bytes.
const LARGEST: usize = 64 * 1024;

/// Reads an error from its JSON; `None` if that is not one.
pub(crate) fn parse(json: &[u8]) -> Option<OriginError> {
    if json.len() > LARGEST {
        return None;
    }
    match serde_json::from_slice(json) {
        Ok(Value::Object(object)) => from_object(object),
        _ => None,
    }
}

/// Reads an error from a gRPC status with these details (a serialized `google.rpc.Status`); `None` if it is not one
/// of a Mikros service.
pub(crate) fn from_status(message: &str, details: &[u8]) -> Option<OriginError> {
    let details = pb::Status::decode(details).map(|status| status.details).unwrap_or_default();
    let json = details.iter().find_map(unpack::<Struct>("google.protobuf.Struct"));
    let read = parse(message.as_bytes());
    let read = read.or_else(|| from_object(json?.fields.into_iter().map(json_field).collect()));
    let info = details.iter().find_map(unpack::<pb::ErrorInfo>("google.rpc.ErrorInfo"));
    let mut read = read.or_else(|| from_info(&info?, message))?;
    // Where the JSON was too large, it has no violations; the details do.
    if read.error.field_violations.is_empty() {
        let bad = details.iter().find_map(unpack::<pb::BadRequest>("google.rpc.BadRequest"));
        read.error.field_violations = bad.map(violations).unwrap_or_default();
    }
    if read.error.retry_after.is_none() {
        let retry = details.iter().find_map(unpack::<pb::RetryInfo>("google.rpc.RetryInfo"));
        let delay = retry.and_then(|retry| Duration::try_from(retry.retry_delay?).ok());
        read.error.retry_after = delay.and_then(|delay| u64::try_from(delay.as_nanos()).ok());
    }
    Some(read)
}

fn from_object(mut object: Map<String, Value>) -> Option<OriginError> {
    let kind = object.get("kind")?.as_str().filter(|kind| !kind.is_empty())?;
    let kind = kind_on_wire(kind).unwrap_or(Kind::Custom);
    let code = object.get("code").and_then(integer).unwrap_or(0);
    let mut text = |name: &str| match object.remove(name) {
        Some(Value::String(text)) if !text.is_empty() => Some(text),
        _ => None,
    };
    let message = text("message").unwrap_or_default();
    let cause = text("cause").or_else(|| text("details"));
    let (destination, origin) = (text("destination"), text("service_name"));
    let field_violations = object.get("field_violations").and_then(Value::as_array);
    let error = ServiceError {
        code,
        cause,
        destination,
        field_violations: field_violations.into_iter().flatten().filter_map(violation).collect(),
        attributes: object.remove("attributes").and_then(attributes),
        ..service_error(kind, message)
    };
    Some(OriginError { error, origin })
}

/// A number of protobuf's `Struct` is a float, whatever it was before.
fn integer(value: &Value) -> Option<i32> {
    let float = || value.as_f64().filter(|number| number.fract() == 0.0);
    let within = |number: f64| f64::from(i32::MIN) <= number && number <= f64::from(i32::MAX);
    #[expect(clippy::cast_possible_truncation, reason = "it is an integer within the range")]
    let truncate = |number: f64| number as i32;
    let exact = value.as_i64().and_then(|number| i32::try_from(number).ok());
    exact.or_else(|| float().filter(|number| within(*number)).map(truncate))
}

fn violation(value: &Value) -> Option<FieldViolation> {
    let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    Some(FieldViolation { field: text("field")?, description: text("description")? })
}

/// The contract has an object; services of the Rust framework may send anything.
fn attributes(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Object(_) => Some(value.to_string()),
        other => Some(Value::Object(Map::from_iter([("value".to_owned(), other)])).to_string()),
    }
}

/// The form for clients of any framework, where the JSON was too large for the details.
fn from_info(info: &pb::ErrorInfo, message: &str) -> Option<OriginError> {
    let error = ServiceError {
        code: info.metadata.get("code").and_then(|code| code.parse().ok()).unwrap_or(0),
        destination: info.metadata.get("destination").cloned(),
        ..service_error(kind_on_wire(&info.reason)?, message)
    };
    let origin = (!info.domain.is_empty()).then(|| info.domain.clone());
    Some(OriginError { error, origin })
}

fn violations(bad: pb::BadRequest) -> Vec<FieldViolation> {
    let violations = bad.field_violations.into_iter();
    violations.map(|v| FieldViolation { field: v.field, description: v.description }).collect()
}

fn unpack<T: Message + Default>(name: &'static str) -> impl Fn(&Any) -> Option<T> {
    move |any| {
        let (_, found) = any.type_url.rsplit_once('/')?;
        if found == name { T::decode(&*any.value).ok() } else { None }
    }
}

fn json_field((name, value): (String, prost_types::Value)) -> (String, Value) {
    (name, json(value))
}

/// As deep as its protobuf form, whose decoder has a limit of its own.
fn json(value: prost_types::Value) -> Value {
    match value.kind {
        None | Some(ProtoKind::NullValue(_)) => Value::Null,
        Some(ProtoKind::BoolValue(is)) => Value::Bool(is),
        Some(ProtoKind::NumberValue(number)) => Value::from(number),
        Some(ProtoKind::StringValue(text)) => Value::String(text),
        Some(ProtoKind::ListValue(list)) => list.values.into_iter().map(json).collect(),
        Some(ProtoKind::StructValue(fields)) => {
            Value::Object(fields.fields.into_iter().map(json_field).collect())
        }
    }
}

#[cfg(test)]
mod tests;
