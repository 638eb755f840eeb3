//! The error of a body as other libraries take it.
//! Deliberately opaque: it carries a service error through code that knows nothing about Mikros.

use std::any::Any;
use std::error::Error;
use std::sync::{Mutex, PoisonError};
use std::{fmt, io};

use crate::error::{ServiceError, of_standard};

/// Why the rest of a body is missing, in the form that libraries take: an [`Error`].
///
/// A library that reads a [`BodyStream`](super::BodyStream) wraps it into an error of its own. `?` finds it in
/// there: the call fails with the error that the body had (for example 413 when it is too large), rather than
/// with an internal one.
#[derive(Debug)]
pub struct BodyError {
    text: String,
    /// Behind a lock, because a library that has wrapped it lends it only.
    error: Mutex<Option<ServiceError>>,
}

impl BodyError {
    pub(in crate::http) fn from_service(error: ServiceError) -> Self {
        Self { text: error.to_string(), error: Mutex::new(Some(error)) }
    }

    /// The error with which the call should fail.
    pub fn into_service_error(self) -> ServiceError {
        self.take().unwrap_or_else(|| ServiceError::internal(self.text))
    }

    fn take(&self) -> Option<ServiceError> {
        self.error.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for BodyError {}

/// Takes the error of a body out of `error` or its causes.
///
/// Generic, so that errors without causes cost nothing: a `dyn Error` of them would add their `Debug` to every
/// component, 9 KiB.
pub(crate) fn body_error<E: Error + 'static>(error: &E) -> Option<ServiceError> {
    let any = error as &dyn Any;
    if let Some(found) = any.downcast_ref::<BodyError>() {
        return found.take();
    }
    match any.downcast_ref::<io::Error>() {
        Some(error) => wrapped(error).and_then(among_causes),
        None => error.source().and_then(among_causes),
    }
}

/// The same of an error whose type is forgotten.
pub(crate) fn among_causes(mut error: &(dyn Error + 'static)) -> Option<ServiceError> {
    loop {
        if let Some(found) = error.downcast_ref::<BodyError>() {
            return found.take();
        }
        if let Some(found) = of_standard(error) {
            return Some(found);
        }
        error = match error.downcast_ref::<io::Error>() {
            Some(error) => wrapped(error)?,
            None => error.source()?,
        };
    }
}

/// What an I/O error was made of; its `source` skips that.
fn wrapped(error: &io::Error) -> Option<&(dyn Error + 'static)> {
    error.get_ref().map(|error| error as _)
}
