//! Write a Mikros service as a WebAssembly component: the business logic and nothing else.
//! Deliberately knows nothing about servers, sockets, signals and log formats: those are
//! `mikros-host`'s.
//!
//! # A service
//!
//! `src/lib.rs`:
//!
//! ```
//! use mikros_sdk::prelude::*;
//! use std::cell::Cell;
//!
//! struct Hello {
//!     greeting: String,
//!     greeted: Cell<u64>,
//! }
//!
//! #[derive(serde::Deserialize)]
//! struct Settings {
//!     greeting: String,
//! }
//!
//! impl Service for Hello {
//!     async fn on_start() -> Result<Self> {
//!         let Settings { greeting } = mikros_sdk::settings()?;
//!         Ok(Self { greeting, greeted: Cell::new(0) })
//!     }
//! }
//!
//! impl Http for Hello {
//!     fn routes() -> Router<Self> {
//!         Router::new().get("/hello/{name}", Self::greet)
//!     }
//! }
//!
//! impl Hello {
//!     async fn greet(&self, Path(name): Path<String>) -> Result<String> {
//!         self.greeted.set(self.greeted.get() + 1);
//!         log::info!("greeted", name, times = self.greeted.get());
//!         Ok(format!("{} {name}", self.greeting))
//!     }
//! }
//!
//! mikros_sdk::export!(Hello: http);
//! # fn main() {}
//! ```
//!
//! `service.toml`:
//!
//! ```toml
//! name = "hello"
//! types = ["http:8080"]
//! version = "v1.0.0"
//! language = "rust"
//! product = "Examples"
//!
//! [host]
//! component = "target/wasm32-wasip2/release/hello.wasm"
//! build = "cargo build --release --target wasm32-wasip2"
//!
//! [service]
//! greeting = "hello"
//! ```
//!
//! `Cargo.toml` needs `crate-type = ["cdylib"]` under `[lib]`. Then `mikros-host run --build` builds
//! and runs it.
//!
//! # What there is
//!
//! What needs a feature of this crate says so: `grpc`, `multipart`, `openapi`, `tower`, `tracing`, `log`. Documentation that
//! is built without `--all-features` has no module `grpc`. Who comes from axum, tonic or another Mikros framework finds
//! what is called how in `docs/coming-from.md`.
//!
//! - [`Service`] and the kinds [`Http`], `Grpc`, [`Native`], [`Script`] and [`Cronjob`]; [`export!`] makes them a
//!   component.
//! - [`Handover`]: state that is handed over when a new version of the service takes over.
//! - [`http`](mod@http): routes, extractors, responses, streams, server-sent events. With the feature `openapi` a
//!   description of them for clients, `http::openapi`.
//! - `grpc`, with the feature of this name: services that are written in protobuf, all four shapes.
//! - `tonic`, with the feature of this name: servers that tonic's build step has generated.
//! - `tower`, with the feature of this name: axum and everything else that is a `tower::Service`.
//! - [`ServiceError`](struct@ServiceError): one constructor per kind of error; `?` works on all others.
//! - [`log`]: structured log lines. [`env`](mod@env): typed variables. [`settings`]: the table `[service]`.
//! - [`health`]: whether the service wants to be sent work.
//! - [`caller()`]: who the caller of a request is, when a feature of the host has found out.
//! - [`bindings!`]: interfaces of other components, for example those that plug-ins provide.
//! - [`plugin`]: features of the host as components.
//! - [`time`]: clocks that tests control, [`time::timeout`], [`time::interval`].
//! - [`task`]: work next to calls, waiting for several things at once; [`channel`]: values from one call to another.
//! - [`sleep`], [`shutdown`], [`cancelled`]: waiting without blocking the other calls.
//! - [`testing`]: unit tests with `cargo test`, without a host.
//!
//! # Calls take turns
//!
//! All calls of an instance run concurrently on one thread: where one waits, others go on. That is why
//! `&self` and a [`Cell`](std::cell::Cell) are enough for shared state, and why nothing may block:
//! use [`sleep`] rather than `std::thread::sleep`, no `block_on`, and no async runtime of your own.
//!
//! A call that nobody waits for any more (its deadline passed, its caller went away) is cancelled: its
//! future is dropped where it waits.

#![warn(missing_docs)]

// The expansions of the macros name this crate by its name, also in its own tests.
extern crate self as mikros_sdk;

#[cfg(target_family = "wasm")]
mod bindings;
mod call;
mod caller;
pub mod channel;
mod cronjob;
mod definition;
pub mod env;
mod error;
#[cfg(target_family = "wasm")]
mod exports;
#[cfg(feature = "grpc")]
pub mod grpc;
pub mod health;
pub mod http;
mod imports;
mod interface;
mod local;
pub mod log;
pub mod plugin;
pub mod prelude;
mod service;
mod settings;
pub mod task;
#[cfg(not(target_family = "wasm"))]
pub mod testing;
pub mod time;
#[cfg(feature = "tonic")]
pub mod tonic;
#[cfg(feature = "tower")]
pub mod tower;

#[doc(hidden)]
pub mod __private;

/// The examples of the documents are compiled.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/coming-from.md")]
mod documents {}

pub use call::{
    cancelled, draining, is_shutting_down, peer, remaining, request_id, shutdown, sleep,
    until_shutdown,
};
pub use caller::{Caller, caller};
pub use cronjob::Tick;
pub use definition::{Identity, feature_settings, identity, settings};
pub use error::{ErrorKind, FieldViolation, OrServiceError, Result, ServiceError};
#[cfg(target_family = "wasm")]
pub use exports::call;
pub use futures_util::stream;
#[cfg(feature = "grpc")]
pub use prost;
#[cfg(feature = "grpc")]
pub use prost_types;
#[cfg(feature = "openapi")]
pub use schemars;
#[cfg(feature = "grpc")]
pub use service::Grpc;
pub use service::{Cronjob, Handover, Http, Native, Script, Service};
pub use task::{Task, spawn};

/// Makes a service the exports of a component: `export!(MyService: http)`.
///
/// After the type come its kinds, those of `types` in `service.toml`: `http`, `grpc`, `native`,
/// `script` or `cronjob`. A service may have several (`export!(MyService: grpc, http)`), except for
/// `script`, which stands alone. A kind needs the trait of its name, and `grpc` the feature of its name. The
/// lifecycle is always exported.
///
/// `handover` may stand next to the kinds although it is none:
/// `export!(MyService: http, handover)` hands the state to the next version, see [`Handover`].
///
/// A service whose kinds the SDK does not know writes `export!(MyService: lifecycle)` and exports the
/// interfaces of its kinds by hand, see [`bindings!`].
///
/// Write it once per component. On other targets than WebAssembly it only checks the traits.
pub use mikros_sdk_macros::export;

/// Says which [`ServiceError`](struct@ServiceError) each variant of an error type is; documented there.
pub use mikros_sdk_macros::ServiceError;

/// Makes a plug-in the exports of a component: `export_plugin!(MyPlugin: request_hook)`.
///
/// After the type come its hooks, `request_hook` and `response_hook`, each with the trait of its name
/// in [`plugin`]; a plug-in that only provides an interface has none: `export_plugin!(MyPlugin)`. The lifecycle
/// is always exported.
///
/// Write it once per component, and not next to [`export!`]. On other targets than WebAssembly it only
/// checks the traits.
pub use mikros_sdk_macros::export_plugin;
