//! Values from one call or task to another: the channels of `futures`.
//! They are re-exported unchanged.
//!
//! All calls of an instance run on one thread, but a channel need not know that: what works in async Rust without
//! a runtime works here. The choice:
//!
//! | for | use | cancel safety |
//! |---|---|---|
//! | many values, one receiver | [`mpsc`] | `next` loses nothing; a `send` that is dropped where it waits has not sent |
//! | one value, once | [`oneshot`] | the receiver is the future: polled by reference it loses nothing |
//! | every value to every receiver | `tokio::sync::broadcast` | `recv` loses nothing |
//! | the latest value to every receiver | `tokio::sync::watch` | `changed` loses nothing |
//! | many values, each to one of many receivers | `async-channel` | `recv` loses nothing |
//! | a signal without a value | `tokio::sync::Notify` | `notified` loses its place in the queue |
//! | a value that one may change at a time, across an `.await` | `tokio::sync::Mutex` | `lock` loses its place in the queue |
//!
//! `tokio = { version = "1", default-features = false, features = ["sync"] }` is enough for these; `macros` works
//! too. `tokio::time`, `tokio::net`, `tokio::fs` and `tokio::spawn` need tokio's runtime, which is not there:
//! [`time`](crate::time) and [`task`](crate::task) take their places. State that is not held across an `.await` needs neither
//! a channel nor a lock: [`Cell`](std::cell::Cell) and [`RefCell`](std::cell::RefCell) are enough.
//!
//! A channel connects the calls of *one instance*. With `[host] instances` above 1, calls of other instances have
//! a channel of their own.
//!
//! # Between calls
//!
//! One call publishes what others stream to their clients:
//!
//! ```
//! use mikros_sdk::http::{Event, sse};
//! use mikros_sdk::prelude::*;
//! use mikros_sdk::stream::unfold;
//! use tokio::sync::broadcast::{self, error::RecvError};
//!
//! struct News {
//!     sender: broadcast::Sender<String>,
//! }
//!
//! impl Service for News {
//!     async fn on_start() -> Result<Self> {
//!         // A reader that falls back by more than 16 items misses the oldest ones.
//!         Ok(Self { sender: broadcast::Sender::new(16) })
//!     }
//! }
//!
//! impl Http for News {
//!     fn routes() -> Router<Self> {
//!         Router::new().post("/news", Self::publish).get("/news", Self::follow)
//!     }
//! }
//!
//! impl News {
//!     async fn publish(&self, text: String) {
//!         // An error says that nobody follows.
//!         let _ = self.sender.send(text);
//!     }
//!
//!     async fn follow(&self) -> impl IntoResponse {
//!         sse(unfold(self.sender.subscribe(), async |mut receiver| {
//!             loop {
//!                 match receiver.recv().await {
//!                     Ok(text) => return Some((Event::new(text), receiver)),
//!                     Err(RecvError::Lagged(missed)) => log::warn!("a reader is too slow", missed),
//!                     Err(RecvError::Closed) => return None,
//!                 }
//!             }
//!         }))
//!     }
//! }
//!
//! mikros_sdk::export!(News: http);
//! # fn main() {}
//! ```

pub use futures_channel::{mpsc, oneshot};
pub use futures_util::{SinkExt, StreamExt};
