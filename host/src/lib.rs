//! Runs a Mikros service, compiled to a WebAssembly component, from its `service.toml`.

pub mod telemetry;
pub mod definition;
pub mod bindings;
pub mod call;
pub mod capability;
pub mod engine;
pub mod guest;
pub mod dispatch;
pub mod listener;
pub mod lifecycle;
pub mod supervisor;
