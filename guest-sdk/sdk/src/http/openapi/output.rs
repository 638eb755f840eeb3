//! What the type of a response says about it.
//! Deliberately nothing about a `ServiceError`: any operation may answer with it.

use ::http::StatusCode;
use bytes::Bytes;
use schemars::JsonSchema;

use super::Description;
use crate::error::ServiceError;
use crate::http::{Attachment, Body, Html, IntoHeaders, Json, Redirect, Response, Sse};

/// A response that an [`operation`](super::operation) can describe.
///
/// Implement it for types of your own that are [`IntoResponse`](crate::http::IntoResponse), errors among them;
/// `#[derive(ServiceError)]` does so, with the statuses of all variants. The default says nothing, which is right for
/// errors in the usual JSON form: they are in every document.
///
/// ```
/// use mikros_sdk::http::openapi::{Description, OperationOutput};
/// use mikros_sdk::prelude::*;
///
/// enum BorrowError {
///     Unknown,
///     OnLoan,
/// }
///
/// impl IntoResponse for BorrowError {
///     fn into_response(self) -> Response {
///         let (status, text) = match self {
///             Self::Unknown => (StatusCode::NOT_FOUND, "there is no such book"),
///             Self::OnLoan => (StatusCode::CONFLICT, "somebody else has it"),
///         };
///         (status, text).into_response()
///     }
/// }
///
/// impl OperationOutput for BorrowError {
///     fn describe(operation: &mut Description<'_>) {
///         operation.raw_response(Some(StatusCode::NOT_FOUND), Some("text/plain"));
///         operation.raw_response(Some(StatusCode::CONFLICT), Some("text/plain"));
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "the response `{Self}` has no description",
    label = "does not implement `OperationOutput`",
    note = "derive `JsonSchema` for the type in it, or write `impl OperationOutput for {Self} {{}}` if there is nothing to say"
)]
pub trait OperationOutput {
    /// Says which responses there are.
    fn describe(operation: &mut Description<'_>) {
        let _ = operation;
    }
}

macro_rules! whole {
    ($content_type:literal: $($type:ty),*) => {$(
        impl OperationOutput for $type {
            fn describe(operation: &mut Description<'_>) {
                operation.raw_response(Some(StatusCode::OK), Some($content_type));
            }
        }
    )*};
}

whole! { "text/plain; charset=utf-8": &'static str, String }
whole! { "application/octet-stream": &'static [u8], Vec<u8>, Bytes }
whole! { "*/*": Body }

impl<T: JsonSchema> OperationOutput for Json<T> {
    fn describe(operation: &mut Description<'_>) {
        operation.response::<T>(Some(StatusCode::OK), "application/json");
    }
}

impl<T> OperationOutput for Html<T> {
    fn describe(operation: &mut Description<'_>) {
        operation.raw_response(Some(StatusCode::OK), Some("text/html; charset=utf-8"));
    }
}

impl<T: OperationOutput> OperationOutput for Attachment<T> {
    fn describe(operation: &mut Description<'_>) {
        T::describe(operation);
    }
}

/// Which of the three statuses it has is known only when it is made.
impl OperationOutput for Redirect {
    fn describe(operation: &mut Description<'_>) {
        for status in
            [StatusCode::SEE_OTHER, StatusCode::TEMPORARY_REDIRECT, StatusCode::PERMANENT_REDIRECT]
        {
            operation.raw_response(Some(status), None);
        }
    }
}

impl<S> OperationOutput for Sse<S> {
    fn describe(operation: &mut Description<'_>) {
        operation.raw_response(Some(StatusCode::OK), Some("text/event-stream"));
    }
}

impl OperationOutput for () {
    fn describe(operation: &mut Description<'_>) {
        operation.raw_response(Some(StatusCode::NO_CONTENT), None);
    }
}

impl OperationOutput for StatusCode {
    fn describe(operation: &mut Description<'_>) {
        operation.raw_response(None, None);
    }
}

impl OperationOutput for Response {
    fn describe(operation: &mut Description<'_>) {
        operation.raw_response(None, None);
    }
}

impl<T: OperationOutput> OperationOutput for (StatusCode, T) {
    fn describe(operation: &mut Description<'_>) {
        operation.with_status(None, None, T::describe);
    }
}

impl<H: IntoHeaders, T: OperationOutput> OperationOutput for (H, T) {
    fn describe(operation: &mut Description<'_>) {
        T::describe(operation);
    }
}

impl<H, T: OperationOutput> OperationOutput for (StatusCode, H, T) {
    fn describe(operation: &mut Description<'_>) {
        operation.with_status(None, None, T::describe);
    }
}

impl<T: OperationOutput, E: OperationOutput> OperationOutput for Result<T, E> {
    fn describe(operation: &mut Description<'_>) {
        T::describe(operation);
        operation.as_error(E::describe);
    }
}

impl OperationOutput for ServiceError {}
