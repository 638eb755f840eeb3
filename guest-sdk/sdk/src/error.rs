//! The error that a service returns: what went wrong, told once for people, once for programs.
//! Deliberately knows nothing about transports: the host turns a kind into a status.

#[cfg(target_family = "wasm")]
mod contract;
mod convert;
mod decode;
mod display;
mod kind;
mod origin;
mod standard;
pub(crate) mod wire;

use std::fmt;
use std::time::Duration;

use http::StatusCode;
use serde::Serialize;
use serde_json::{Map, Value};

pub use convert::{OrServiceError, chain};
pub use kind::ErrorKind;
pub(crate) use standard::of_standard;

/// What functions of a service return: a value or a [`ServiceError`].
pub type Result<T, E = ServiceError> = std::result::Result<T, E>;

/// The error that a service returns.
///
/// A caller sees it as a JSON object with the status of its [kind](ErrorKind). It is made by one
/// constructor per kind and refined by the `with_…` methods:
///
/// ```
/// use mikros_sdk::ServiceError;
///
/// let error = ServiceError::not_found("no item with this id")
///     .with_code(42)
///     .with_attribute("id", 7);
/// assert_eq!(error.to_string(), "no item with this id");
/// ```
///
/// # `?` on other errors
///
/// Every [`std::error::Error`] converts into an internal error whose cause is the error's text
/// and the texts of its sources; a service error among these stays what it is, and an
/// [`Elapsed`](crate::time::Elapsed) becomes [`ErrorKind::DeadlineExceeded`]. For that reason
/// `ServiceError` itself does not implement `std::error::Error`, as `anyhow::Error` does not: the two
/// conversions would overlap. It dereferences to a `dyn Error` instead, so that it can be the `#[source]` or
/// `#[from]` of an error that `thiserror` derives, and converts into a `Box<dyn Error + Send + Sync>`.
///
/// Where another kind is right, say so with [`OrServiceError`]:
///
/// ```
/// use mikros_sdk::prelude::*;
///
/// fn age(text: &str) -> Result<u8> {
///     text.parse().or_invalid_arguments("`age` must be a number below 256")
/// }
/// # assert!(age("x").is_err());
/// ```
///
/// # Errors of your own
///
/// `#[derive(ServiceError)]` says of each variant which kind it is; `?` then makes that of it, and handlers
/// may return it. Callers see the message; of an internal error they see a fixed phrase, and the message is
/// the cause. Fields are named in messages as in `format!`, those of tuples by their number.
///
/// ```
/// use mikros_sdk::prelude::*;
///
/// #[derive(Debug, ServiceError)]
/// enum LinkError {
///     #[service_error(kind = not_found, message = "there is no link `{id}`")]
///     Missing { id: String },
///     #[service_error(kind = already_exists, message = "`{0}` is taken", code = 7)]
///     Taken(String),
///     #[service_error(kind = invalid_arguments, message = "the port must be a number")]
///     Port(#[from] std::num::ParseIntError),
///     #[service_error(kind = internal, message = "cannot store the link")]
///     Storage(#[source] std::io::Error),
///     #[service_error(transparent)]
///     Other(#[from] ServiceError),
/// }
///
/// async fn resolve(Path(id): Path<String>) -> Result<String, LinkError> {
///     Err(LinkError::Missing { id })
/// }
///
/// fn port(text: &str) -> Result<u16> {
///     let port = || -> Result<u16, LinkError> { Ok(text.parse()?) };
///     Ok(port()?)
/// }
/// # struct Links;
/// # drop(Router::<Links>::new().get("/{id}", resolve));
/// assert_eq!(port("x").unwrap_err().kind(), mikros_sdk::ErrorKind::InvalidArguments);
/// ```
///
/// - `#[source]` marks the error that led to this one: its text becomes the cause. `#[from]` does the same,
///   and `?` makes the variant of such an error.
/// - `kind` is one of the constructors below that take a message; `status = 422` sets a status of HTTP in place of
///   the kind's.
/// - `transparent` passes on what the only field is as a service error.
/// - With the feature `openapi`, the statuses of all variants are in the document of the routes.
/// - Such a type must not implement [`std::error::Error`]: `?` would make an internal error of it. The
///   compiler refuses both together, and the derive stands in for that of `thiserror`.
/// - A type that is a `std::error::Error` can be the error of a handler when it implements
///   [`IntoResponse`](crate::http::IntoResponse) itself.
#[derive(Clone, PartialEq)]
pub struct ServiceError(Box<Parts>);

/// What an error consists of, as the contract has it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Parts {
    pub(crate) kind: ErrorKind,
    pub(crate) message: String,
    pub(crate) code: i32,
    pub(crate) cause: Option<String>,
    pub(crate) destination: Option<String>,
    pub(crate) status: Option<StatusCode>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) field_violations: Vec<FieldViolation>,
    pub(crate) attributes: Map<String, Value>,
    /// Stays in this service: over the wire each error has the name of the service that returns it.
    pub(crate) origin: Option<String>,
}

/// What is wrong with one field of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FieldViolation {
    /// Where it is, with dots and indexes: `address.street`, `items[2].amount`. Empty for the request as a whole.
    pub field: String,
    /// Why it is wrong, for the person who filled it in: `must be a number from 0 to 255`.
    pub description: String,
}

impl ServiceError {
    fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self::from_parts(Parts {
            kind,
            message: message.into(),
            code: 0,
            cause: None,
            destination: None,
            status: None,
            retry_after: None,
            field_violations: Vec::new(),
            attributes: Map::new(),
            origin: None,
        })
    }

    pub(crate) fn from_parts(parts: Parts) -> Self {
        Self(Box::new(parts))
    }

    /// The service failed. `cause` is for whoever debugs it; the message is a fixed phrase.
    pub fn internal(cause: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Internal, "got an internal error").with_cause(cause)
    }

    /// What was asked for does not exist.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::NotFound, message)
    }

    /// The request is wrong and will stay wrong.
    pub fn invalid_arguments(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidArguments, message)
    }

    /// The request is right, the state of the service is not.
    pub fn precondition_failed(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::PreconditionFailed, message)
    }

    /// The caller may not do this.
    pub fn permission_denied(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::PermissionDenied, message)
    }

    /// The service `destination`, which this one depends on, failed.
    pub fn rpc(destination: impl Into<String>, message: impl Into<String>) -> Self {
        let mut error = Self::new(ErrorKind::Rpc, message);
        error.0.destination = Some(destination.into());
        error
    }

    /// A failure that no other kind describes.
    pub fn custom(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Custom, message)
    }

    /// The caller has not proved who it is.
    pub fn unauthenticated(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unauthenticated, message)
    }

    /// What was to be created is there already.
    pub fn already_exists(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::AlreadyExists, message)
    }

    /// Somebody else has changed it at the same time.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Conflict, message)
    }

    /// A quota or rate limit is used up.
    pub fn resource_exhausted(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::ResourceExhausted, message)
    }

    /// The service cannot answer now; the same request may succeed later.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unavailable, message)
    }

    /// It took too long.
    pub fn deadline_exceeded(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::DeadlineExceeded, message)
    }

    /// The service has no such operation, or not yet.
    pub fn unimplemented(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unimplemented, message)
    }

    /// The operation was cancelled.
    pub fn cancelled(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Cancelled, message)
    }

    /// Past the end of what is there.
    pub fn out_of_range(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::OutOfRange, message)
    }

    /// Data are lost or damaged beyond repair.
    pub fn data_loss(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::DataLoss, message)
    }

    /// An error of any kind.
    pub fn of_kind(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self::new(kind, message)
    }

    /// Sets the HTTP status in place of the kind's: 402, 410, 422, 451, … Has no effect over gRPC.
    ///
    /// The host takes 400 to 599; it drops any other, with a warning in the log.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.0.status = Some(status);
        self
    }

    /// Says how long a client should wait before it tries again: `retry-after` over HTTP, in whole seconds,
    /// rounded up, `google.rpc.RetryInfo` over gRPC.
    #[must_use]
    pub fn with_retry_after(mut self, time: Duration) -> Self {
        self.0.retry_after = Some(time);
        self
    }

    /// Adds what is wrong with one field of the request: an entry of `field_violations` in the JSON over HTTP,
    /// of `google.rpc.BadRequest` over gRPC.
    #[must_use]
    pub fn with_violation(
        mut self,
        field: impl Into<String>,
        description: impl Into<String>,
    ) -> Self {
        let (field, description) = (field.into(), description.into());
        self.0.field_violations.push(FieldViolation { field, description });
        self
    }

    /// Sets the number that only this service gives a meaning to. Default: 0.
    #[must_use]
    pub fn with_code(mut self, code: i32) -> Self {
        self.0.code = code;
        self
    }

    /// Sets the sentence for the caller.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<String>) -> Self {
        self.0.message = message.into();
        self
    }

    /// Sets what led to it, for whoever debugs it. Callers see it unless the host hides it.
    #[must_use]
    pub fn with_cause(mut self, cause: impl fmt::Display) -> Self {
        self.0.cause = Some(cause.to_string());
        self
    }

    /// For who may not see what led to it.
    pub(crate) fn without_cause(mut self) -> Self {
        self.0.cause = None;
        self
    }

    /// Adds a fact for the caller's program. A second value under the same key replaces the first.
    ///
    /// A value that cannot be written as JSON is replaced by the text of that failure.
    #[must_use]
    pub fn with_attribute(mut self, key: impl Into<String>, value: impl Serialize) -> Self {
        let value =
            serde_json::to_value(value).unwrap_or_else(|error| Value::String(error.to_string()));
        self.0.attributes.insert(key.into(), value);
        self
    }

    /// What sort of failure it is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The sentence for the caller.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The number that only this service gives a meaning to, 0 when it gives none.
    pub fn code(&self) -> i32 {
        self.0.code
    }

    /// What led to it.
    pub fn cause(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }

    /// The service that was called: for kind [`ErrorKind::Rpc`], and for errors of [clients](crate::clients).
    pub fn destination(&self) -> Option<&str> {
        self.0.destination.as_deref()
    }

    /// The HTTP status: the one that was set, otherwise that of its kind.
    pub fn status(&self) -> StatusCode {
        self.0.status.unwrap_or_else(|| self.kind().status())
    }

    /// How long a client should wait before it tries again.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The same as `retry-after` has it: in whole seconds, rounded up (RFC 9110 §10.2.3).
    pub(crate) fn retry_after_seconds(&self) -> Option<u64> {
        let time = self.0.retry_after?;
        Some(time.as_secs() + u64::from(time.subsec_nanos() > 0))
    }

    /// What is wrong with the fields of the request.
    pub fn field_violations(&self) -> &[FieldViolation] {
        &self.0.field_violations
    }

    /// Facts for the caller's program.
    pub fn attributes(&self) -> &Map<String, Value> {
        &self.0.attributes
    }
}
