//! What `service.toml` says about the service: who it is, and its own settings.
//! Deliberately knows nothing about the file's format; the host hands the tables over as JSON.

use serde::de::DeserializeOwned;

use crate::error::{Result, ServiceError};
use crate::imports;
use crate::settings::{self, Misfit};

/// Who the service is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Identity {
    /// In kebab-case.
    pub name: String,
    /// As `service.toml` spells it, for example `v1.2.0`.
    pub version: String,
    /// The product that the service belongs to.
    pub product: String,
    /// The language that the service is written in.
    pub language: String,
    /// The declared kinds in the order of `service.toml`, without ports, for example `http`.
    pub kinds: Vec<String>,
}

/// Who the service is.
pub fn identity() -> Identity {
    imports::describe()
}

/// The table `[service]` of `service.toml`; an empty one when there is none.
///
/// # Errors
///
/// The table does not fit `T`. The message names the key and never a value, which may be a secret. What came
/// from an environment variable is text; it is read as the number or switch that `T` wants. Returned from
/// [`on_start`](crate::Service::on_start) with `?` it keeps the service from starting.
pub fn settings<T: DeserializeOwned>() -> Result<T> {
    decode("[service]", &imports::settings(), None)
}

/// What a feature lets services know of its table `[features.<name>]`: all of it or nothing, because settings
/// may hold secrets. `None` when the feature is not enabled.
///
/// # Errors
///
/// The table does not fit `T`. The message names the key.
pub fn feature_settings<T: DeserializeOwned>(name: &str) -> Result<Option<T>> {
    imports::feature_settings(name)
        .map(|text| decode(&format!("[features.{name}]"), &text, Some(name)))
        .transpose()
}

fn decode<T: DeserializeOwned>(table: &str, text: &str, feature: Option<&str>) -> Result<T> {
    settings::read(text, || imports::substitutions(feature)).map_err(|Misfit { path, message }| {
        let place = if path.is_empty() { table.to_owned() } else { format!("{table} {path}") };
        let message = format!("`{place}` in `service.toml` {message}");
        ServiceError::internal("the settings do not fit").with_message(message)
    })
}
