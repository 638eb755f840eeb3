//! The kind `http`: routing, extraction and responses.
//! The host handles sockets, framing, and connection headers.
//!
//! # Routing
//!
//! A [`Router`] maps a method and a path to a handler. They match however they are encoded: the route
//! `/café` is also written `/caf%C3%A9`, and meets both.
//!
//! - `/items/{id}` matches one segment, `/files/{*path}` the rest, which is not empty. Parameters
//!   are percent-decoded, once. An encoded slash does not split a segment.
//! - `/items` and `/items/` are two paths. Add both if both shall work.
//! - A literal segment wins over a parameter, whatever the order in which they were added.
//! - `HEAD` is answered by the handler of `GET` when there is no other; the host sends its header fields and drops
//!   its body.
//! - `OPTIONS` is answered 204 with `Allow` when there is no handler for it.
//! - A known path with another method is answered 405 with `Allow`, an unknown path 404, unless there
//!   is a [fallback](Router::fallback). Both are JSON, like every error.
//!
//! # Handlers
//!
//! A handler is an async function that takes the service and up to eight extractors, and returns
//! something that is [`IntoResponse`]. Only the last extractor may consume the body. The service may
//! be left out. When the compiler says that a function is not a handler, put
//! [`#[mikros_sdk::handler]`](macro@crate::handler) above it: then it says which part is wrong.
//!
//! ```
//! use mikros_sdk::prelude::*;
//! # struct Shop;
//! # #[derive(serde::Deserialize)] struct Paging { limit: Option<u32> }
//! # #[derive(serde::Deserialize, serde::Serialize)] struct Item { name: String }
//! impl Shop {
//!     async fn list(&self, Query(paging): Query<Paging>) -> Result<Json<Vec<Item>>> {
//!         # let _ = paging.limit;
//!         Ok(Json(Vec::new()))
//!     }
//!     async fn replace(&self, Path(id): Path<u64>, Json(item): Json<Item>) -> StatusCode {
//!         # let _ = (id, item);
//!         StatusCode::NO_CONTENT
//!     }
//! }
//! async fn ready() -> &'static str {
//!     "ready"
//! }
//!
//! let routes = Router::new()
//!     .get("/ready", ready)
//!     .get("/items", Shop::list)
//!     .put("/items/{id}", Shop::replace);
//! # drop(routes);
//! ```
//!
//! # Layers and nested routers
//!
//! A [`Middleware`] is an async function around handlers. [`Router::layer`] puts it around all that a router
//! has so far, [`Router::route_layer`] around the routes only, and [`Handler::layer`] around one handler.
//! What it finds out, it hands on as a value of the request's [`Extensions`], which the handler takes with
//! [`Extension`]. A request that no layer is around pays nothing for them.
//!
//! [`Router::nest`] adds a router below a prefix and [`Router::merge`] one beside the other; each may have layers
//! and a fallback of its own, and, with [`Router::with_part`] or [`Router::with_state`], a state of its own.
//!
//! | axum | here |
//! |---|---|
//! | `State<S>` | `&self`, or the first argument `&S` |
//! | `FromRef` | [`Router::with_part`] |
//! | `middleware::from_fn(f)`, `from_fn_with_state` | `f` itself |
//! | `Router::layer`, `route_layer`, `nest`, `merge`, `fallback`, `with_state` | the same |
//! | `.route("/", get(handler.layer(f)))` | `.get("/", handler.layer(f))` |
//! | `Extension<T>`, `MatchedPath` | the same |
//! | `FromRequestParts`, `FromRequest` | [`FromHead`], [`FromRequest`] |
//!
//! # Extractors and features
//!
//! | what | type | feature |
//! |---|---|---|
//! | the query, a form, JSON | [`Query`], [`Form`], [`Json`] | |
//! | conditions and ranges | [`Conditions`], which answers 206, 304, 412 and 416 | |
//! | HTML, another address, a download | [`Html`], [`Redirect`], [`Attachment`] | |
//! | a form with files, streamed | `Multipart` | `multipart` |
//! | cookies | `cookie::CookieJar` | `cookie` |
//! | cookies that clients cannot change, or read | `cookie::SignedCookieJar`, `cookie::PrivateCookieJar` | `cookie-signed`, `cookie-private` |
//! | header fields with a type | `TypedHeader<T>` | `typed-header` |
//! | files in the component | `StaticFiles` | `static-files` |
//!
//! `Option<T>` of an extractor is `None` when the request has no such part, `Result<T, Rejection>` takes every request.
//! For extractors of your own implement [`OptionalFromHead`] or [`OptionalFromRequest`].
//!
//! # Bad requests
//!
//! All extractors of a request are tried before it is answered, and everything that is wrong with it
//! is in one 400: parameters, query, header fields, and up to 32 fields of a form or of JSON (see [`Json`]).
//!
//! ```json
//! {"kind": "ValidationError", "message": "request validation failed", "code": 0, "service_name": "shop",
//!  "field_violations": [
//!    {"field": "path.id", "description": "expected a whole number from 0 to 18446744073709551615, found `x`"},
//!    {"field": "query.limit", "description": "expected a whole number from 0 to 4294967295, found `-1`"},
//!    {"field": "items[3].price", "description": "is missing"}
//!  ]}
//! ```

pub(crate) mod body;
mod conditions;
#[cfg(feature = "cookie")]
pub mod cookie;
mod extract;
pub(crate) mod handler;
mod head;
mod into_response;
pub(crate) mod lines;
mod middleware;
#[cfg(feature = "openapi")]
pub mod openapi;
mod part;
mod pattern;
mod rejection;
mod request;
mod response;
mod router;
mod routes;
mod sse;
#[cfg(feature = "static-files")]
mod static_files;
mod values;

pub use ::http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
#[cfg(target_family = "wasm")]
pub(crate) use body::Content;
#[cfg(feature = "tower")]
pub(crate) use body::among_causes;
pub(crate) use body::body_error;
pub use body::{Body, BodyError, BodyStream};
pub use bytes::Bytes;
pub use conditions::{Conditions, ETag, Validators};
#[cfg(feature = "typed-header")]
pub use extract::TypedHeader;
pub use extract::{
    Extension, Form, FromHead, FromRequest, Headers, Json, MatchedPath, OptionalFromHead,
    OptionalFromRequest, Path, Query,
};
#[cfg(feature = "multipart")]
pub use extract::{Field, Multipart};
pub use handler::Handler;
pub use head::Head;
#[cfg(feature = "typed-header")]
pub use headers;
pub use into_response::{Attachment, Html, IntoHeaders, IntoResponse, Redirect};
pub use middleware::{Layered, Middleware, Next};
pub use rejection::{FieldError, Location, Rejection};
pub use request::Request;
pub use response::Response;
pub use router::Router;
pub use sse::{Event, IntoEvent, Sse, sse};
#[cfg(feature = "static-files")]
pub use static_files::StaticFiles;

pub(crate) use routes::Routes;
