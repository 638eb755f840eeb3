//! `health`: whether the service wants to be sent work.

use std::collections::BTreeMap;

use tokio::sync::watch;

use super::State;
use crate::bindings::health;

/// Longest name of a service, in bytes.
const LONGEST_NAME: usize = 256;
/// Most names that a service may speak of.
const MOST_NAMES: usize = 1024;

/// What a service has said of its health, by the full name of a gRPC service; the empty name is the
/// whole. What it has not spoken of serves.
pub type Said = BTreeMap<String, bool>;

impl health::Host for State {
    fn set_serving(&mut self, service: String, serving: bool) -> wasmtime::Result<()> {
        set(&self.grants.health, service, serving)
    }
}

fn set(health: &watch::Sender<Said>, service: String, serving: bool) -> wasmtime::Result<()> {
    if service.len() > LONGEST_NAME {
        wasmtime::bail!("the name of a service is longer than {LONGEST_NAME} bytes");
    }
    let mut is_full = false;
    health.send_if_modified(|said| {
        is_full = said.len() >= MOST_NAMES && !said.contains_key(&service);
        !is_full && said.insert(service, serving) != Some(serving)
    });
    if is_full {
        wasmtime::bail!("health was set for more than {MOST_NAMES} services");
    }
    Ok(())
}
