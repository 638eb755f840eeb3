//! The details of a status (`google.rpc.Status`): what programs need of an error.
//!
//! Does not know codes, nor what the message of a status says.

use std::collections::HashMap;

use bytes::Bytes;
use prost::Message;
use prost_types::{Any, ListValue, Struct, value::Kind as ProtoKind};
use serde_json::Value;
use tonic_types::pb;

use super::status::LONGEST_MESSAGE;
use crate::call::error::retry_after;
use crate::call::kind::kind_name;
use crate::definition::ErrorField;
use crate::dispatch::problem::{ErrorRules, Problem};

/// The serialized `google.rpc.Status` of an error: always an `ErrorInfo`, then `RetryInfo` and `BadRequest` as far
/// as the error says something, and its JSON as a `google.protobuf.Struct` if `json` is given.
pub(super) fn details(
    code: i32,
    message: &str,
    problem: &Problem,
    rules: &ErrorRules,
    json: Option<&[u8]>,
) -> Bytes {
    let mut details = vec![any("google.rpc.ErrorInfo", &error_info(problem, rules))];
    if let Some(after) = retry_after(&problem.error) {
        let retry_delay = prost_types::Duration::try_from(after).ok();
        details.push(any("google.rpc.RetryInfo", &pb::RetryInfo { retry_delay }));
    }
    if !rules.hidden.contains(&ErrorField::FieldViolations) {
        details.extend(bad_request(problem).map(|bad| any("google.rpc.BadRequest", &bad)));
    }
    if let Some(Ok(Value::Object(object))) = json.map(serde_json::from_slice) {
        details.push(any("google.protobuf.Struct", &structure(object)));
    }
    pb::Status { code, message: message.to_owned(), details }.encode_to_vec().into()
}

fn any(name: &str, message: &impl Message) -> Any {
    Any { type_url: format!("type.googleapis.com/{name}"), value: message.encode_to_vec() }
}

fn error_info(problem: &Problem, rules: &ErrorRules) -> pb::ErrorInfo {
    let error = &problem.error;
    let shows = |field| !rules.hidden.contains(&field);
    let mut metadata = HashMap::from([("code".to_owned(), error.code.to_string())]);
    if let Some(destination) = &error.destination
        && shows(ErrorField::Destination)
    {
        metadata.insert("destination".to_owned(), destination.clone());
    }
    let domain =
        if shows(ErrorField::ServiceName) { rules.service_name.clone() } else { String::new() };
    pb::ErrorInfo { reason: kind_name(error.kind).to_owned(), domain, metadata }
}

/// As many violations as clients take in trailers.
fn bad_request(problem: &Problem) -> Option<pb::BadRequest> {
    let mut room = LONGEST_MESSAGE;
    let violations = problem.error.field_violations.iter().map_while(|violation| {
        room = room.checked_sub(violation.field.len() + violation.description.len())?;
        Some(pb::bad_request::FieldViolation {
            field: violation.field.clone(),
            description: violation.description.clone(),
            ..Default::default()
        })
    });
    let field_violations: Vec<_> = violations.collect();
    (!field_violations.is_empty()).then_some(pb::BadRequest { field_violations })
}

fn structure(object: serde_json::Map<String, Value>) -> Struct {
    Struct { fields: object.into_iter().map(|(name, value)| (name, proto(value))).collect() }
}

fn proto(value: Value) -> prost_types::Value {
    let kind = match value {
        Value::Null => ProtoKind::NullValue(0),
        Value::Bool(is) => ProtoKind::BoolValue(is),
        // The only number that the type has.
        Value::Number(number) => ProtoKind::NumberValue(number.as_f64().unwrap_or(f64::NAN)),
        Value::String(text) => ProtoKind::StringValue(text),
        Value::Array(values) => {
            ProtoKind::ListValue(ListValue { values: values.into_iter().map(proto).collect() })
        }
        Value::Object(object) => ProtoKind::StructValue(structure(object)),
    };
    prost_types::Value { kind: Some(kind) }
}
