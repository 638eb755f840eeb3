//! Runs a Mikros service, compiled to a WebAssembly component, from its `service.toml`.
//!
//! The modules stand bottom to top: each uses only those above it. ARCHITECTURE.md tells why.

// Lines of the log.
pub mod telemetry;

// What this process may take of the machine.
pub mod machine;

// Changes of files.
pub mod watch;

// Percent-encoding.
pub mod percent;

// Files that a user has named.
pub mod file;

// What HTTP/2 clients send, below hyper.
pub mod http2;

// `service.toml` in, a valid `Definition` out.
pub mod definition;

// The contract of `wit/` as Rust.
pub mod bindings;

// One entry into a guest.
pub mod call;

// What guests import.
pub mod capability;

// What features and kinds are made of.
pub mod extension;

// The features that this host ships.
mod features;

// The kinds that this host ships beside the built-in ones.
mod kinds;

// Bytes in, a linked program out.
pub mod engine;

// The only code that enters wasm.
pub mod guest;

// One request, one call, one response.
pub mod dispatch;

// Features as components.
pub mod plugin;

// Sockets and connections.
pub mod listener;

// One service's steps in order.
pub mod lifecycle;

// Phases and signals.
pub mod supervisor;

// Errors as text and exit status.
pub mod report;

// What can be typed.
pub mod cli;

// What each command does.
pub mod commands;

// The host as a library: what a binary is made of.
mod host;

pub use self::host::{Builder, Host};
// What extensions are written with, in the version of this host.
pub use {http, schemars, wasmtime};
