//! What a hook decides: that a request or a response goes on, how it is changed, or what is answered instead.
//! Deliberately does not know which headers are the host's: it refuses a decision that changes them.

use std::fmt;
use std::time::Duration;

use ::http::StatusCode;
use bytes::Bytes;
use serde::Serialize;

use crate::caller::Caller;
use crate::error::ServiceError;
use crate::http::lines;
use crate::log::Attributes;

/// What is different about a response that goes on; nothing by default.
///
/// ```
/// use mikros_sdk::plugin::Changes;
///
/// let changes = Changes::new().set_header("cache-control", "no-store").remove_header("server");
/// # drop(changes);
/// ```
#[derive(Default)]
pub struct Changes {
    /// Header lines.
    pub(crate) set: Vec<u8>,
    /// Names, each ended by CR LF.
    pub(crate) remove: Vec<u8>,
    attributes: Attributes,
}

impl Changes {
    /// Nothing is different.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a header; all values that the name had are gone.
    ///
    /// Headers of the connection, `host`, `content-length`, the `content-type` of an RPC and names that start
    /// with `grpc-` are the host's. Changing one, and a name or a value that HTTP does not allow, make the
    /// decision invalid, which the host treats as a failure of the plug-in.
    #[must_use]
    pub fn set_header(mut self, name: impl AsRef<str>, value: impl AsRef<[u8]>) -> Self {
        let name = name.as_ref();
        if !self.set.is_empty() {
            self.set = without(&self.set, name);
        }
        append(&mut self.set, name, value.as_ref());
        self
    }

    /// Sets one more value of a header that this decision sets, for example a second `set-cookie`. Values that
    /// the name had before are gone all the same.
    #[must_use]
    pub fn append_header(mut self, name: impl AsRef<str>, value: impl AsRef<[u8]>) -> Self {
        append(&mut self.set, name.as_ref(), value.as_ref());
        self
    }

    /// Removes all values of a header. As for [`Changes::set_header`], some are the host's.
    #[must_use]
    pub fn remove_header(mut self, name: impl AsRef<str>) -> Self {
        let name = name.as_ref();
        if lines::is_token(name) {
            self.remove.extend(name.bytes().map(|byte| byte.to_ascii_lowercase()));
        } else {
            self.remove.extend_from_slice(invalid(name).as_bytes());
        }
        self.remove.extend_from_slice(b"\r\n");
        self
    }

    /// Adds a field to the log lines of the request.
    ///
    /// A value that cannot be written as JSON is replaced by the text of that failure.
    #[must_use]
    pub fn attribute(mut self, name: &str, value: impl Serialize) -> Self {
        self.attributes.push(name, &value);
        self
    }

    /// Whether nothing is different.
    pub fn is_empty(&self) -> bool {
        self.set.is_empty() && self.remove.is_empty() && self.attributes.is_empty()
    }

    /// The first value that a header is set to, `None` also when it is not UTF-8.
    pub fn header(&self, name: &str) -> Option<&str> {
        lines::find(&self.set, name)
    }

    /// Whether a header is removed.
    pub fn removes_header(&self, name: &str) -> bool {
        self.remove.split(|byte| *byte == b'\n').any(|line| {
            line.strip_suffix(b"\r")
                .is_some_and(|known| known.eq_ignore_ascii_case(name.as_bytes()))
        })
    }

    /// The fields for log lines, as one JSON object; empty for none.
    pub fn attributes(&self) -> String {
        self.attributes.clone().into_text()
    }
}

/// A request goes on to the service; unchanged by default.
#[derive(Default)]
pub struct Pass {
    pub(crate) changes: Changes,
    pub(crate) caller: Option<Caller>,
}

impl Pass {
    /// It passes as it is.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Says who the caller is: to the features that follow, and to the service, as
    /// [`caller`](crate::caller()).
    #[must_use]
    pub fn identify(mut self, caller: Caller) -> Self {
        self.caller = Some(caller);
        self
    }

    /// See [`Changes::set_header`].
    #[must_use]
    pub fn set_header(mut self, name: impl AsRef<str>, value: impl AsRef<[u8]>) -> Self {
        self.changes = self.changes.set_header(name, value);
        self
    }

    /// See [`Changes::append_header`].
    #[must_use]
    pub fn append_header(mut self, name: impl AsRef<str>, value: impl AsRef<[u8]>) -> Self {
        self.changes = self.changes.append_header(name, value);
        self
    }

    /// See [`Changes::remove_header`].
    #[must_use]
    pub fn remove_header(mut self, name: impl AsRef<str>) -> Self {
        self.changes = self.changes.remove_header(name);
        self
    }

    /// See [`Changes::attribute`].
    #[must_use]
    pub fn attribute(mut self, name: &str, value: impl Serialize) -> Self {
        self.changes = self.changes.attribute(name, value);
        self
    }

    /// What is different about the request.
    pub fn changes(&self) -> &Changes {
        &self.changes
    }

    /// Who the caller is, if the hook has said so.
    pub fn caller(&self) -> Option<&Caller> {
        self.caller.as_ref()
    }
}

/// What a request is answered in place of the service.
pub struct Answer(pub(crate) Box<Parts>);

pub(crate) struct Parts {
    pub(crate) content: Content,
    pub(crate) headers: Vec<u8>,
}

pub(crate) enum Content {
    /// Worded by the host.
    Error(ServiceError),
    Response {
        status: StatusCode,
        body: Bytes,
    },
}

impl Answer {
    fn of(content: Content) -> Self {
        Self(Box::new(Parts { content, headers: Vec::new() }))
    }

    /// An error, worded as those of the service are.
    pub fn error(error: ServiceError) -> Self {
        Self::of(Content::Error(error))
    }

    /// Something else than an error. An RPC is answered with the code that fits the status and has no use for
    /// the body.
    pub fn response(status: StatusCode, body: impl Into<Bytes>) -> Self {
        Self::of(Content::Response { status, body: body.into() })
    }

    /// 401, `UNAUTHENTICATED`. `challenge` is the value of `www-authenticate` (RFC 9110 §11.6.1).
    pub fn unauthenticated(message: impl Into<String>, challenge: impl AsRef<[u8]>) -> Self {
        Self::error(ServiceError::unauthenticated(message))
            .with_header("www-authenticate", challenge)
    }

    /// 403, `PERMISSION_DENIED`.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::error(ServiceError::permission_denied(message))
    }

    /// 429, `RESOURCE_EXHAUSTED`; the client should come again after `retry_after`.
    pub fn too_many_requests(message: impl Into<String>, retry_after: Duration) -> Self {
        Self::error(ServiceError::resource_exhausted(message).with_retry_after(retry_after))
    }

    /// Sets the status; of an error from 400 on. Default: the one of the error's kind.
    #[must_use]
    pub fn with_status(mut self, to: StatusCode) -> Self {
        self.0.content = match self.0.content {
            Content::Error(error) => Content::Error(error.with_status(to)),
            Content::Response { body, .. } => Content::Response { status: to, body },
        };
        self
    }

    /// Adds a header, of an RPC a trailer. Invalid ones are treated as in [`Changes::set_header`].
    #[must_use]
    pub fn with_header(mut self, name: impl AsRef<str>, value: impl AsRef<[u8]>) -> Self {
        append(&mut self.0.headers, name.as_ref(), value.as_ref());
        self
    }

    /// The status over HTTP.
    pub fn status(&self) -> StatusCode {
        match &self.0.content {
            Content::Error(error) => error.status(),
            Content::Response { status, .. } => *status,
        }
    }

    /// The first value of a header, `None` also when it is not UTF-8.
    pub fn header(&self, name: &str) -> Option<&str> {
        lines::find(&self.0.headers, name)
    }

    /// The error, `None` for what is none.
    pub fn as_error(&self) -> Option<&ServiceError> {
        match &self.0.content {
            Content::Error(error) => Some(error),
            Content::Response { .. } => None,
        }
    }

    /// The body of what is no error; empty for an error, whose body the host writes.
    pub fn body(&self) -> &[u8] {
        match &self.0.content {
            Content::Error(_) => &[],
            Content::Response { body, .. } => body,
        }
    }
}

/// An error is answered with the status of its kind.
impl From<ServiceError> for Answer {
    fn from(error: ServiceError) -> Self {
        Self::error(error)
    }
}

/// An ordinary error is an internal one, as for [`ServiceError`].
impl<E: std::error::Error + 'static> From<E> for Answer {
    fn from(error: E) -> Self {
        ServiceError::from(error).into()
    }
}

/// The lines of all other names, those that are none included.
fn without(text: &[u8], name: &str) -> Vec<u8> {
    let is_other = |line: &&[u8]| {
        let known = line.split(|byte| *byte == b':').next();
        known.is_none_or(|known| !known.eq_ignore_ascii_case(name.as_bytes()))
    };
    text.split_inclusive(|byte| *byte == b'\n').filter(is_other).flatten().copied().collect()
}

/// A line that cannot be sent becomes one that is none, so that the host sees that the decision is invalid and
/// a forged value never becomes a line of its own.
fn append(text: &mut Vec<u8>, name: &str, value: &[u8]) {
    if !lines::write(text, name, value) {
        text.extend_from_slice(invalid(name).as_bytes());
        text.extend_from_slice(b"\r\n");
    }
}

/// Neither a name nor a line, whatever `name` is.
fn invalid(name: &str) -> String {
    format!("(invalid header {})", name.escape_debug()).replace(':', "?")
}

impl fmt::Debug for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Changes")
            .field("set", &String::from_utf8_lossy(&self.set))
            .field("remove", &String::from_utf8_lossy(&self.remove))
            .field("attributes", &self.attributes())
            .finish()
    }
}

impl fmt::Debug for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pass")
            .field("changes", &self.changes)
            .field("caller", &self.caller)
            .finish()
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = f.debug_struct("Answer");
        text.field("status", &self.status().as_u16());
        if let Some(error) = self.as_error() {
            text.field("error", error);
        }
        text.field("headers", &String::from_utf8_lossy(&self.0.headers)).finish()
    }
}
