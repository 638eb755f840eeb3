//! A service error where a standard one is wanted.
//! Deliberately no `impl Error for ServiceError`: `?` could not convert all other errors then.

use std::error::Error;
use std::fmt;
use std::ops::Deref;

use super::{Parts, ServiceError};

impl fmt::Display for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.cause {
            Some(cause) => write!(f, " ({cause})"),
            None => Ok(()),
        }
    }
}

impl Error for Parts {}

impl Deref for ServiceError {
    type Target = dyn Error + Send + Sync + 'static;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl From<ServiceError> for Box<dyn Error + Send + Sync> {
    fn from(error: ServiceError) -> Self {
        error.0
    }
}

impl From<ServiceError> for Box<dyn Error> {
    fn from(error: ServiceError) -> Self {
        error.0
    }
}

/// The service error that a standard one is.
pub(crate) fn of_standard(error: &(dyn Error + 'static)) -> Option<ServiceError> {
    error.downcast_ref::<Parts>().map(|parts| ServiceError(Box::new(parts.clone())))
}
