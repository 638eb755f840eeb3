//! Other errors become service errors: by `?`, or by an adapter that says which kind is right.
//! Deliberately knows no library's error type by name.

use std::any::Any;
use std::error::Error;
use std::fmt::{self, Write as _};

use super::{Result, ServiceError};
use crate::http::body_error;
use crate::time::Elapsed;

/// An ordinary error is a failure of the service; its text and its sources' texts are the cause. What a library
/// made of the error of a body is that error, a status of gRPC is an error of the kind of its code, and a timeout that
/// has passed is `DeadlineExceeded`.
impl<E: Error + 'static> From<E> for ServiceError {
    fn from(error: E) -> Self {
        #[cfg(feature = "grpc")]
        if let Some(error) = crate::grpc::service_error(&error) {
            return error;
        }
        if let Some(error) = body_error(&error) {
            return error;
        }
        if is_timeout(&error) {
            return Self::deadline_exceeded("it took too long").with_cause(chain(&error));
        }
        Self::internal(chain(&error))
    }
}

/// Whether a [timeout](crate::time::timeout) has passed. Generic for the same reason as `body_error`.
fn is_timeout<E: Error + 'static>(error: &E) -> bool {
    let mut causes = std::iter::successors(error.source(), |&cause| cause.source());
    (error as &dyn Any).is::<Elapsed>() || causes.any(<dyn Error>::is::<Elapsed>)
}

/// The text of an error and of what led to it, outermost first, separated by colons.
#[doc(hidden)]
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        // Writing to a `String` cannot fail.
        let _ = write!(text, ": {inner}");
        source = inner.source();
    }
    text
}

/// Turns the failure of a [`Result`](std::result::Result) or the absence in an [`Option`] into a
/// [`ServiceError`] of the kind that the caller should see.
///
/// The original error becomes the cause.
pub trait OrServiceError<T>: Sized {
    /// Applies `make` to a failure and adds the original error, if any, as the cause.
    fn or_service_error(self, make: impl FnOnce() -> ServiceError) -> Result<T>;

    /// A failure is the fault of the request.
    fn or_invalid_arguments(self, message: impl Into<String>) -> Result<T> {
        self.or_service_error(|| ServiceError::invalid_arguments(message))
    }

    /// A failure means that what was asked for does not exist.
    fn or_not_found(self, message: impl Into<String>) -> Result<T> {
        self.or_service_error(|| ServiceError::not_found(message))
    }

    /// A failure means that the state of the service does not allow it.
    fn or_precondition_failed(self, message: impl Into<String>) -> Result<T> {
        self.or_service_error(|| ServiceError::precondition_failed(message))
    }

    /// A failure is one of the service. Callers see a fixed phrase; `what` failed is part of the cause.
    ///
    /// `?` does the same without `what` in functions that return this crate's [`Result`]. Methods of gRPC services
    /// return a `Status`, which is made of no ordinary error.
    fn or_internal(self, what: impl fmt::Display) -> Result<T> {
        self.or_service_error(|| ServiceError::internal(what))
    }

    /// A failure means that the caller may not do this.
    fn or_permission_denied(self, message: impl Into<String>) -> Result<T> {
        self.or_service_error(|| ServiceError::permission_denied(message))
    }
}

impl<T, E: Error + 'static> OrServiceError<T> for std::result::Result<T, E> {
    fn or_service_error(self, make: impl FnOnce() -> ServiceError) -> Result<T> {
        self.map_err(|error| match body_error(&error) {
            Some(error) => error,
            None => make().with_cause(chain(&error)),
        })
    }

    fn or_internal(self, what: impl fmt::Display) -> Result<T> {
        self.map_err(|error| match body_error(&error) {
            Some(error) => error,
            None => ServiceError::internal(format_args!("{what}: {}", chain(&error))),
        })
    }
}

impl<T> OrServiceError<T> for Option<T> {
    fn or_service_error(self, make: impl FnOnce() -> ServiceError) -> Result<T> {
        self.ok_or_else(make)
    }
}
