//! A response: status, header lines, body.
//! Deliberately keeps header lines as the bytes that the host takes, so that nothing is built twice.

use std::fmt;
use std::ops::Range;

use ::http::StatusCode;

use super::{Body, lines};
use crate::error::{Result, ServiceError, wire};
use crate::imports;
use crate::log::{self, Level};

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
    /// What this response stands for while it has no body of its own.
    error: Option<ServiceError>,
}

impl Response {
    /// A response without header fields and body.
    pub fn new(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), body: Body::empty(), invalid: None, error: None }
    }

    /// The response that stands for an error.
    pub(crate) fn of_error(error: ServiceError) -> Self {
        let status = error.status();
        Self { error: Some(error), ..Self::new(status) }
    }

    /// The fast path of the built-in responses: `lines` are known to be valid.
    pub(crate) fn with_lines(lines: &'static str, body: impl Into<Body>) -> Self {
        Self { headers: lines.into(), body: body.into(), ..Self::new(StatusCode::OK) }
    }

    /// A response with header lines that are known to be valid.
    #[cfg(feature = "tower")]
    pub(crate) fn from_lines(status: StatusCode, headers: Vec<u8>, body: Body) -> Self {
        Self { headers, body, ..Self::new(status) }
    }

    /// Sets the status.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Sets the body. Does not set a `content-type`.
    ///
    /// A response that stands for an [error](Response::error) stands for it no longer.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Body>) -> Self {
        self.body = body.into();
        self.error = None;
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

    /// How many bytes the body has, when that is known.
    pub(crate) fn whole_length(&self) -> Option<usize> {
        self.body.whole_length()
    }

    /// With a part of the body, which is known whole.
    pub(crate) fn with_part(mut self, range: Range<usize>) -> Self {
        self.body = self.body.part(range);
        self
    }

    /// Without the header fields that describe a body.
    pub(crate) fn without_content_fields(mut self) -> Self {
        let mut kept = Response::new(self.status);
        for (name, value) in lines::read(&self.headers) {
            if !name.starts_with("content-") || name == "content-location" {
                kept.append_header(name, value);
            }
        }
        self.headers = kept.headers;
        self
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The first value of a header field, `None` also when it is not UTF-8.
    pub fn header(&self, name: &str) -> Option<&str> {
        lines::find(&self.headers, name)
    }

    /// The error that this response stands for, if it does.
    ///
    /// The host writes such a response, as JSON, when the error gets there as it is. When a layer
    /// gives it another status or header fields, it is written here, without the cause, which is
    /// logged instead.
    pub fn error(&self) -> Option<&ServiceError> {
        self.error.as_ref()
    }

    /// The body; that of an error is its JSON.
    pub fn into_body(self) -> Body {
        match self.error {
            Some(error) => wire::json(&error, &imports::describe().name).into(),
            None => self.body,
        }
    }

    /// Status, header lines and body as the host takes them, or the error that it writes itself.
    pub(crate) fn into_parts(self) -> Result<(StatusCode, Vec<u8>, Body)> {
        if let Some(name) = self.invalid {
            return Err(ServiceError::internal(format!(
                "the response's header field `{name}` has a name or a value that HTTP does not allow"
            )));
        }
        match self.error {
            None => Ok((self.status, self.headers, self.body)),
            Some(error) if self.headers.is_empty() && self.status == error.status() => Err(error),
            Some(error) => Ok(written(error, self.status, self.headers)),
        }
    }
}

/// An error that the host cannot write, because a layer has changed how it looks.
fn written(
    error: ServiceError,
    status: StatusCode,
    mut headers: Vec<u8>,
) -> (StatusCode, Vec<u8>, Body) {
    let level = if status.is_server_error() { Level::Error } else { Level::Debug };
    if level >= log::level() {
        let mut attributes = log::Attributes::default();
        attributes.push("error", &error.to_string());
        attributes.write(level, "request failed");
    }
    if let Some(seconds) = error.retry_after_seconds()
        && lines::find(&headers, "retry-after").is_none()
    {
        lines::write(&mut headers, "retry-after", seconds.to_string().as_bytes());
    }
    if lines::find(&headers, "content-type").is_none() {
        lines::write(&mut headers, "content-type", b"application/json");
    }
    let body = wire::json(&error.without_cause(), &imports::describe().name);
    (status, headers, body.into())
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("headers", &String::from_utf8_lossy(&self.headers))
            .field("body", &self.body)
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}
