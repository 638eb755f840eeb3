//! A tower service whose type cannot be named, in the state of a service.
//! Deliberately behind a macro only: whoever writes a state of his own names the type.

use std::fmt;

use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use tower_service::Service;

use super::BoxError;
use super::service::respond;
use crate::http::{Body, Handler, Request, Response};

/// What the expression in `export_tower!` has made.
pub struct App(Box<dyn Respond>);

trait Respond {
    fn respond(&self, request: Request) -> LocalBoxFuture<'static, Response>;
}

struct Typed<T>(T);

impl<T, B> Respond for Typed<T>
where
    T: Service<::http::Request<Body>, Response = ::http::Response<B>, Error: Into<BoxError>>,
    T: Clone + 'static,
    B: http_body::Body<Error: Into<BoxError>> + 'static,
{
    fn respond(&self, request: Request) -> LocalBoxFuture<'static, Response> {
        respond(self.0.clone(), request).boxed_local()
    }
}

impl App {
    /// Forgets the type of the service.
    pub fn new<T, B>(service: T) -> Self
    where
        T: Service<::http::Request<Body>, Response = ::http::Response<B>, Error: Into<BoxError>>,
        T: Clone + 'static,
        B: http_body::Body<Error: Into<BoxError>> + 'static,
    {
        Self(Box::new(Typed(service)))
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").finish_non_exhaustive()
    }
}

/// Answers all requests with the app in the state.
pub fn app<S: 'static>(
    of: impl Fn(&'static S) -> &'static App + 'static,
) -> impl Handler<S, WithApp> {
    AppHandler(of)
}

/// The handler is an [`App`].
#[derive(Debug)]
pub enum WithApp {}

struct AppHandler<F>(F);

impl<S: 'static, F: Fn(&'static S) -> &'static App + 'static> Handler<S, WithApp>
    for AppHandler<F>
{
    async fn call(&'static self, state: &'static S, request: Request) -> Response {
        (self.0)(state).0.respond(request).await
    }
}
