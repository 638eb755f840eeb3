//! A layer that limits how long a request may take, on the host's timer.
//! Deliberately with the interface of the layer in `tower-http`, whose timer is tokio's and does not run here.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use ::http::{Request, Response, StatusCode};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::call::sleep;

/// Answers requests that take too long with a status: `tower_http::timeout::TimeoutLayer` on the host's timer.
///
/// ```
/// use axum::Router;
/// use axum::http::StatusCode;
/// use mikros_sdk::tower::TimeoutLayer;
/// use std::time::Duration;
///
/// let app: Router = Router::new()
///     .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, Duration::from_secs(10)));
/// # drop(app);
/// ```
///
/// The future of the request is dropped then. Time that a body takes after the head is answered does not count.
#[derive(Debug, Clone, Copy)]
pub struct TimeoutLayer {
    status: StatusCode,
    timeout: Duration,
}

impl TimeoutLayer {
    /// A layer that answers `status` when `timeout` has passed.
    #[must_use]
    pub fn with_status_code(status: StatusCode, timeout: Duration) -> Self {
        Self { status, timeout }
    }
}

impl<T> Layer<T> for TimeoutLayer {
    type Service = Timeout<T>;

    fn layer(&self, inner: T) -> Timeout<T> {
        Timeout { inner, layer: *self }
    }
}

/// The service that [`TimeoutLayer`] makes.
#[derive(Debug, Clone, Copy)]
pub struct Timeout<T> {
    inner: T,
    layer: TimeoutLayer,
}

impl<T, A, B> Service<Request<A>> for Timeout<T>
where
    T: Service<Request<A>, Response = Response<B>>,
    B: Default,
{
    type Response = Response<B>;
    type Error = T::Error;
    type Future = TimeoutFuture<T::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), T::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        TimeoutFuture { inner: self.inner.call(request), layer: self.layer, timer: None }
    }
}

pin_project! {
    /// The future of [`Timeout`].
    pub struct TimeoutFuture<F> {
        #[pin]
        inner: F,
        layer: TimeoutLayer,
        // Started when the request has to wait, so that one that does not costs nothing.
        timer: Option<BoxFuture<'static, ()>>,
    }
}

impl<F, B, E> Future for TimeoutFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Default,
{
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let Poll::Ready(response) = this.inner.poll(context) {
            return Poll::Ready(response);
        }
        let TimeoutLayer { status, timeout } = *this.layer;
        let timer = this.timer.get_or_insert_with(|| sleep(timeout).boxed());
        timer.poll_unpin(context).map(|()| {
            let mut response = Response::new(B::default());
            *response.status_mut() = status;
            Ok(response)
        })
    }
}

impl<F> fmt::Debug for TimeoutFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TimeoutFuture").field("layer", &self.layer).finish_non_exhaustive()
    }
}
