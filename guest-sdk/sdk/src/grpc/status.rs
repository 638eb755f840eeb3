//! How an RPC fails: with an error of the service, or with a status that the author sets.
//! Deliberately leaves what becomes of a service error on the wire to the host.

use std::fmt;
use std::sync::Arc;

use super::convert::code_of;
use super::{Code, Metadata};
use crate::error::ServiceError;

/// How an RPC fails.
///
/// A [`ServiceError`] becomes a status by `?`: with the code of its kind, its sentence as the message, and
/// details of `google.rpc`, which the host adds. Where a client expects something of its own, a status is sent as it
/// is made here:
///
/// ```
/// use mikros_sdk::grpc::{Code, Status};
///
/// let status = Status::already_exists("the name `Ada` is taken");
/// assert_eq!(status.code(), Code::AlreadyExists);
/// ```
///
/// # `?` on other errors
///
/// As in tonic, an ordinary error is not a status: nothing says which code it has. Say it with
/// [`OrServiceError`](crate::OrServiceError), whose `or_internal` hides the error from clients; or derive
/// [`ServiceError`](macro@crate::ServiceError) for an error type of your own, which says it once for each variant;
/// or implement `From<MyError> for Status`.
///
/// ```
/// use mikros_sdk::grpc::Status;
/// use mikros_sdk::prelude::*;
///
/// #[derive(Debug, ServiceError)]
/// enum OrderError {
///     #[service_error(kind = not_found, message = "there is no order {0}")]
///     Missing(u64),
/// }
///
/// fn find(id: &str) -> Result<u64, Status> {
///     let id = id.parse().or_invalid_arguments("an id is a number")?;
///     let orders = std::fs::read("orders").or_internal("cannot read the orders")?;
///     if orders.is_empty() {
///         return Err(OrderError::Missing(id).into());
///     }
///     Ok(id)
/// }
/// # assert!(find("x").is_err());
/// ```
///
/// A `Status` is a [`std::error::Error`]. `?` makes a [`ServiceError`] of it in functions that return that one: of the
/// kind of its code, with its message, and with what of its details the feature `error-details` reads.
#[derive(Clone)]
pub struct Status(Box<Inner>);

#[derive(Clone)]
struct Inner {
    reason: Reason,
    metadata: Metadata,
    /// Whose client got it from another service.
    client: Option<Arc<str>>,
}

#[derive(Clone)]
pub(crate) enum Reason {
    Error(ServiceError),
    Status { code: Code, message: String, details: Vec<u8> },
}

macro_rules! constructors {
    ($($(#[$doc:meta])* $name:ident $code:ident)*) => {$(
        $(#[$doc])*
        pub fn $name(message: impl Into<String>) -> Self {
            Self::new(Code::$code, message)
        }
    )*};
}

impl Status {
    /// A failure with this code. The message is for people.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self::of(Reason::Status { code, message: message.into(), details: Vec::new() })
    }

    pub(super) fn of_error(error: ServiceError) -> Self {
        Self::of(Reason::Error(error))
    }

    fn of(reason: Reason) -> Self {
        Self(Box::new(Inner { reason, metadata: Metadata::new(), client: None }))
    }

    constructors! {
        /// The caller cancelled it.
        cancelled Cancelled
        /// Nothing is known about it.
        unknown Unknown
        /// The request is wrong, whatever the state of the service.
        invalid_argument InvalidArgument
        /// It took too long.
        deadline_exceeded DeadlineExceeded
        /// What was asked for does not exist.
        not_found NotFound
        /// What was to be made exists.
        already_exists AlreadyExists
        /// The caller may not do this.
        permission_denied PermissionDenied
        /// A quota, a limit or a disk is used up.
        resource_exhausted ResourceExhausted
        /// The state of the service has to change before it makes sense to try again.
        failed_precondition FailedPrecondition
        /// Another call got in between; try the whole again.
        aborted Aborted
        /// What was asked for is past the end.
        out_of_range OutOfRange
        /// There is no such method.
        unimplemented Unimplemented
        /// The service failed. The message goes to the caller; use [`ServiceError::internal`] for a
        /// cause that the host can hide.
        internal Internal
        /// The service cannot be reached now.
        unavailable Unavailable
        /// Data is lost or damaged for good.
        data_loss DataLoss
        /// It is not known who the caller is.
        unauthenticated Unauthenticated
    }

    /// Sets the details: a serialized `google.rpc.Status`.
    ///
    /// A status that was a [`ServiceError`] loses the details that the host would have made, and
    /// becomes a plain one with the code of its kind.
    #[must_use]
    pub fn with_details(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        let (code, message) = (self.code(), self.message().to_owned());
        self.0.reason = Reason::Status { code, message, details: bytes.into() };
        self
    }

    /// Sets the trailing metadata.
    #[must_use]
    pub fn with_metadata(mut self, metadata: Metadata) -> Self {
        self.0.metadata = metadata;
        self
    }

    /// Its code. Of a [`ServiceError`] that of its kind.
    pub fn code(&self) -> Code {
        match &self.0.reason {
            Reason::Error(error) => code_of(error.kind()),
            Reason::Status { code, .. } => *code,
        }
    }

    /// The message. Of a [`ServiceError`] the sentence for the caller; the host adds the rest to the details.
    pub fn message(&self) -> &str {
        match &self.0.reason {
            Reason::Error(error) => error.message(),
            Reason::Status { message, .. } => message,
        }
    }

    /// The details that were set.
    pub fn details(&self) -> &[u8] {
        match &self.0.reason {
            Reason::Error(_) => &[],
            Reason::Status { details, .. } => details,
        }
    }

    /// The service error that it was made of.
    pub fn service_error(&self) -> Option<&ServiceError> {
        match &self.0.reason {
            Reason::Error(error) => Some(error),
            Reason::Status { .. } => None,
        }
    }

    /// The service that returned this status to a [client](crate::clients) of this service: as it names itself in its
    /// error, otherwise the client's name. `None` if this service or its host made the status.
    pub fn origin(&self) -> Option<&str> {
        match &self.0.reason {
            Reason::Error(error) => error.origin(),
            Reason::Status { .. } => self.0.client.as_deref(),
        }
    }

    /// The same status, as the client `client` got it.
    pub(crate) fn of_client(mut self, client: &str) -> Self {
        self.0.client = Some(client.into());
        self
    }

    /// The trailing metadata.
    pub fn metadata(&self) -> &Metadata {
        &self.0.metadata
    }

    /// The trailing metadata, to be set.
    pub fn metadata_mut(&mut self) -> &mut Metadata {
        &mut self.0.metadata
    }

    pub(crate) fn into_parts(self) -> (Reason, Metadata) {
        (self.0.reason, self.0.metadata)
    }
}

/// The code, then the message.
impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.reason {
            Reason::Error(error) => write!(f, "{}: {error}", self.code()),
            Reason::Status { code, message, .. } => write!(f, "{code}: {message}"),
        }
    }
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = f.debug_struct("Status");
        match &self.0.reason {
            Reason::Error(error) => text.field("error", error),
            Reason::Status { code, message, details } => text
                .field("code", code)
                .field("message", message)
                .field("details", &format_args!("{} bytes", details.len())),
        };
        if let Some(origin) = self.origin() {
            text.field("origin", &origin);
        }
        text.field("metadata", &self.0.metadata).finish()
    }
}
