//! What an extension finds when it starts.

use std::path::PathBuf;

use crate::definition::Port;
use crate::telemetry::Logger;

/// What an extension finds when it starts, beside its settings.
#[derive(Debug, Clone)]
pub struct Start {
    /// Name of the service, in kebab-case.
    pub service: String,
    /// `local`, `dev`, `test`, `stage`, `prod` or `unknown`.
    pub deployment: &'static str,
    /// The directory of `service.toml`, which relative paths are relative to.
    pub directory: PathBuf,
    /// The service's log.
    pub logger: Logger,
    /// Of a kind that listens.
    pub port: Option<Port>,
}
