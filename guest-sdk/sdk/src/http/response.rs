//! A response: status, header lines, body.
//! Deliberately keeps header lines as the bytes that the host takes, so that nothing is built twice.

use std::fmt;

use ::http::StatusCode;

use super::{Body, lines};
use crate::error::{Result, ServiceError};

/// A response.
///
/// ```
/// use mikros_sdk::http::{Response, StatusCode};
///
/// let response = Response::new(StatusCode::CREATED)
///     .with_header("location", "/items/7")
///     .with_body("created");
/// assert_eq!(response.header("location"), Some("/items/7"));
/// ```
pub struct Response {
    status: StatusCode,
    /// `name: value` and CR LF for each field; names in lower case.
    headers: Vec<u8>,
    body: Body,
    /// The first field that cannot be sent. Reported when the response is sent, so that building one
    /// needs no `?` per line.
    invalid: Option<String>,
}

impl Response {
    /// A response without header fields and body.
    pub fn new(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), body: Body::empty(), invalid: None }
    }

    /// The fast path of the built-in responses: `lines` are known to be valid.
    pub(crate) fn with_lines(lines: &'static str, body: impl Into<Body>) -> Self {
        Self { headers: lines.into(), body: body.into(), ..Self::new(StatusCode::OK) }
    }

    /// Sets the status.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Sets the body. Does not set a `content-type`.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Body>) -> Self {
        self.body = body.into();
        self
    }

    /// Sets a header field, replacing what it was.
    ///
    /// A name or value that HTTP does not allow makes the response an internal error.
    /// Connection-level fields such as `transfer-encoding` are the host's, which refuses them.
    #[must_use]
    pub fn with_header(mut self, name: impl AsRef<str>, value: impl AsRef<[u8]>) -> Self {
        self.set_header(name.as_ref(), value.as_ref());
        self
    }

    /// Adds a header field next to those of the same name, for example a second `set-cookie`.
    ///
    /// Invalid ones are treated as in [`Response::with_header`].
    #[must_use]
    pub fn with_appended_header(mut self, name: impl AsRef<str>, value: impl AsRef<[u8]>) -> Self {
        self.append_header(name.as_ref(), value.as_ref());
        self
    }

    pub(crate) fn set_header(&mut self, name: &str, value: &[u8]) {
        if lines::read(&self.headers).any(|(key, _)| key.eq_ignore_ascii_case(name)) {
            let mut kept = Response::new(self.status);
            for (key, value) in lines::read(&self.headers) {
                if !key.eq_ignore_ascii_case(name) {
                    kept.append_header(key, value);
                }
            }
            self.headers = kept.headers;
        }
        self.append_header(name, value);
    }

    pub(crate) fn append_header(&mut self, name: &str, value: &[u8]) {
        if !lines::write(&mut self.headers, name, value) {
            self.invalid.get_or_insert_with(|| name.to_owned());
        }
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The first value of a header field, `None` also when it is not UTF-8.
    pub fn header(&self, name: &str) -> Option<&str> {
        lines::find(&self.headers, name)
    }

    /// The body.
    pub fn into_body(self) -> Body {
        self.body
    }

    /// Status, header lines and body as the host takes them.
    pub(crate) fn into_parts(self) -> Result<(StatusCode, Vec<u8>, Body)> {
        match self.invalid {
            Some(name) => Err(ServiceError::internal(format!(
                "the response's header field `{name}` has a name or a value that HTTP does not allow"
            ))),
            None => Ok((self.status, self.headers, self.body)),
        }
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("headers", &String::from_utf8_lossy(&self.headers))
            .field("body", &self.body)
            .finish_non_exhaustive()
    }
}
