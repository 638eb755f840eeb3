//! A response as hooks see it, and one that they give instead.

use std::error::Error;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use tonic::Code;

use crate::bindings::errors::{Error as ServiceError, Kind as ErrorKind};
use crate::call::error::{RETRY_DELAY, retryable, service_error};
use crate::call::kind::{code_of, status_of};
use crate::telemetry::Attributes;

/// Any error that a body can end with.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// The body of a response, on the thread that sends it.
pub type Body = Pin<Box<dyn http_body::Body<Data = Bytes, Error = BoxError>>>;

type Wrap = Box<dyn FnOnce(&mut HeaderMap, Body) -> Body>;

/// The head of a response on its way to the client.
pub struct Response<'a> {
    status: StatusCode,
    code: Option<Code>,
    headers: &'a mut HeaderMap,
    pub(crate) wraps: Vec<Wrap>,
    /// For the line that says how the request was answered.
    pub(crate) attributes: Attributes,
}

impl<'a> Response<'a> {
    /// `code` is that of an RPC that is answered without messages.
    pub(crate) fn new(status: StatusCode, code: Option<Code>, headers: &'a mut HeaderMap) -> Self {
        Self { status, code, headers, wraps: Vec::new(), attributes: Attributes::new() }
    }

    /// Always 200 for an RPC.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// How an RPC ended; `None` when that follows its messages, and for a response that is none of an RPC.
    pub fn code(&self) -> Option<Code> {
        self.code
    }

    /// The headers, or the initial metadata of an RPC; its trailers when it has no messages.
    pub fn headers(&self) -> &HeaderMap {
        self.headers
    }

    pub fn headers_mut(&mut self) -> &mut HeaderMap {
        self.headers
    }

    /// Adds a field to the line that says how the request was answered.
    pub fn add_attribute(&mut self, name: &str, value: impl Into<serde_json::Value>) {
        self.attributes.insert(name.to_owned(), value.into());
    }

    /// Replaces the body of an HTTP response by what `wrap` makes of it; has no effect on an RPC. Whoever
    /// changes its length removes `content-length`.
    pub fn wrap_body(&mut self, wrap: impl FnOnce(&mut HeaderMap, Body) -> Body + 'static) {
        self.wraps.push(Box::new(wrap));
    }
}

impl std::fmt::Debug for Response<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("headers", &self.headers)
            .finish_non_exhaustive()
    }
}

/// What a hook answers in place of the service.
#[derive(Debug)]
pub struct Answer {
    pub(crate) status: StatusCode,
    /// For an RPC: that of the error, or the one that fits the status.
    pub(crate) code: Option<Code>,
    pub(crate) headers: HeaderMap,
    pub(crate) content: Content,
}

/// What is in it.
#[derive(Debug)]
pub(crate) enum Content {
    /// Worded as the errors of the service: a JSON object, or the message of a status.
    Error(ServiceError),
    /// These bytes; nothing for an RPC.
    Bytes(Bytes),
}

impl Answer {
    /// An error with the status and the code of its kind.
    pub fn error(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self::of_error(service_error(kind, message))
    }

    /// An error with all that an error of the service may hold.
    pub fn of_error(error: ServiceError) -> Self {
        let (status, code) = (status_of(&error), Some(code_of(error.kind)));
        Self { status, code, headers: HeaderMap::new(), content: Content::Error(error) }
    }

    /// A response without an error in it; an RPC ends with the code that fits the status.
    pub fn response(status: StatusCode, body: impl Into<Bytes>) -> Self {
        let content = Content::Bytes(body.into());
        Self { status, code: None, headers: HeaderMap::new(), content }
    }

    /// 401, `UNAUTHENTICATED`. `challenge` is the value of `www-authenticate` (RFC 9110 section 11.6.1).
    pub fn unauthenticated(message: impl Into<String>, challenge: HeaderValue) -> Self {
        Self::error(ErrorKind::Unauthenticated, message)
            .with_header(http::header::WWW_AUTHENTICATE, challenge)
    }

    /// 403, `PERMISSION_DENIED`.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::error(ErrorKind::PermissionDenied, message)
    }

    /// 429, `RESOURCE_EXHAUSTED`; the client should come again after `retry_after`.
    pub fn too_many_requests(message: impl Into<String>, retry_after: Duration) -> Self {
        Self::of_error(retryable(ErrorKind::ResourceExhausted, message, retry_after))
    }

    /// 503, `UNAVAILABLE`; the client should come again after a second.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::of_error(retryable(ErrorKind::Unavailable, message, RETRY_DELAY))
    }

    /// Adds a header, or a trailer of an RPC.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.append(name, value);
        self
    }

    /// The code of an RPC that is answered with it.
    pub(crate) fn code(&self) -> Code {
        self.code.unwrap_or_else(|| match self.status.as_u16() {
            400 => Code::InvalidArgument,
            401 => Code::Unauthenticated,
            403 => Code::PermissionDenied,
            404 => Code::NotFound,
            409 => Code::Aborted,
            412 => Code::FailedPrecondition,
            429 => Code::ResourceExhausted,
            499 => Code::Cancelled,
            501 => Code::Unimplemented,
            502 | 503 => Code::Unavailable,
            504 => Code::DeadlineExceeded,
            500..=599 => Code::Internal,
            // An RPC cannot succeed without a message.
            _ => Code::Unknown,
        })
    }
}
