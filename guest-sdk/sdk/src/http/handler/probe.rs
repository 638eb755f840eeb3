//! What the expansions of `#[handler]` and `#[middleware]` ask the compiler: one short text per mistake.
//! Deliberately nothing that runs.
//!
//! A [`Probe`] knows the SDK's own types by its inherent methods, which ask about what is inside of them (a
//! `Query<T>` whose `T` is no `Deserialize`). For all other types the compiler falls back to the methods of
//! [`Unknown`] and [`UnknownBody`], which ask for the extractor's trait. The traits with the texts are implemented
//! for everything that has the trait proper, and the compiler is told not to look behind them, so that its text
//! does not list what implements what, which depends on the features of this crate.

use std::marker::PhantomData;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::http::{
    Body, Form, FromHead, FromRequest, Headers, Html, IntoHeaders, IntoResponse, Json, Next, Path,
    Query, Rejection, Request, StatusCode,
};

/// The service of a function that does not take it.
#[derive(Debug)]
pub enum AnyService {}

/// A type of a signature, with the service.
#[derive(Debug)]
pub struct Probe<T, S>(PhantomData<(T, S)>);

impl<T, S> Probe<T, S> {
    #[expect(clippy::new_without_default, reason = "only expansions make one")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

macro_rules! texts {
    ($($(#[$texts:meta])* $name:ident$(<$service:ident>)?: $bound:path;)*) => {$(
        $(#[$texts])*
        pub trait $name$(<$service>)? {}

        #[diagnostic::do_not_recommend]
        impl<T: $bound $(, $service)?> $name$(<$service>)? for T {}
    )*};
}

texts! {
    #[diagnostic::on_unimplemented(
        message = "`{Self}` cannot be read from a request: it does not implement `serde::Deserialize`",
        label = "does not implement `Deserialize`",
        note = "put `#[derive(serde::Deserialize)]` above the type"
    )]
    Deserialized: DeserializeOwned;
    #[diagnostic::on_unimplemented(
        message = "`{Self}` cannot be written as JSON: it does not implement `serde::Serialize`",
        label = "does not implement `Serialize`",
        note = "put `#[derive(serde::Serialize)]` above the type"
    )]
    Serialized: Serialize;
    #[diagnostic::on_unimplemented(
        message = "`{Self}` is not an extractor of the head of a request",
        label = "is not an extractor, or must be the last argument",
        note = "arguments are `&self` or `&Service`, then extractors such as `Path<T>`, `Query<T>`, `Headers<T>` and `Extension<T>`; the last may consume the body, such as `Json<T>` and `Form<T>`",
        note = "extractors of your own implement `FromHead`; for one that needs a certain service write `#[mikros_sdk::handler(Shop)]`"
    )]
    Head<S>: FromHead<S>;
    #[diagnostic::on_unimplemented(
        message = "`{Self}` cannot be returned by a handler",
        label = "does not implement `IntoResponse`",
        note = "return text, bytes, `Json(value)`, `Html(text)`, a `StatusCode`, `(StatusCode, body)`, `(headers, body)`, a `Response`, or a `Result` of those"
    )]
    Answer: IntoResponse;
    #[diagnostic::on_unimplemented(
        message = "`{Self}` cannot be the error of a handler",
        label = "does not implement `IntoResponse`",
        note = "return `mikros_sdk::Result<T>`: `?` makes a `ServiceError` of any `std::error::Error`; or write `#[derive(ServiceError)]` above an error type of your own"
    )]
    Failure: IntoResponse;
    #[diagnostic::on_unimplemented(
        message = "`{Self}` cannot be before the body of a response",
        label = "is neither a `StatusCode` nor header fields",
        note = "write `(StatusCode, body)`, `(headers, body)` or `(StatusCode, headers, body)`; headers are `[(name, value); N]`, a `Vec` of those, or a `HeaderMap`"
    )]
    BeforeBody: IntoHeaders;
}

impl BeforeBody for StatusCode {}

/// As [`Head`], of the last argument.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an extractor",
    label = "is not an extractor",
    note = "extractors are `Path<T>`, `Query<T>`, `Headers<T>`, `Extension<T>`, `Json<T>`, `Form<T>`, `String`, `Bytes`, `Body`, `Request`, and those behind features, see `mikros_sdk::http`",
    note = "extractors of your own implement `FromHead` or `FromRequest`; for one that needs a certain service write `#[mikros_sdk::handler(Shop)]`"
)]
pub trait Last<S, Via> {}

#[diagnostic::do_not_recommend]
impl<S, Via, T: FromRequest<S, Via>> Last<S, Via> for T {}

/// Never implemented.
#[diagnostic::on_unimplemented(
    message = "`{Self}` consumes the body of the request, so it must be the last argument",
    label = "must be the last argument",
    note = "only one argument can consume the body"
)]
pub trait NotLast {}

/// Never implemented.
#[diagnostic::on_unimplemented(
    message = "an error of type `{Self}` would be answered with a status of success",
    label = "has no status of an error",
    note = "return `mikros_sdk::Result<T>`, whose error is a `ServiceError`, or the error `(StatusCode, {Self})`"
)]
pub trait WithErrorStatus {}

#[diagnostic::on_unimplemented(
    message = "the last argument of a middleware is `Next`, found `{Self}`",
    label = "is not `Next`"
)]
pub trait IsNext {}
impl IsNext for Next {}

#[diagnostic::on_unimplemented(
    message = "the argument before `Next` is the `Request`, found `{Self}`",
    label = "is not `Request`"
)]
pub trait IsRequest {}
impl IsRequest for Request {}

/// The error of a result, whatever alias it is written as.
#[diagnostic::on_unimplemented(message = "`{Self}` is not a `Result` of the standard library")]
pub trait IsResult {
    type Error;
}

impl<T, E> IsResult for Result<T, E> {
    type Error = E;
}

/// What is asked about types that are not the SDK's.
pub trait Unknown<S> {
    fn head<A: Head<S>>(&self) {}
    fn answer<A: Answer>(&self) {}
    fn error<A: Failure>(&self) {}
    fn before_body<A: BeforeBody>(&self) {}
    fn request<A: IsRequest>(&self) {}
    fn next<A: IsNext>(&self) {}
}

impl<T, S> Unknown<S> for Probe<T, S> {}

/// As [`Unknown`]; `Via` is inferred.
pub trait UnknownBody<S, Via> {
    fn last<A: Last<S, Via>>(&self) {}
}

impl<T, S, Via> UnknownBody<S, Via> for Probe<T, S> {}

/// The methods of some types. They are written where the macro is called, because the compiler shows them.
macro_rules! known {
    ($methods:tt $([$($generics:ident),*] $type:ty,)*) => {$(
        impl<$($generics),*> Probe<$type, S> $methods
    )*};
}

known! {
    {
        pub fn head<A>(&self) where T: Deserialized {}
        pub fn last<A>(&self) where T: Deserialized {}
    }
    [S, T] Path<T>,
    [S, T] Option<Path<T>>,
    [S, T] Result<Path<T>, Rejection>,
    [S, T] Query<T>,
    [S, T] Option<Query<T>>,
    [S, T] Result<Query<T>, Rejection>,
    [S, T] Headers<T>,
    [S, T] Result<Headers<T>, Rejection>,
}

known! {
    {
        pub fn head<A: NotLast>(&self) {}
        pub fn last<A>(&self) where T: Deserialized {}
    }
    [S, T] Json<T>,
    [S, T] Option<Json<T>>,
    [S, T] Result<Json<T>, Rejection>,
    [S, T] Form<T>,
    [S, T] Option<Form<T>>,
    [S, T] Result<Form<T>, Rejection>,
}

known! {
    { pub fn head<A: NotLast>(&self) {} }
    [S] String,
    [S] Bytes,
    [S] Body,
    [S] Request,
}

#[cfg(feature = "multipart")]
known! {
    { pub fn head<A: NotLast>(&self) {} }
    [S] crate::http::Multipart,
}

impl<T, S> Probe<Json<T>, S> {
    pub fn answer<A>(&self)
    where
        T: Serialized,
    {
    }
}

known! {
    { pub fn error<A: WithErrorStatus>(&self) {} }
    [S] (),
    [S] &'static str,
    [S] String,
    [S] &'static [u8],
    [S] Vec<u8>,
    [S] Bytes,
    [S] Body,
    [S, T] Json<T>,
    [S, T] Html<T>,
}
