//! What `service.toml` says about the service: who it is, and its own settings.
//! Deliberately knows nothing about the file's format; the host hands the tables over as JSON.

use serde::de::DeserializeOwned;

use crate::error::{Result, ServiceError};
use crate::imports;

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
/// The table does not fit `T`. The message names the key. Returned from
/// [`on_start`](crate::Service::on_start) with `?` it keeps the service from starting.
pub fn settings<T: DeserializeOwned>() -> Result<T> {
    decode("[service]", &imports::settings())
}

/// What a feature lets services know of its table `[features.<name>]`: all of it or nothing, because settings
/// may hold secrets. `None` when the feature is not enabled.
///
/// # Errors
///
/// The table does not fit `T`. The message names the key.
pub fn feature_settings<T: DeserializeOwned>(name: &str) -> Result<Option<T>> {
    imports::feature_settings(name)
        .map(|text| decode(&format!("[features.{name}]"), &text))
        .transpose()
}

fn decode<T: DeserializeOwned>(table: &str, text: &str) -> Result<T> {
    let mut json = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let place = match error.path().to_string() {
            // serde_path_to_error's name of the table itself.
            path if path == "." => table.to_owned(),
            path => format!("{table} {path}"),
        };
        let reason = without_position(&error.inner().to_string());
        let message = format!("`{place}` in `service.toml`: {reason}");
        ServiceError::internal("the settings do not fit").with_message(message)
    })
}

/// Positions in the JSON that the host made of the table would only mislead.
fn without_position(reason: &str) -> String {
    match reason.rfind(" at line ") {
        Some(position) => reason[..position].to_owned(),
        None => reason.to_owned(),
    }
}
