//! A plug-in that provides an interface of its own, `acme:flags/flags`.
//! Deliberately breaks when it is asked for a flag that is named like one of `acts`.

#![cfg_attr(not(target_family = "wasm"), expect(dead_code, reason = "what is provided uses it"))]

#[cfg(target_family = "wasm")]
mod provided;

use std::cell::RefCell;
use std::collections::BTreeMap;

use mikros_sdk::plugin::{Plugin, Refusal};
use mikros_sdk::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// All flags and whether they are on.
    flags: BTreeMap<String, bool>,
    owner: Option<String>,
}

struct Flags {
    settings: Settings,
    asked: RefCell<Vec<String>>,
}

impl Plugin for Flags {
    type Settings = Settings;

    async fn on_start(settings: Settings) -> Result<Self, Refusal> {
        Ok(Self { settings, asked: RefCell::default() })
    }
}

impl Flags {
    async fn is_enabled(&self, name: String) -> Result<bool> {
        log::info!("asked for a flag", name);
        if ["fail", "panic", "exhaust", "wait", "spin", "block"].contains(&name.as_str()) {
            acts::act(&name).await?;
        }
        let is_enabled = self.settings.flags.get(&name).copied();
        self.asked.borrow_mut().push(name.clone());
        is_enabled.or_service_error(|| {
            let error = ServiceError::not_found(format!("no flag `{name}`"));
            error.with_code(7).with_attribute("flag", name)
        })
    }

    fn times_asked(&self, name: &str) -> usize {
        self.asked.borrow().iter().filter(|asked| *asked == name).count()
    }
}

mikros_sdk::export_plugin!(Flags);
