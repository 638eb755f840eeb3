//! `health`: whether the service wants to be sent work.

use std::collections::BTreeMap;

use tokio::sync::watch;

use super::State;
use crate::bindings::health;

/// Longest name of a service, in bytes.
const LONGEST_NAME: usize = 256;
/// Most names that a service may speak of.
const MOST_NAMES: usize = 1024;

/// What a service has set its health to, by the full name of a gRPC service; the empty name is the
/// whole. What it has not spoken of serves.
pub(crate) type HealthOverrides = BTreeMap<String, bool>;

impl health::Host for State {
    fn set_serving(&mut self, service: String, serving: bool) -> wasmtime::Result<()> {
        set(&self.grants.health, service, serving)
    }
}

fn set(
    health: &watch::Sender<HealthOverrides>,
    service: String,
    serving: bool,
) -> wasmtime::Result<()> {
    if service.len() > LONGEST_NAME {
        wasmtime::bail!("the name of a service is longer than {LONGEST_NAME} bytes");
    }
    let mut is_full = false;
    health.send_if_modified(|overrides| {
        is_full = overrides.len() >= MOST_NAMES && !overrides.contains_key(&service);
        !is_full && overrides.insert(service, serving) != Some(serving)
    });
    if is_full {
        wasmtime::bail!("health was set for more than {MOST_NAMES} services");
    }
    Ok(())
}
