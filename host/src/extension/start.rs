//! What an extension finds when it starts.

use std::path::PathBuf;

use http::HeaderName;

use super::page::Pages;
use crate::definition::Port;
use crate::observe::{Monitor, Services};
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
    /// The header that carries the id of a request. Source: `MIKROS_TRACKER_HEADER_NAME`.
    pub tracker_header: HeaderName,
    /// The service as a whole, whichever version of it serves.
    pub monitor: Monitor,
    /// All services of this process.
    pub services: Services,
    /// What the admin listener of this process serves.
    pub pages: Pages,
    /// Of a kind that listens.
    pub port: Option<Port>,
}
