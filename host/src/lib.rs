//! Runs a Mikros service, compiled to a WebAssembly component, from its `service.toml`.
//!
//! The binary is `mikros-host`. As a library this crate is for hosts with further features and kinds, written
//! in Rust: start with [`Host::builder`] and the traits of [`extension`]. Everything else is private.
//!
//! The modules are listed bottom to top: each uses only those above it. ARCHITECTURE.md says what each is for.

// Damaged inputs, for the tests of all others.
#[cfg(test)]
mod fuzz;

// Text that is safe to show.
mod text;

// Rules for header fields.
mod header;

// Lines of the log.
mod telemetry;

// What this process may take of the machine.
mod machine;

// Changes of files.
mod watch;

// Percent-encoding.
mod percent;

// Files that a user has named.
mod file;

// What HTTP/2 clients send, below hyper.
mod http2;

// Certificates and keys.
mod tls;

// `service.toml` in, a valid `Definition` out.
mod definition;

// The contract of `wit/` as Rust.
mod bindings;

// One entry into a guest.
mod call;

// What is told to those who look from outside.
mod observe;

// Calls to other services.
mod client;

// What guests import.
mod capability;

// What features and kinds are made of.
pub mod extension;

// The features that this host ships.
mod features;

// The kinds that this host ships beside the built-in ones.
mod kinds;

// Bytes in, a linked program out.
mod engine;

// The only code that enters wasm.
mod guest;

// One request, one call, one response.
mod dispatch;

// Features as components.
mod plugin;

// Sockets and connections.
mod listener;

// One service's steps in order.
mod lifecycle;

// Phases and signals.
mod supervisor;

// Errors as text and exit status.
mod report;

// What can be typed.
mod cli;

// What each command does.
mod commands;

// The host as a library: what a binary is made of.
mod host;

pub use self::host::{Builder, Host};
// What extensions are written with, in the version of this host.
pub use {http, schemars, wasmtime};

/// For the tests of this workspace, which compare documents with the code. Not part of the public API.
#[doc(hidden)]
pub mod internals {
    pub use crate::cli::Cli;
    pub use crate::definition::{
        Definition, LoadContext, Variables, reference_table, schema, variables_table,
    };
    pub use crate::telemetry::events_table;
}
