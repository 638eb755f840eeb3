//! Handlers: async functions that take extractors and return something that is a response.
//! Deliberately knows nothing about routing.

#[expect(missing_docs, reason = "only the expansions of macros name it")]
pub mod probe;

use std::future::Future;
use std::marker::PhantomData;

use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;

use super::rejection::Collected;
use super::{
    FromHead, FromRequest, IntoResponse, Layered, Middleware, Rejection, Request, Response,
};

/// An async function that answers requests of the service `S`.
///
/// It takes the service by reference, or does without it, then up to eight extractors, and returns
/// something that is [`IntoResponse`]. `Arguments` keeps the forms apart; it is always inferred.
#[diagnostic::on_unimplemented(
    message = "this function is not a handler",
    label = "is not a handler",
    note = "write `async fn name(&self, extractors..) -> ..`; it must be `async`, and `&self` may be left out",
    note = "put `#[mikros_sdk::handler]` above the function to learn which part of it is wrong"
)]
pub trait Handler<S: 'static, Arguments>: 'static {
    /// Extracts the arguments and runs the function.
    fn call(&'static self, service: &'static S, request: Request)
    -> impl Future<Output = Response>;

    /// Puts a middleware around this handler only.
    ///
    /// ```
    /// use mikros_sdk::prelude::*;
    /// use mikros_sdk::http::Next;
    /// # struct Shop;
    /// # impl Shop {
    /// #     async fn delete(&self) {}
    /// #     async fn only_admins(&self, request: Request, next: Next) -> Response { next.run(request).await }
    /// # }
    ///
    /// let routes = Router::new().delete("/items/{id}", Shop::delete.layer(Shop::only_admins));
    /// # drop(routes);
    /// ```
    fn layer<M, A: 'static>(self, middleware: M) -> Layered<S>
    where
        Self: Sized,
        Arguments: 'static,
        M: Middleware<S, A>,
    {
        Layered::new(middleware, self)
    }

    /// Whether the arguments can be taken from a route with these parameters: what is wrong with them.
    #[doc(hidden)]
    fn check_route(_parameters: &[&str]) -> Result<(), String> {
        Ok(())
    }

    /// What a document of the routes says about it.
    #[cfg(feature = "openapi")]
    #[doc(hidden)]
    fn described(&self) -> Option<super::openapi::Described> {
        None
    }

    /// Forgets the arguments.
    #[doc(hidden)]
    fn erased(self) -> Box<dyn Erased<S>>
    where
        Self: Sized,
        Arguments: 'static,
    {
        Box::new(Erase(self, PhantomData))
    }
}

/// The handler takes the service.
#[doc(hidden)]
#[derive(Debug)]
pub enum WithService {}

/// The handler does not take the service.
#[doc(hidden)]
#[derive(Debug)]
pub enum WithoutService {}

impl<S, F, Fut> Handler<S, (WithService,)> for F
where
    S: 'static,
    F: Fn(&'static S) -> Fut + 'static,
    Fut: Future<Output: IntoResponse> + 'static,
{
    async fn call(&'static self, service: &'static S, _request: Request) -> Response {
        self(service).await.into_response()
    }
}

impl<S, F, Fut> Handler<S, (WithoutService,)> for F
where
    S: 'static,
    F: Fn() -> Fut + 'static,
    Fut: Future<Output: IntoResponse> + 'static,
{
    async fn call(&'static self, _service: &'static S, _request: Request) -> Response {
        self().await.into_response()
    }
}

/// Implements both forms for the extractors given; the last may consume the request.
macro_rules! handlers {
    ($($head:ident)* ; $last:ident) => {
        handlers!(@one WithService (service: &'static S) $($head)* ; $last);
        handlers!(@one WithoutService () $($head)* ; $last);
    };
    (@one $form:ident ($($service:ident: $type:ty)?) $($head:ident)* ; $last:ident) => {
        impl<S, F, Fut, Via, $($head,)* $last> Handler<S, ($form, Via, $($head,)* $last)> for F
        where
            S: 'static,
            F: Fn($($type,)? $($head,)* $last) -> Fut + 'static,
            Fut: Future<Output: IntoResponse> + 'static,
            Via: 'static,
            $($head: FromHead<S> + 'static,)*
            $last: FromRequest<S, Via> + 'static,
        {
            fn check_route(parameters: &[&str]) -> Result<(), String> {
                $($head::check_route(parameters)?;)*
                $last::check_route(parameters)
            }

            #[expect(non_snake_case, reason = "an argument is named like its type parameter")]
            async fn call(&'static self, state: &'static S, request: Request) -> Response {
                let extracted = async {
                    let mut errors = Collected::default();
                    $(let $head = errors.keep($head::from_head(request.head(), state).await)?;)*
                    let $last = errors.keep($last::from_request(request, state).await)?;
                    match ($($head,)* $last,) {
                        ($(Some($head),)* Some($last),) => Ok(($($head,)* $last,)),
                        _ => Err(errors.into_rejection()),
                    }
                };
                let extracted: Result<_, Rejection> = extracted.await;
                match extracted {
                    Ok(($($head,)* $last,)) => {
                        $(let $service = state;)?
                        self($($service,)? $($head,)* $last).await.into_response()
                    }
                    Err(rejection) => rejection.into_response(),
                }
            }
        }
    };
}

handlers!(; L);
handlers!(A1; L);
handlers!(A1 A2; L);
handlers!(A1 A2 A3; L);
handlers!(A1 A2 A3 A4; L);
handlers!(A1 A2 A3 A4 A5; L);
handlers!(A1 A2 A3 A4 A5 A6; L);
handlers!(A1 A2 A3 A4 A5 A6 A7; L);

/// A handler whose arguments are forgotten, so that a router can hold many of them.
pub trait Erased<S: 'static> {
    fn check_route(&self, parameters: &[&str]) -> Result<(), String>;

    fn call(
        &'static self,
        service: &'static S,
        request: Request,
    ) -> LocalBoxFuture<'static, Response>;
}

struct Erase<H, Arguments>(H, PhantomData<fn(Arguments)>);

impl<S: 'static, Arguments: 'static, H: Handler<S, Arguments>> Erased<S> for Erase<H, Arguments> {
    fn check_route(&self, parameters: &[&str]) -> Result<(), String> {
        H::check_route(parameters)
    }

    fn call(
        &'static self,
        service: &'static S,
        request: Request,
    ) -> LocalBoxFuture<'static, Response> {
        self.0.call(service, request).boxed_local()
    }
}

pub(super) fn erase<S: 'static, Arguments: 'static>(
    handler: impl Handler<S, Arguments>,
) -> Box<dyn Erased<S>> {
    handler.erased()
}
