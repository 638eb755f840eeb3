//! A plug-in that provides an interface: `acme:flags/flags`, for services that import it.
//! Deliberately knows its flags from its settings alone; another one could ask a server.

#[cfg(target_family = "wasm")]
mod provided;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use mikros_sdk::plugin::{Plugin, Refusal};
use mikros_sdk::prelude::*;
use serde::Deserialize;

/// `[features.flags.settings]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Flags {
    #[serde(default)]
    on: BTreeSet<String>,
    #[serde(default)]
    off: BTreeSet<String>,
}

impl Plugin for Flags {
    type Settings = Self;

    async fn on_start(settings: Self) -> Result<Self, Refusal> {
        let both = settings.on.intersection(&settings.off);
        Refusal::unless_empty(
            both.map(|name| ("off", format!("must not have `{name}`, which is on"))),
        )?;
        Ok(settings)
    }
}

#[cfg_attr(
    not(any(target_family = "wasm", test)),
    expect(dead_code, reason = "what is provided uses it")
)]
impl Flags {
    fn is_enabled(&self, name: &str) -> Result<bool> {
        let is_known = self.on.contains(name) || self.off.contains(name);
        is_known
            .then(|| self.on.contains(name))
            .or_service_error(|| ServiceError::not_found(format!("there is no flag `{name}`")))
    }
}

mikros_sdk::export_plugin!(Flags);
