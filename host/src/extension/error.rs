//! Why an extension could not do what it was asked to.

use std::error::Error;

use crate::bindings::errors::{Error as ServiceError, Kind as ErrorKind};
use crate::call::error::service_error;

/// Why a feature or a kind did not start, did not run, or did not end in order.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct ExtensionError {
    message: String,
    help: Option<String>,
    setting: Option<String>,
    #[source]
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl ExtensionError {
    /// In lower case, without a period at its end.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None, setting: None, source: None }
    }

    /// What the operator can do about it.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The setting that is to blame, as a path below the table: `keys[0].file`.
    #[must_use]
    pub fn at(mut self, setting: impl Into<String>) -> Self {
        self.setting = Some(setting.into());
        self
    }

    /// What led to it.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    pub fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }

    pub fn setting(&self) -> Option<&str> {
        self.setting.as_deref()
    }
}

/// A guest called a feature that is not enabled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("feature `{0}` is disabled")]
pub struct Disabled(pub &'static str);

/// What an import returns to the guest.
impl From<Disabled> for ServiceError {
    fn from(disabled: Disabled) -> Self {
        service_error(ErrorKind::PreconditionFailed, disabled.to_string())
    }
}
