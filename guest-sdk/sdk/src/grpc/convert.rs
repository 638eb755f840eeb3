//! What becomes a status by `?`, and what a status becomes.
//! Deliberately no conversion of all errors: an error whose code nobody has said would be INTERNAL without a word.

use std::any::Any;
use std::error::Error;

use super::{Code, InvalidMetadata, Status};
use crate::error::{ErrorKind, ServiceError};
use crate::http::BodyError;
use crate::time::Elapsed;

/// The code that the host gives to errors of a kind.
pub(super) fn code_of(kind: ErrorKind) -> Code {
    match kind {
        ErrorKind::Internal => Code::Internal,
        ErrorKind::NotFound => Code::NotFound,
        ErrorKind::InvalidArguments => Code::InvalidArgument,
        ErrorKind::PreconditionFailed => Code::FailedPrecondition,
        ErrorKind::PermissionDenied => Code::PermissionDenied,
        ErrorKind::Custom => Code::Unknown,
        ErrorKind::Unauthenticated => Code::Unauthenticated,
        ErrorKind::AlreadyExists => Code::AlreadyExists,
        ErrorKind::Conflict => Code::Aborted,
        ErrorKind::ResourceExhausted => Code::ResourceExhausted,
        ErrorKind::Rpc | ErrorKind::Unavailable => Code::Unavailable,
        ErrorKind::DeadlineExceeded => Code::DeadlineExceeded,
        ErrorKind::Unimplemented => Code::Unimplemented,
        ErrorKind::Cancelled => Code::Cancelled,
        ErrorKind::OutOfRange => Code::OutOfRange,
        ErrorKind::DataLoss => Code::DataLoss,
    }
}

/// The kind whose errors have this code; of `UNAVAILABLE` not the one that needs a destination.
fn kind_of(code: Code) -> ErrorKind {
    match code {
        Code::Cancelled => ErrorKind::Cancelled,
        Code::Unknown => ErrorKind::Custom,
        Code::InvalidArgument => ErrorKind::InvalidArguments,
        Code::DeadlineExceeded => ErrorKind::DeadlineExceeded,
        Code::NotFound => ErrorKind::NotFound,
        Code::AlreadyExists => ErrorKind::AlreadyExists,
        Code::PermissionDenied => ErrorKind::PermissionDenied,
        Code::ResourceExhausted => ErrorKind::ResourceExhausted,
        Code::FailedPrecondition => ErrorKind::PreconditionFailed,
        Code::Aborted => ErrorKind::Conflict,
        Code::OutOfRange => ErrorKind::OutOfRange,
        Code::Unimplemented => ErrorKind::Unimplemented,
        Code::Internal => ErrorKind::Internal,
        Code::Unavailable => ErrorKind::Unavailable,
        Code::DataLoss => ErrorKind::DataLoss,
        Code::Unauthenticated => ErrorKind::Unauthenticated,
    }
}

/// The host makes a status of it.
impl From<ServiceError> for Status {
    fn from(error: ServiceError) -> Self {
        Self::of_error(error)
    }
}

/// Errors of this crate that are mistakes of the service, or say themselves what they are.
macro_rules! as_service_errors {
    ($($error:ty)*) => {$(
        /// As its [`ServiceError`].
        impl From<$error> for Status {
            fn from(error: $error) -> Self {
                ServiceError::from(error).into()
            }
        }
    )*};
}

as_service_errors! { InvalidMetadata BodyError Elapsed }

impl Error for Status {}

/// What a status is as a service error, when `error` is one.
pub(crate) fn service_error<E: Error + 'static>(error: &E) -> Option<ServiceError> {
    let status = (error as &dyn Any).downcast_ref::<Status>()?;
    if let Some(error) = status.service_error() {
        return Some(error.clone());
    }
    let error = ServiceError::of_kind(kind_of(status.code()), status.message());
    #[cfg(feature = "error-details")]
    let error = super::details::refine(error, status);
    Some(match status.origin() {
        Some(origin) => error.of_client(origin, Some(origin.to_owned())),
        None => error,
    })
}
