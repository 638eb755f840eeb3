//! How a service error looks to an HTTP caller: its JSON object.
//! Deliberately the same as what the host writes; needed where the SDK answers without the host.

use ::http::StatusCode;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{ErrorKind, ServiceError};
use crate::http::Response;

impl ErrorKind {
    /// The status that the host gives to errors of a kind.
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::InvalidArguments => StatusCode::BAD_REQUEST,
            Self::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
            Self::PermissionDenied => StatusCode::FORBIDDEN,
            Self::Internal | Self::Rpc | Self::Custom => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The name of this kind in JSON; the same in all Mikros frameworks.
    fn name(self) -> &'static str {
        match self {
            Self::Internal => "InternalError",
            Self::NotFound => "NotFoundError",
            Self::InvalidArguments => "ValidationError",
            Self::PreconditionFailed => "ConditionError",
            Self::PermissionDenied => "PermissionError",
            Self::Rpc => "RPCError",
            Self::Custom => "CustomError",
        }
    }
}

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
    #[serde(skip_serializing_if = "Map::is_empty")]
    attributes: &'a Map<String, Value>,
}

/// The same for a caller who may not see what led to it.
#[cfg(feature = "tower")]
pub(crate) fn json_without_cause(error: &ServiceError, service_name: &str) -> Vec<u8> {
    let mut error = error.clone();
    error.0.cause = None;
    json(&error, service_name)
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
        attributes: error.attributes(),
    };
    serde_json::to_vec(&wire).expect("strings, numbers and JSON values are always valid JSON")
}

/// A response that looks like the host's answer to `error`, with a status that no kind has.
pub(crate) fn response(error: &ServiceError, status: StatusCode, service_name: &str) -> Response {
    Response::new(status)
        .with_header("content-type", "application/json")
        .with_body(json(error, service_name))
}
