//! Answers of the admin listener.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use http::{Response, StatusCode};
use serde::Serialize;

/// A value as JSON.
pub(super) fn json(status: StatusCode, value: &impl Serialize) -> Response<Bytes> {
    // What is served consists of maps with text as keys.
    let mut text = serde_json::to_vec_pretty(value).unwrap_or_default();
    text.push(b'\n');
    with(status, "application/json", text)
}

/// Why a request is refused.
pub(super) fn error(status: StatusCode, message: &str) -> Response<Bytes> {
    json(status, &serde_json::json!({ "error": message }))
}

pub(super) fn text(text: String) -> Response<Bytes> {
    with(StatusCode::OK, "text/plain; charset=utf-8", text.into_bytes())
}

fn with(status: StatusCode, content_type: &'static str, body: Vec<u8>) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
