//! Errors of other services, as they arrive: the JSON of this host and of the Mikros frameworks.
//! Deliberately never fails: what is no such JSON is an error as well.

use serde_json::{Map, Value};

use super::{ErrorKind, FieldViolation, Parts, ServiceError};

impl ServiceError {
    /// The error that another service has answered with, from the body of its response, or from the message of its
    /// status over gRPC.
    ///
    /// Takes the JSON object of this host and those of the Mikros frameworks for Go and Rust: fields that are
    /// missing have their defaults, `details` is read as `cause`, fields with other types are left out. A kind
    /// that is not known becomes [`ErrorKind::Custom`], and its name the attribute `kind`. Text that is no such
    /// object becomes the cause of an internal error. Over gRPC this host sends the object as the message only with
    /// `services.grpc.status_message = "json"`.
    ///
    /// ```
    /// use mikros_sdk::{ErrorKind, ServiceError};
    ///
    /// let error = ServiceError::from_json(r#"{"kind":"NotFoundError","message":"not found"}"#);
    /// assert_eq!((error.kind(), error.code()), (ErrorKind::NotFound, 0));
    /// ```
    pub fn from_json(text: &str) -> Self {
        match serde_json::from_str(text) {
            Ok(Value::Object(mut object)) if object.contains_key("kind") => {
                Self::from_object(&mut object)
            }
            _ => Self::internal(text),
        }
    }

    fn from_object(object: &mut Map<String, Value>) -> Self {
        let mut text = |name: &str| match object.remove(name) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        };
        let name = text("kind").unwrap_or_default();
        let kind = ErrorKind::from_name(&name);
        let message = text("message").unwrap_or_default();
        let cause = text("cause").or_else(|| text("details"));
        let destination = text("destination");
        let code = object.get("code").and_then(Value::as_i64);
        let mut attributes = match object.remove("attributes") {
            Some(Value::Object(attributes)) => attributes,
            _ => Map::new(),
        };
        if kind.is_none() {
            attributes.insert("kind".to_owned(), name.into());
        }
        Self::from_parts(Parts {
            kind: kind.unwrap_or(ErrorKind::Custom),
            message,
            code: code.and_then(|code| i32::try_from(code).ok()).unwrap_or_default(),
            cause,
            destination,
            status: None,
            retry_after: None,
            field_violations: violations(object.remove("field_violations")),
            attributes,
            origin: None,
        })
    }
}

fn violations(value: Option<Value>) -> Vec<FieldViolation> {
    let Some(Value::Array(values)) = value else { return Vec::new() };
    let text = |value: &Value, name: &str| value.get(name)?.as_str().map(str::to_owned);
    let violation = |value: &Value| {
        let (field, description) = (text(value, "field")?, text(value, "description")?);
        Some(FieldViolation { field, description })
    };
    values.iter().filter_map(violation).collect()
}
