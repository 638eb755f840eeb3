//! Unit tests of a service on the developer's machine: no host, no sockets, no waiting.
//! Components do not contain this module.
//!
//! A [`Context`] stands in for the host: it holds variables and settings, captures log lines, and
//! runs async code in virtual time, in which [`sleep`](crate::sleep) takes no time at all. [`http()`]
//! starts a service and sends requests through its routes; `grpc()`, with the feature of this name,
//! calls its methods by their paths. [`hand_over`] lets one started service take over from another.
//! [`plugin()`] starts a plug-in and asks its hooks.
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
//!     assert_eq!(reply.status(), StatusCode::OK);
//!     assert_eq!(reply.text().await?, "hi Ada");
//!     Ok::<_, ServiceError>(())
//! })?;
//! assert_eq!(context.logs()[0].message, "greeted");
//! # Ok(())
//! # }
//! ```

mod client;
mod context;
mod handover;
mod plugin;
#[cfg(feature = "grpc")]
mod rpc;

pub use client::{Client, Reply, RequestBuilder, http};
pub use context::{Context, LogLine};
pub use handover::hand_over;
pub use plugin::{PluginClient, Visitor, plugin};
#[cfg(feature = "grpc")]
pub use rpc::{CallBuilder, GrpcClient, Replies, grpc};
pub use serde_json::{Value, json};
