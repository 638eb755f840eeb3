//! How a service error looks to an HTTP caller: its JSON object.
//! Deliberately the same as what the host writes; needed where the SDK answers without the host.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{FieldViolation, ServiceError};

#[derive(Serialize)]
struct Wire<'a> {
    kind: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'a str>,
    code: i32,
    service_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    destination: Option<&'a str>,
    #[serde(skip_serializing_if = "<[FieldViolation]>::is_empty")]
    field_violations: &'a [FieldViolation],
    #[serde(skip_serializing_if = "Map::is_empty")]
    attributes: &'a Map<String, Value>,
}

/// The JSON object that a caller of the service `service_name` receives.
pub(crate) fn json(error: &ServiceError, service_name: &str) -> Vec<u8> {
    let wire = Wire {
        kind: error.kind().name(),
        message: error.message(),
        cause: error.cause(),
        code: error.code(),
        service_name,
        destination: error.destination(),
        field_violations: error.field_violations(),
        attributes: error.attributes(),
    };
    serde_json::to_vec(&wire).expect("strings, numbers and JSON values are always valid JSON")
}
