//! The `tower` ecosystem: any `tower::Service<http::Request<_>, Response = http::Response<_>>` answers requests,
//! an axum `Router` with its extractors and layers above all.
//!
//! Needs the feature `tower` of this crate. An existing service moves in by changing its `main`: what built the
//! router stays, what opened the socket goes. `Cargo.toml` takes axum without its default features, because two of
//! them, `tokio` and `http1`, are the server: `axum = { version = "0.8", default-features = false, features =
//! ["form", "json", "matched-path", "query"] }`.
//!
//! ```
//! use axum::extract::Path;
//! use axum::{Router, routing::get};
//! use mikros_sdk::Result;
//!
//! #[derive(serde::Deserialize)]
//! struct Settings {
//!     greeting: String,
//! }
//!
//! // Was `main`, and ended with `axum::serve`.
//! async fn app() -> Result<Router> {
//!     let Settings { greeting } = mikros_sdk::settings()?;
//!     let hello = async move |Path(name): Path<String>| format!("{greeting} {name}");
//!     Ok(Router::new().route("/hello/{name}", get(hello)))
//! }
//!
//! mikros_sdk::export_tower!(app().await?);
//! # fn main() {}
//! ```
//!
//! A service that has more to it, such as another kind or a step when it stops, is a [`Service`](crate::Service)
//! with the router in its state, see [`service`].
//!
//! # What runs unchanged
//!
//! Extractors and responses, `axum-extra`, `utoipa`, layers of `tower` and `tower-http`, `tokio::sync`, and tests that
//! send requests with `tower::ServiceExt::oneshot`, inside of `testing::Context::run`. Everything
//! else of the SDK can be used in handlers: [`settings`](crate::settings), [`log`](mod@crate::log),
//! [`caller`](crate::caller()), [`shutdown`](crate::shutdown). [`ServiceError`](struct@crate::ServiceError) is a response of
//! axum. A handler whose caller has gone or whose deadline has passed is dropped where it waits.
//!
//! # What does not, and what takes its place
//!
//! A component has one thread, no sockets and no runtime of its own: its futures are run by the host.
//!
//! | does not work | what happens | instead |
//! |---|---|---|
//! | `axum::serve`, `tokio::net`, `std::net` | does not compile, or fails | the host serves; `[services.http]` says where |
//! | `#[tokio::main]`, `Runtime`, `block_on` | panics, or blocks all calls | [`export_tower!`](crate::export_tower!) |
//! | `tokio::time::sleep`, `timeout`, `interval` | panics: there is no reactor running | [`sleep`](crate::sleep), [`time`](crate::time) |
//! | `tower_http::timeout`, `tower::timeout` | the same | [`TimeoutLayer`] |
//! | `tower::buffer`, `tower::limit::rate`, `tower::retry` with backoff | the same | `[features.rate_limit]`, `[host.limits]` |
//! | `tokio::spawn`, `tokio::task::spawn_blocking` | panics | [`spawn`](crate::spawn) |
//! | `std::thread`, `rayon` | fails: there are no threads | `[host] instances` |
//! | `std::thread::sleep` | blocks all calls of the instance | [`sleep`](crate::sleep) |
//! | `std::fs`, `tower_http::services::ServeDir` | fails: there are no files | files that are embedded at build time |
//! | `axum::extract::ConnectInfo` | 500: there is no connection | [`peer`](crate::peer), `x-forwarded-for` |
//! | `axum::extract::ws` | does not compile without the server | [`sse`](crate::http::sse), streamed bodies |
//! | `axum::response::sse::KeepAlive` | does not compile without the server | the host ends idle connections, see `write_timeout` |
//! | trailers of responses | left out | |
//! | `tracing_subscriber::fmt` | its text arrives as lines of standard output | the feature `tracing` of this crate |
//!
//! # `Send`
//!
//! Futures of axum's handlers have to be `Send`, although nothing here ever changes its thread. All futures of this
//! crate are. Others that are not, such as calls of interfaces that [`bindings!`](crate::bindings!) has made, go
//! into a [`SendWrapper`]: `SendWrapper::new(flags::is_enabled(name)).await`. It checks that nothing leaves its
//! thread, and panics otherwise.

pub(crate) mod app;
mod axum;
mod message;
mod service;
mod timeout;

pub use send_wrapper::SendWrapper;
pub use service::{ServiceHandler, service};
pub use timeout::{Timeout, TimeoutFuture, TimeoutLayer};

pub(crate) use message::{from_http, into_http};

/// Any error, as tower services have it.
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Makes a tower service the exports of a component that is of the kind `http`: `export_tower!(app().await?)`.
///
/// The argument is an expression whose value is the service. It is evaluated once per instance, when that starts;
/// `.await` and `?` may be used in it. There is an example in [`tower`](crate::tower).
///
/// Write it once per component, and not next to [`export!`](crate::export!).
#[macro_export]
macro_rules! export_tower {
    ($app:expr $(,)?) => {
        const _: () = {
            struct __App($crate::__private::App);

            impl $crate::Service for __App {
                async fn on_start() -> $crate::Result<Self> {
                    $crate::Result::Ok(Self($crate::__private::App::new($app)))
                }
            }

            impl $crate::Http for __App {
                fn routes() -> $crate::http::Router<Self> {
                    $crate::http::Router::new()
                        .fallback($crate::__private::app(|app: &Self| &app.0))
                }
            }

    $crate::export!(__App: http);
        };
    };
}
