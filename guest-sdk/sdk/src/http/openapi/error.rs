//! Errors as the host writes them.
//! Deliberately shared: all operations refer to the same few responses.

use std::borrow::Cow;

use ::http::StatusCode;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use super::schemas::Schemas;

/// The schema of the JSON object that callers get.
struct ServiceError;

impl JsonSchema for ServiceError {
    fn schema_name() -> Cow<'static, str> {
        "ServiceError".into()
    }

    fn schema_id() -> Cow<'static, str> {
        concat!(module_path!(), "::ServiceError").into()
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "description": "An error. The operator of the service may hide all but `kind` and `code`.",
            "properties": {
                "kind": {
                    "type": "string",
                    "description": "What kind of error it is. New kinds may come.",
                    "examples": ["ValidationError", "NotFoundError", "InternalError"],
                },
                "message": {"type": "string", "description": "What is wrong, for people."},
                "cause": {"type": "string", "description": "What led to it."},
                "code": {"type": "integer", "description": "A number that the service gives to it, otherwise 0."},
                "service_name": {"type": "string"},
                "destination": {"type": "string", "description": "The service that failed, if it is another one."},
                "field_violations": {
                    "type": "array",
                    "description": "What is wrong with the fields of the request, for the person who filled it in.",
                    "items": {
                        "type": "object",
                        "properties": {
                            "field": {"type": "string"},
                            "description": {"type": "string"},
                        },
                        "required": ["field", "description"],
                    },
                },
                "attributes": {"type": "object", "description": "Details."},
            },
            "required": ["kind", "code"],
        })
    }
}

/// A reference to the response of a status; `None` is that of all others.
pub(super) fn reference(status: Option<StatusCode>) -> Value {
    json!({"$ref": format!("#/components/responses/{}", name(status))})
}

/// The responses that [`reference`] refers to.
pub(super) fn responses(
    statuses: impl IntoIterator<Item = StatusCode>,
    schemas: &mut Schemas,
) -> Value {
    let schema = schemas.output::<ServiceError>();
    let mut responses = Map::new();
    for status in statuses.into_iter().map(Some).chain([None]) {
        let reason = status.and_then(|status| status.canonical_reason());
        let description = reason.unwrap_or("Any other error");
        let content = json!({"application/json": {"schema": schema}});
        let response = json!({"description": description, "content": content});
        responses.insert(name(status), response);
    }
    responses.into()
}

fn name(status: Option<StatusCode>) -> String {
    let Some(status) = status else { return "Error".to_owned() };
    match status.canonical_reason() {
        Some(reason) => reason.split([' ', '-', '\'']).collect(),
        None => format!("Error{}", status.as_str()),
    }
}
