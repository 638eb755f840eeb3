//! What a request says that its body is, and the answer to one that says something else.
//! Deliberately knows no media type by name.

use ::http::StatusCode;

use super::Rejection;
use crate::error::ServiceError;
use crate::http::Head;

/// The media type in lower case and without its parameters, empty when the request has none.
pub(super) fn essence(head: &Head) -> String {
    let value = head.header("content-type").unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// What a body of another type is answered with.
pub(super) fn unsupported(head: &Head, expected: &str) -> Rejection {
    let found = match head.header("content-type") {
        Some(value) => format!("found `{value}`"),
        None => "found none".to_owned(),
    };
    let error = ServiceError::invalid_arguments(format!(
        "expected a body of content type `{expected}`, {found}"
    ));
    Rejection::Error(error.with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE))
}
