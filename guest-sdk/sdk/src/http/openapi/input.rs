//! What extractors say about a request.
//! Deliberately one implementation for each extractor of the SDK.

use ::http::{HeaderMap, StatusCode};
use bytes::Bytes;
use schemars::JsonSchema;

use super::Description;
use crate::http::{
    Body, Conditions, Extension, Form, Headers, Json, MatchedPath, Path, Query, Rejection, Request,
};

/// An extractor that an [`operation`](super::operation) can describe.
///
/// Implement it for extractors of your own. The default says nothing.
#[diagnostic::on_unimplemented(
    message = "the extractor `{Self}` has no description",
    label = "does not implement `OperationInput`",
    note = "derive `JsonSchema` for the type in it, or write `impl OperationInput for {Self} {{}}` if there is nothing to say"
)]
pub trait OperationInput {
    /// Says what the extractor takes from a request.
    fn describe(operation: &mut Description<'_>) {
        let _ = operation;
    }
}

impl<T: JsonSchema> OperationInput for Path<T> {
    fn describe(operation: &mut Description<'_>) {
        operation.path::<T>();
    }
}

impl<T: JsonSchema> OperationInput for Query<T> {
    fn describe(operation: &mut Description<'_>) {
        operation.query::<T>();
    }
}

impl<T: JsonSchema> OperationInput for Headers<T> {
    fn describe(operation: &mut Description<'_>) {
        operation.headers::<T>();
    }
}

impl<T: JsonSchema> OperationInput for Json<T> {
    fn describe(operation: &mut Description<'_>) {
        operation.body::<T>("application/json");
        operation.error(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
}

impl<T: JsonSchema> OperationInput for Form<T> {
    fn describe(operation: &mut Description<'_>) {
        operation.body::<T>("application/x-www-form-urlencoded");
        operation.error(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
}

#[cfg(feature = "multipart")]
impl OperationInput for crate::http::Multipart {
    fn describe(operation: &mut Description<'_>) {
        operation.raw_body("multipart/form-data", true);
        operation.error(StatusCode::BAD_REQUEST);
        operation.error(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
}

impl OperationInput for String {
    fn describe(operation: &mut Description<'_>) {
        operation.raw_body("*/*", false);
        operation.error(StatusCode::BAD_REQUEST);
    }
}

impl OperationInput for Bytes {
    fn describe(operation: &mut Description<'_>) {
        operation.raw_body("*/*", false);
    }
}

impl OperationInput for Body {
    fn describe(operation: &mut Description<'_>) {
        operation.raw_body("*/*", false);
    }
}

impl OperationInput for HeaderMap {}

/// What a middleware has found out: whether from the request is for an [edit](super::Operation::edit) to say.
impl<T> OperationInput for Extension<T> {}

impl OperationInput for MatchedPath {}

impl OperationInput for Conditions {}

#[cfg(feature = "typed-header")]
impl<T: headers::Header> OperationInput for crate::http::TypedHeader<T> {
    fn describe(operation: &mut Description<'_>) {
        operation.header(T::name().as_str(), true);
        operation.error(StatusCode::BAD_REQUEST);
    }
}

#[cfg(feature = "cookie")]
impl OperationInput for crate::http::cookie::CookieJar {}

#[cfg(feature = "cookie-signed")]
impl OperationInput for crate::http::cookie::SignedCookieJar {}

#[cfg(feature = "cookie-private")]
impl OperationInput for crate::http::cookie::PrivateCookieJar {}

/// Anything may be in it: the handler itself knows what it takes.
impl OperationInput for Request {}

impl<T: OperationInput> OperationInput for Option<T> {
    fn describe(operation: &mut Description<'_>) {
        operation.optionally(T::describe);
    }
}

impl<T: OperationInput> OperationInput for Result<T, Rejection> {
    fn describe(operation: &mut Description<'_>) {
        T::describe(operation);
    }
}
