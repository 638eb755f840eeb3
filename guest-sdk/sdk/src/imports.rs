//! The seam between the SDK and what runs it: everything that a service asks of its host.
//! Deliberately has no behaviour of its own; `component` crosses into the host, `memory` stands in for
//! one in unit tests.

#[cfg(target_family = "wasm")]
mod component;
#[cfg(not(target_family = "wasm"))]
pub(crate) mod memory;

#[cfg(target_family = "wasm")]
pub(crate) use component::{
    caller, cancelled, clients, declare_routes, deployment, describe, draining, feature_settings,
    get_level, instant, kind, known_level, log, peer, remaining, request_id, resumed, set_level,
    set_serving, settings, shutdown_notice, sleep, spawn, substitutions, system_time, variable,
    variable_names,
};
#[cfg(not(target_family = "wasm"))]
pub(crate) use memory::{
    caller, cancelled, clients, deployment, describe, draining, feature_settings, get_level,
    instant, kind, known_level, log, peer, remaining, request_id, resumed, set_level, set_serving,
    settings, shutdown_notice, sleep, spawn, substitutions, system_time, variable, variable_names,
};
