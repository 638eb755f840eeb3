//! A tower service as a handler of the own router: requests and responses change their types, nothing else.
//! Deliberately without a queue: a service that is not ready is waited for, as any handler is.

use std::cell::OnceCell;
use std::fmt;
use std::future::poll_fn;

use tower_service::Service;

use super::{BoxError, from_http, into_http};
use crate::error::{Result, ServiceError, chain};
use crate::http::{Body, Handler, IntoResponse, Request, Response, among_causes};

/// Answers requests with a tower service: the handler that [`service`] makes.
pub struct ServiceHandler<F, T> {
    make: F,
    /// Made when the first request comes, then cloned for each.
    made: OnceCell<T>,
}

/// Makes a handler of a tower service, for example of an axum router that is in the state of the service.
///
/// As the [fallback](crate::http::Router::fallback) of a router without routes it answers everything; next to
/// others it answers what they do not, or with [`any`](crate::http::Router::any) all below a path. The service
/// sees the whole path in each case.
///
/// ```
/// use mikros_sdk::prelude::*;
/// use mikros_sdk::tower;
///
/// struct Shop {
///     app: axum::Router,
/// }
///
/// impl Service for Shop {
///     async fn on_start() -> Result<Self> {
///         Ok(Self { app: axum::Router::new() })
///     }
/// }
///
/// impl Http for Shop {
///     fn routes() -> Router<Self> {
///         Router::new().fallback(tower::service(|shop: &Self| shop.app.clone()))
///     }
/// }
/// ```
pub fn service<S, F, T>(make: F) -> ServiceHandler<F, T>
where
    S: 'static,
    F: Fn(&'static S) -> T + 'static,
{
    ServiceHandler { make, made: OnceCell::new() }
}

/// The handler is a tower service.
#[doc(hidden)]
#[derive(Debug)]
pub enum WithTower {}

#[diagnostic::do_not_recommend]
impl<S, F, T, B> Handler<S, (WithTower, T, B)> for ServiceHandler<F, T>
where
    S: 'static,
    F: Fn(&'static S) -> T + 'static,
    T: Service<::http::Request<Body>, Response = ::http::Response<B>, Error: Into<BoxError>>,
    T: Clone + 'static,
    B: http_body::Body<Error: Into<BoxError>> + 'static,
{
    async fn call(&'static self, state: &'static S, request: Request) -> Response {
        respond(self.made.get_or_init(|| (self.make)(state)).clone(), request).await
    }
}

/// Answers one request.
pub(super) async fn respond<T, B>(service: T, request: Request) -> Response
where
    T: Service<::http::Request<Body>, Response = ::http::Response<B>, Error: Into<BoxError>>,
    B: http_body::Body<Error: Into<BoxError>> + 'static,
{
    try_respond(service, request).await.unwrap_or_else(IntoResponse::into_response)
}

async fn try_respond<T, B>(mut service: T, request: Request) -> Result<Response>
where
    T: Service<::http::Request<Body>, Response = ::http::Response<B>, Error: Into<BoxError>>,
    B: http_body::Body<Error: Into<BoxError>> + 'static,
{
    let request = into_http(request)?;
    poll_fn(|context| service.poll_ready(context)).await.map_err(failure)?;
    let response = service.call(request).await.map_err(failure)?;
    from_http(response).await
}

/// A service error that has come through a tower service is that again; all others are failures of the service.
pub(super) fn failure(error: impl Into<BoxError>) -> ServiceError {
    let error = error.into();
    among_causes(&*error).unwrap_or_else(|| ServiceError::internal(chain(&*error)))
}

impl<F, T> fmt::Debug for ServiceHandler<F, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceHandler").finish_non_exhaustive()
    }
}
