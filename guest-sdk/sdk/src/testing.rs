//! Unit tests of a service on the developer's machine: no host, no sockets, no waiting.
//! Components do not contain this module.
//!
//! A [`Context`] stands in for the host: it holds variables and settings, captures log lines, and
//! runs async code in virtual time, in which [`sleep`](crate::sleep) takes no time at all. [`http()`]
//! starts a service and sends requests through its routes; `grpc()`, with the feature of this name,
//! calls its methods by their paths.
//!
//! ```
//! use mikros_sdk::prelude::*;
//! use mikros_sdk::testing::{self, Context, json};
//! use std::time::Duration;
//!
//! struct Hello {
//!     greeting: String,
//! }
//!
//! #[derive(serde::Deserialize)]
//! struct Settings {
//!     greeting: String,
//! }
//!
//! impl Service for Hello {
//!     async fn on_start() -> Result<Self> {
//!         let settings: Settings = mikros_sdk::settings()?;
//!         Ok(Self { greeting: settings.greeting })
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
//!     async fn greet(&self, Path(name): Path<String>) -> String {
//!         mikros_sdk::sleep(Duration::from_secs(3600)).await;
//!         log::info!("greeted", name);
//!         format!("{} {name}", self.greeting)
//!     }
//! }
//!
//! # fn main() -> Result<()> {
//! let context = Context::new().settings(json!({"greeting": "hi"}));
//! context.run(async {
//!     let hello = testing::http::<Hello>().await?;
//!     let reply = hello.get("/hello/Ada").send().await;
//!     reply.assert_status(StatusCode::OK).assert_text("hi Ada");
//!     Ok::<_, ServiceError>(())
//! })?;
//! assert_eq!(context.log_text(), "info greeted {\"name\":\"Ada\"}\n");
//! # Ok(())
//! # }
//! ```
//!
//! # What stands in for what the host gives
//!
//! | the host gives | a test sets it by | and sees it by |
//! |---|---|---|
//! | `[service]`, `[features.<name>]` | [`Context::settings`], [`Context::feature`] | |
//! | variables, the deployment | [`Context::variable`], [`Context::deployment`] | |
//! | the identity: name, version, product, kinds | [`Context::name`], [`Context::version`], [`Context::product`], [`Context::kinds`] | |
//! | clocks and timers | [`Context::system_time`], [`Context::advance`] | [`Context::elapsed`] |
//! | the log | [`Context::level`] | [`Context::log_text`], [`Context::logs`] |
//! | draining and the end | [`Context::drain`], [`Context::shut_down`], [`Context::shut_down_after`] | |
//! | health | | [`Context::is_serving`] |
//! | requests | [`http()`], [`Client`], [`RequestBuilder`] | [`Reply`] |
//! | RPCs, feature `grpc` | `grpc()`, `GrpcClient`, `CallBuilder` | `Replies` |
//! | caller, request id, deadline, peer | the builder of the request or the RPC; [`CallContext`] without one | |
//! | other services | [`Context::http_client`], `Context::grpc_client` | what the fakes get |
//! | runs of a [`Cronjob`](crate::Cronjob), [`Script`](crate::Script) or [`Native`](crate::Native) service | a call of the method, for example `service.run(Tick::default())` | |
//! | the state of a predecessor | [`hand_over`] | |
//! | hooks of a plug-in | [`plugin()`], [`PluginClient`], [`Visitor`] | what [`Visitor::send`] returns |
//!
//! Interfaces that plug-ins provide ([`bindings!`](crate::bindings)) need a stand-in of your own: they are only there in
//! components. Random numbers are those of the operating system: seed a generator of your own where a test needs the
//! same ones each time.

mod call;
mod client;
mod context;
mod cookies;
mod handover;
mod plugin;
mod reply;
#[cfg(feature = "grpc")]
mod rpc;

pub use call::CallContext;
pub(crate) use call::PEER;
pub use client::{Client, RequestBuilder, http};
pub use context::{Context, LogLine};
pub use handover::hand_over;
pub use plugin::{PluginClient, Visitor, plugin};
pub use reply::Reply;
#[cfg(feature = "grpc")]
pub use rpc::{CallBuilder, GrpcClient, Replies, grpc};
pub use serde_json::{Value, json};
