//! The response of another service.
//! Deliberately reads a body only within a limit: the other service decides how long it is.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ::http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;

use super::Answer;
use crate::error::{Result, ServiceError};
use crate::http::{Body, BodyStream, Bytes, lines};
use crate::imports;

/// How long a body may be that is read whole, unless [`Response::limit`] says otherwise: 4 MiB.
const LIMIT: usize = 4 * 1024 * 1024;

/// How much of the body of an error is read, in bytes.
const ERROR_LIMIT: usize = 64 * 1024;

/// How much of a body that is no error of a Mikros service is shown, in bytes.
const EXCERPT: usize = 256;

/// The response of another service.
///
/// Its body need not have arrived. Dropping the response before the end of the body cancels the call.
pub struct Response {
    client: Arc<str>,
    status: StatusCode,
    lines: Vec<u8>,
    headers: OnceCell<HeaderMap>,
    body: Body,
    limit: usize,
}

impl Response {
    pub(super) fn new(client: Arc<str>, answer: Answer) -> Self {
        let Answer { status, headers: lines, body } = answer;
        Self { client, status, lines, headers: OnceCell::new(), body, limit: LIMIT }
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The first value of the header field `name`, in any case. `None` also when it is not UTF-8.
    pub fn header(&self, name: &str) -> Option<&str> {
        lines::find(&self.lines, name)
    }

    /// All header fields. Built when this is first called.
    pub fn headers(&self) -> &HeaderMap {
        self.headers.get_or_init(|| lines::to_map(&self.lines))
    }

    /// Sets how many bytes of the body [`bytes`](Self::bytes), [`text`](Self::text), and [`json`](Self::json) read at
    /// most. Default: 4 MiB.
    #[must_use]
    pub fn limit(mut self, bytes: usize) -> Self {
        self.limit = bytes;
        self
    }

    /// The whole body.
    ///
    /// # Errors
    ///
    /// The body is longer than the [limit](Self::limit), or was cut off.
    pub async fn bytes(self) -> Result<Bytes> {
        let Self { client, body, limit, .. } = self;
        whole(&client, body, limit).await
    }

    /// The whole body as text.
    ///
    /// # Errors
    ///
    /// As [`Response::bytes`], and if it is not UTF-8.
    pub async fn text(self) -> Result<String> {
        let client = Arc::clone(&self.client);
        String::from_utf8(self.bytes().await?.into())
            .map_err(|error| unreadable(&client, &"is not UTF-8").with_cause(error))
    }

    /// The whole body, read as JSON.
    ///
    /// # Errors
    ///
    /// As [`Response::bytes`], and if it is not JSON that fits `T`. It looks at neither the status nor the
    /// content type.
    pub async fn json<T: DeserializeOwned>(self) -> Result<T> {
        let client = Arc::clone(&self.client);
        serde_json::from_slice(&self.bytes().await?)
            .map_err(|error| unreadable(&client, &"is not the expected JSON").with_cause(error))
    }

    /// The chunks of the body as they arrive, without a limit. An error at the end says that the rest is missing.
    pub fn stream(self) -> BodyStream {
        self.body.into_stream()
    }

    /// The body, for example to respond with it: it is passed on as it arrives.
    pub fn into_body(self) -> Body {
        self.body
    }

    /// The response itself, unless its status is one of failure, 400 to 599.
    ///
    /// # Errors
    ///
    /// The error that the other service returned, if the body is that of a Mikros service, in any of the forms that the frameworks
    /// send. Otherwise one of kind [`Rpc`](crate::ErrorKind::Rpc) with the status and the beginning of the body.
    pub async fn error_for_status(self) -> Result<Self> {
        if !self.status.is_client_error() && !self.status.is_server_error() {
            return Ok(self);
        }
        let Self { client, status, lines, body, .. } = self;
        let retry_after = lines::find(&lines, "retry-after").and_then(|text| text.parse().ok());
        // What cannot be read is described by its status as well.
        let body = whole(&client, body, ERROR_LIMIT).await.unwrap_or_default();
        let mut error = match imports::clients::parse_error(&client, &body) {
            Some(error) if error.status() == status => error,
            Some(error) => error.with_status(status),
            None => of_status(&client, status, &body),
        };
        if let (None, Some(seconds)) = (error.retry_after(), retry_after) {
            error = error.with_retry_after(Duration::from_secs(seconds));
        }
        Err(error)
    }
}

async fn whole(client: &str, mut body: Body, limit: usize) -> Result<Bytes> {
    let too_long = || unreadable(client, &format_args!("is longer than {limit} bytes"));
    if body.length().is_some_and(|length| length > limit as u64) {
        return Err(too_long());
    }
    let Some(first) = body.next().await? else { return Ok(Bytes::new()) };
    let mut rest = Vec::new();
    while let Some(chunk) = body.next().await? {
        if rest.is_empty() {
            rest.extend_from_slice(&first);
        }
        if rest.len() + chunk.len() > limit {
            return Err(too_long());
        }
        rest.extend_from_slice(&chunk);
    }
    match rest.is_empty() {
        true if first.len() > limit => Err(too_long()),
        true => Ok(first),
        false => Ok(rest.into()),
    }
}

fn unreadable(client: &str, what: &dyn fmt::Display) -> ServiceError {
    ServiceError::rpc(client, format!("the response of `{client}` {what}"))
}

fn of_status(client: &str, status: StatusCode, body: &[u8]) -> ServiceError {
    let message = format!("the service `{client}` responded with {status}");
    let error = ServiceError::rpc(client, message).of_client(client, Some(client.to_owned()));
    if body.is_empty() {
        return error;
    }
    let excerpt = &body[..body.len().min(EXCERPT)];
    let text: Cow<'_, str> = String::from_utf8_lossy(excerpt);
    error.with_cause(text.escape_debug())
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("client", &self.client)
            .field("status", &self.status)
            .field("headers", &self.headers().keys())
            .field("body", &self.body)
            .finish_non_exhaustive()
    }
}
