//! The id of a request: the client's, or a new one.

use std::sync::Arc;

use crate::header::is_request_id;
use http::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

/// The client's id if it is one that can be logged and echoed without harm, otherwise a new one.
pub(super) fn of(headers: &HeaderMap, name: &HeaderName) -> Arc<str> {
    let given = headers.get(name).and_then(|value| value.to_str().ok());
    let given = given.filter(|id| is_request_id(id));
    given.map_or_else(new, Arc::from)
}

/// The id as a header's value.
///
/// Marked as sensitive, because HTTP/2 would otherwise push every new id into the table of what it
/// compresses headers with, where it is of no use to any other answer (RFC 7541 section 7.1.3).
pub(super) fn value(id: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(id).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn new() -> Arc<str> {
    let mut buffer = Uuid::encode_buffer();
    Arc::from(&*Uuid::now_v7().hyphenated().encode_lower(&mut buffer))
}
