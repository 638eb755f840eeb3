//! Middleware: async functions around handlers, and what they call to go on.
//! Deliberately knows nothing about paths: a router decides what is wrapped.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::rc::Rc;

use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;

use super::handler::{Erased, Handler, WithService, WithoutService, erase};
use super::rejection::Collected;
use super::{FromHead, IntoResponse, Rejection, Request, Response};

/// An async function around handlers of the service `S`.
///
/// It takes the service by reference, or does without it, then up to six extractors that need the head
/// only, then the [`Request`] and [`Next`], and returns something that is [`IntoResponse`]. What the
/// extractors refuse is answered as it is for a handler. `Arguments` keeps the forms apart; it is always
/// inferred.
///
/// ```
/// use mikros_sdk::prelude::*;
/// use mikros_sdk::http::{MatchedPath, Next};
///
/// struct Shop {
///     token: String,
/// }
///
/// impl Shop {
///     async fn require_token(&self, request: Request, next: Next) -> Result<Response> {
///         let token = request.head().header("x-token").or_permission_denied("a token is needed")?;
///         if token != self.token {
///             return Err(ServiceError::permission_denied("the token is wrong"));
///         }
///         Ok(next.run(request).await)
///     }
/// }
///
/// async fn record(route: Option<MatchedPath>, request: Request, next: Next) -> Response {
///     let response = next.run(request).await;
///     let route = route.as_ref().map(MatchedPath::as_str);
///     log::info!("answered", route, status = response.status().as_u16());
///     response
/// }
///
/// # async fn list() {}
/// let routes = Router::new().get("/items", list).layer(Shop::require_token).layer(record);
/// # drop(routes);
/// ```
///
/// [`Router::layer`](super::Router::layer) tells in which order middleware runs.
#[diagnostic::on_unimplemented(
    message = "this function is not a middleware",
    label = "is not a middleware",
    note = "write `async fn name(&self, extractors.., request: Request, next: Next) -> ..`; it must be `async`, and `&self` and the extractors may be left out",
    note = "put `#[mikros_sdk::middleware]` above the function to learn which part of it is wrong"
)]
pub trait Middleware<S: 'static, Arguments>: 'static {
    /// Extracts the arguments and runs the function.
    fn call(
        &'static self,
        service: &'static S,
        request: Request,
        next: Next,
    ) -> impl Future<Output = Response>;

    /// Whether the arguments can be taken from a route with these parameters: what is wrong with them.
    #[doc(hidden)]
    fn check_route(_parameters: &[&str]) -> Result<(), String> {
        Ok(())
    }
}

/// What a middleware wraps: the next middleware, and in the end the handler.
#[derive(Clone, Copy)]
pub struct Next {
    service: &'static dyn Any,
    inner: &'static dyn Inner,
}

impl Next {
    /// Lets the request go on and returns what it was answered.
    ///
    /// The response stands for an [error](Response::error) when the handler has returned one.
    pub async fn run(self, request: Request) -> Response {
        self.inner.run(self.service, request).await
    }
}

impl fmt::Debug for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Next").finish_non_exhaustive()
    }
}

impl<S, F, Fut> Middleware<S, (WithService,)> for F
where
    S: 'static,
    F: Fn(&'static S, Request, Next) -> Fut + 'static,
    Fut: Future<Output: IntoResponse> + 'static,
{
    async fn call(&'static self, service: &'static S, request: Request, next: Next) -> Response {
        self(service, request, next).await.into_response()
    }
}

impl<S, F, Fut> Middleware<S, (WithoutService,)> for F
where
    S: 'static,
    F: Fn(Request, Next) -> Fut + 'static,
    Fut: Future<Output: IntoResponse> + 'static,
{
    async fn call(&'static self, _service: &'static S, request: Request, next: Next) -> Response {
        self(request, next).await.into_response()
    }
}

/// Implements both forms for the extractors given.
macro_rules! middleware {
    ($($head:ident)+) => {
        middleware!(@one WithService (service: &'static S) $($head)+);
        middleware!(@one WithoutService () $($head)+);
    };
    (@one $form:ident ($($service:ident: $type:ty)?) $($head:ident)+) => {
        impl<S, F, Fut, $($head,)+> Middleware<S, ($form, $($head,)+)> for F
        where
            S: 'static,
            F: Fn($($type,)? $($head,)+ Request, Next) -> Fut + 'static,
            Fut: Future<Output: IntoResponse> + 'static,
            $($head: FromHead<S> + 'static,)+
        {
            fn check_route(parameters: &[&str]) -> Result<(), String> {
                $($head::check_route(parameters)?;)+
                Ok(())
            }

            #[expect(non_snake_case, reason = "an argument is named like its type parameter")]
            async fn call(&'static self, state: &'static S, request: Request, next: Next) -> Response {
                let extracted = async {
                    let mut errors = Collected::default();
                    $(let $head = errors.keep($head::from_head(request.head(), state).await)?;)+
                    match ($($head,)+) {
                        ($(Some($head),)+) => Ok(($($head,)+)),
                        _ => Err(errors.into_rejection()),
                    }
                };
                let extracted: Result<_, Rejection> = extracted.await;
                match extracted {
                    Ok(($($head,)+)) => {
                        $(let $service = state;)?
                        self($($service,)? $($head,)+ request, next).await.into_response()
                    }
                    Err(rejection) => rejection.into_response(),
                }
            }
        }
    };
}

middleware!(A1);
middleware!(A1 A2);
middleware!(A1 A2 A3);
middleware!(A1 A2 A3 A4);
middleware!(A1 A2 A3 A4 A5);
middleware!(A1 A2 A3 A4 A5 A6);

/// A middleware whose arguments are forgotten, so that many handlers can share it.
pub(super) trait ErasedMiddleware<S: 'static> {
    fn check_route(&self, parameters: &[&str]) -> Result<(), String>;

    fn call(
        &'static self,
        service: &'static S,
        request: Request,
        next: Next,
    ) -> LocalBoxFuture<'static, Response>;
}

struct EraseMiddleware<M, Arguments>(M, PhantomData<fn(Arguments)>);

impl<S: 'static, Arguments: 'static, M: Middleware<S, Arguments>> ErasedMiddleware<S>
    for EraseMiddleware<M, Arguments>
{
    fn check_route(&self, parameters: &[&str]) -> Result<(), String> {
        M::check_route(parameters)
    }

    fn call(
        &'static self,
        service: &'static S,
        request: Request,
        next: Next,
    ) -> LocalBoxFuture<'static, Response> {
        self.0.call(service, request, next).boxed_local()
    }
}

pub(super) fn share<S: 'static, Arguments: 'static>(
    middleware: impl Middleware<S, Arguments>,
) -> Rc<dyn ErasedMiddleware<S>> {
    Rc::new(EraseMiddleware(middleware, PhantomData))
}

/// A handler with a middleware around it.
pub(super) struct Around<S: 'static> {
    middleware: Rc<dyn ErasedMiddleware<S>>,
    handler: Box<dyn Erased<S>>,
}

impl<S: 'static> Around<S> {
    pub(super) fn new(
        middleware: Rc<dyn ErasedMiddleware<S>>,
        handler: Box<dyn Erased<S>>,
    ) -> Self {
        Self { middleware, handler }
    }
}

impl<S: 'static> Erased<S> for Around<S> {
    fn check_route(&self, parameters: &[&str]) -> Result<(), String> {
        self.middleware.check_route(parameters)?;
        self.handler.check_route(parameters)
    }

    fn call(
        &'static self,
        service: &'static S,
        request: Request,
    ) -> LocalBoxFuture<'static, Response> {
        self.middleware.call(service, request, Next { service, inner: self })
    }
}

/// What [`Next`] runs; without the type of the service, so that middleware need not name it.
trait Inner {
    fn run(
        &'static self,
        service: &'static dyn Any,
        request: Request,
    ) -> LocalBoxFuture<'static, Response>;
}

impl<S: 'static> Inner for Around<S> {
    fn run(
        &'static self,
        service: &'static dyn Any,
        request: Request,
    ) -> LocalBoxFuture<'static, Response> {
        let service = service.downcast_ref().expect("`call` has put a service of this type there");
        self.handler.call(service, request)
    }
}

/// A handler with a middleware of its own, see [`Handler::layer`].
pub struct Layered<S: 'static> {
    around: Around<S>,
    #[cfg(feature = "openapi")]
    described: Option<super::openapi::Described>,
}

impl<S: 'static> Layered<S> {
    pub(super) fn new<A: 'static, B: 'static>(
        middleware: impl Middleware<S, A>,
        handler: impl Handler<S, B>,
    ) -> Self {
        Self {
            #[cfg(feature = "openapi")]
            described: handler.described(),
            around: Around::new(share(middleware), erase(handler)),
        }
    }
}

/// Marks handlers with a middleware of their own.
#[doc(hidden)]
#[derive(Debug)]
pub enum WithLayer {}

#[diagnostic::do_not_recommend]
impl<S: 'static> Handler<S, WithLayer> for Layered<S> {
    async fn call(&'static self, service: &'static S, request: Request) -> Response {
        self.around.call(service, request).await
    }

    #[cfg(feature = "openapi")]
    fn described(&self) -> Option<super::openapi::Described> {
        self.described.clone()
    }

    fn erased(self) -> Box<dyn Erased<S>> {
        Box::new(self.around)
    }
}

impl<S> fmt::Debug for Layered<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Layered").finish_non_exhaustive()
    }
}
