//! Calls to other services: the clients that `[clients.<name>]` in `service.toml` declares.
//!
//! The host finds the addresses of the other service, keeps connections to it, balances, and retries; `docs/clients.md`
//! has the settings. A service cannot reach anything that is not declared.
//!
//! # HTTP
//!
//! With `protocol = "http"` in `[clients.orders]`:
//!
//! ```
//! use mikros_sdk::clients::{self, HttpClient};
//! use mikros_sdk::prelude::*;
//!
//! struct Shop {
//!     orders: HttpClient,
//! }
//!
//! #[derive(serde::Serialize, serde::Deserialize)]
//! struct Order {
//!     item: String,
//! }
//!
//! impl Service for Shop {
//!     async fn on_start() -> Result<Self> {
//!         Ok(Self { orders: clients::http("orders")? })
//!     }
//! }
//!
//! impl Shop {
//!     async fn order(&self, Path(id): Path<u64>) -> Result<Json<Order>> {
//!         let response = self.orders.get(format!("/orders/{id}")).send().await?;
//!         Ok(Json(response.error_for_status().await?.json().await?))
//!     }
//! }
//! # fn main() {}
//! ```
//!
//! # gRPC
//!
//! With the feature `grpc`. `mikros-sdk-build` makes a client of each service in a `.proto` file, with the names and
//! shapes that tonic's clients have:
//!
//! ```ignore
//! use mikros_sdk::grpc::Request;
//! use mikros_sdk::prelude::*;
//! use proto::HelloRequest;
//! use proto::greeter_client::GreeterClient;
//!
//! struct Bff {
//!     user: GreeterClient,
//! }
//!
//! impl Service for Bff {
//!     async fn on_start() -> Result<Self> {
//!         Ok(Self { user: GreeterClient::connect("user").await? })
//!     }
//! }
//!
//! impl Bff {
//!     async fn greet(&self, Path(name): Path<String>) -> Result<String> {
//!         let mut request = Request::new(HelloRequest { name });
//!         request.set_timeout(Duration::from_millis(200));
//!         Ok(self.user.say_hello(request).await?.into_inner().message)
//!     }
//! }
//! ```
//!
//! - A method takes the message, or a `grpc::Request` with metadata, a timeout, or a compression. A
//!   method that sends a stream takes any [`Stream`](crate::stream::Stream) of messages, or a `Request` with one.
//! - A stream of responses is a `grpc::Streaming`: `message().await?` until it is `None`, then
//!   `trailers().await?`.
//! - `grpc::Channel` has interceptors, and is shared by the clients of several protobuf services.
//!
//! # Many at a time
//!
//! Methods take `&self`, and clients are cheap to clone. Hundreds of calls can be in flight in one instance:
//!
//! ```
//! # use mikros_sdk::clients::HttpClient;
//! # use mikros_sdk::prelude::*;
//! use mikros_sdk::task::try_join_all;
//!
//! async fn names(users: &HttpClient, ids: &[u64]) -> Result<Vec<String>> {
//!     let names = ids.iter().map(async |id| {
//!         let response = users.get(format!("/users/{id}/name")).send().await?;
//!         response.error_for_status().await?.text().await
//!     });
//!     try_join_all(names).await
//! }
//! ```
//!
//! # Deadlines and cancellation
//!
//! A call ends at the earliest of its own timeout, `[clients.<name>] timeout`, and the deadline of the call that the
//! service is in. When that call is cancelled, the host cancels the calls that it has made, and the handler's future is
//! dropped where it waits.
//!
//! Dropping a future cancels its call at the other service. So does dropping the stream of a response that has not
//! ended, which also drops the stream of the request. That is safe at any `.await`: the host ends the call, and frees what it holds,
//! before the drop returns. A response that arrives at the same moment is discarded.
//!
//! # Errors
//!
//! `?` makes a [`ServiceError`](struct@crate::ServiceError) of every failure, and most services need no more:
//!
//! | the failure | its kind | [`origin`](crate::ServiceError::origin) | [`destination`](crate::ServiceError::destination) |
//! |---|---|---|---|
//! | the other service returned an error of a Mikros service | the same, with its message, code, and details | the service, as it names itself | the client |
//! | over gRPC, any other status | that of the status code; a `Status` keeps its details | the client | the client |
//! | over HTTP, any other status of failure | `Rpc`, by [`Response::error_for_status`] | the client | the client |
//! | the host could not make the call | `Unavailable`, `DeadlineExceeded`, or another that fits | `None` | the client |
//!
//! The caller of this service gets the error with the name of this service, and the client's name as `destination`.
//!
//! # Tests
//!
//! [`Context::http_client`](crate::testing::Context::http_client) and `Context::grpc_client` put a fake in place of a
//! service, in one line and without a host.
//!
//! # Size
//!
//! A component that uses no client does not import the interface, and has nothing of this in it. A service with one
//! route for JSON, 417 KiB, grew by 46 KiB with a generated client, and by 66 KiB with the HTTP client.

mod http_client;
mod request;
mod response;

use ::http::StatusCode;

use crate::http::Body;

pub use http_client::{HttpClient, http};
pub use request::RequestBuilder;
pub use response::Response;

/// How a client calls.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Protocol {
    #[cfg(feature = "grpc")]
    Grpc,
    Http,
}

/// A request over HTTP as the host takes it.
pub(crate) struct Outgoing {
    /// The request line and header lines.
    pub(crate) head: Vec<u8>,
    pub(crate) body: Body,
    pub(crate) timeout: Option<std::time::Duration>,
}

/// A response over HTTP as the host hands it over.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// Header lines.
    pub(crate) headers: Vec<u8>,
    pub(crate) body: Body,
}
