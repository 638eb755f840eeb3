//! Extractors: what a handler's arguments are made of.
//! Deliberately knows nothing about routing and answers.

mod body;
mod extension;
mod form;
mod headers;
mod json;
mod matched_path;
mod media_type;
#[cfg(feature = "multipart")]
mod multipart;
mod optional;
mod path;
mod query;
#[cfg(feature = "typed-header")]
mod typed_header;

use std::future::{Future, ready};

use super::{Head, Rejection, Request};

pub use extension::Extension;
pub use form::Form;
pub use headers::Headers;
pub use json::Json;
pub use matched_path::MatchedPath;
#[cfg(feature = "multipart")]
pub use multipart::{Field, Multipart};
pub use optional::{OptionalFromHead, OptionalFromRequest};
pub use path::Path;
pub use query::Query;
#[cfg(feature = "typed-header")]
pub use typed_header::TypedHeader;

/// An extractor that needs the head of a request only.
///
/// [`Path`], [`Query`] and [`Headers`] are; implement it for arguments of your own, for example the
/// user behind a token. `S` is the service, for what is needed to look things up.
///
/// ```
/// use mikros_sdk::prelude::*;
/// use mikros_sdk::http::{FromHead, Head, Rejection};
///
/// struct User(String);
///
/// impl<S> FromHead<S> for User {
///     async fn from_head(head: &Head, _service: &'static S) -> Result<Self, Rejection> {
///         let name = head.header("x-user").or_permission_denied("say who you are")?;
///         Ok(Self(name.to_owned()))
///     }
/// }
///
/// async fn whoami(User(name): User) -> String {
///     name
/// }
/// # struct Shop;
/// # drop(Router::<Shop>::new().get("/whoami", whoami));
/// ```
///
/// `Result<E, Rejection>` is an extractor when `E` is, for handlers that answer bad requests
/// themselves.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be extracted from the head of a request",
    label = "is not an extractor, or one that must be the last argument",
    note = "extractors are `Path<T>`, `Query<T>` and `Headers<T>`, and as the last argument also `Json<T>`, `String`, `Bytes`, `Body` and `Request`"
)]
pub trait FromHead<S>: Sized {
    /// Takes what it needs from the head.
    ///
    /// # Errors
    ///
    /// A [`Rejection`], which says whether the other extractors are tried as well.
    fn from_head(head: &Head, service: &'static S)
    -> impl Future<Output = Result<Self, Rejection>>;

    /// Whether it can be taken from a route with these parameters: what is wrong with them.
    #[doc(hidden)]
    fn check_route(_parameters: &[&str]) -> Result<(), String> {
        Ok(())
    }
}

/// An extractor that may consume the body of a request; the last argument of a handler.
///
/// [`Json`], [`String`], [`Bytes`](crate::http::Bytes), [`Body`](crate::http::Body) and [`Request`] are, and all that are [`FromHead`].
/// `Via` only keeps the two families apart; leave it out when implementing this trait.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be extracted from a request",
    label = "is not an extractor",
    note = "extractors are `Path<T>`, `Query<T>`, `Headers<T>`, `Json<T>`, `String`, `Bytes`, `Body` and `Request`"
)]
pub trait FromRequest<S, Via = ViaRequest>: Sized {
    /// Takes what it needs from the request.
    ///
    /// # Errors
    ///
    /// A [`Rejection`], which says whether the other extractors' errors are told as well.
    fn from_request(
        request: Request,
        service: &'static S,
    ) -> impl Future<Output = Result<Self, Rejection>>;

    /// Whether it can be taken from a route with these parameters: what is wrong with them.
    #[doc(hidden)]
    fn check_route(_parameters: &[&str]) -> Result<(), String> {
        Ok(())
    }
}

/// Marks extractors that consume the request.
#[doc(hidden)]
#[derive(Debug)]
pub enum ViaRequest {}

/// Marks extractors that need the head only.
#[doc(hidden)]
#[derive(Debug)]
pub enum ViaHead {}

impl<S, T: FromHead<S>> FromRequest<S, ViaHead> for T {
    async fn from_request(request: Request, service: &'static S) -> Result<Self, Rejection> {
        T::from_head(request.head(), service).await
    }

    fn check_route(parameters: &[&str]) -> Result<(), String> {
        <T as FromHead<S>>::check_route(parameters)
    }
}

impl<S, T: FromHead<S>> FromHead<S> for Result<T, Rejection> {
    async fn from_head(head: &Head, service: &'static S) -> Result<Self, Rejection> {
        Ok(T::from_head(head, service).await)
    }
}

impl<S, T: FromRequest<S>> FromRequest<S> for Result<T, Rejection> {
    async fn from_request(request: Request, service: &'static S) -> Result<Self, Rejection> {
        Ok(T::from_request(request, service).await)
    }
}

impl<S> FromRequest<S> for Request {
    fn from_request(
        request: Request,
        _service: &'static S,
    ) -> impl Future<Output = Result<Self, Rejection>> {
        ready(Ok(request))
    }
}
