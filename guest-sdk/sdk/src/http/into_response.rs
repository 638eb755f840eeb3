//! What a handler may return.
//! Deliberately leaves errors as they are: how they look is the same for all services.

mod attachment;
mod html;
mod redirect;

use ::http::{HeaderMap, StatusCode};
use bytes::Bytes;
use serde::Serialize;

use super::{Body, Json, Response};
use crate::error::ServiceError;

pub use attachment::Attachment;
pub use html::Html;
pub use redirect::Redirect;

const TEXT: &str = "content-type: text/plain; charset=utf-8\r\n";
const BYTES: &str = "content-type: application/octet-stream\r\n";
const JSON: &str = "content-type: application/json\r\n";

/// Something that a handler may return.
///
/// | type | response |
/// |---|---|
/// | `&'static str`, `String` | 200, `text/plain; charset=utf-8` |
/// | `Vec<u8>`, `&'static [u8]`, [`Bytes`] | 200, `application/octet-stream` |
/// | [`Body`] | 200, no content type |
/// | [`Json<T>`] | 200, `application/json` |
/// | [`Html<T>`] | 200, `text/html; charset=utf-8` |
/// | [`Redirect`] | 303, 307 or 308 with `location` |
/// | [`Attachment<T>`] | `T`, to be saved |
/// | [`Sse`](super::Sse) | 200, `text/event-stream` |
/// | `()` | 204 |
/// | [`StatusCode`] | that status, no body |
/// | `(StatusCode, T)` | `T` with that status |
/// | `(headers, T)` | `T` with those [header fields](IntoHeaders), which replace its own |
/// | `(StatusCode, headers, T)` | and with that status |
/// | [`Response`] | itself |
/// | [`ServiceError`] | JSON with the status of its kind |
/// | [`Result<T, E>`] | `T`, or `E`, which is usually a [`ServiceError`] |
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the answer of a handler",
    label = "does not implement `IntoResponse`",
    note = "return text, bytes, `Json(value)`, a `StatusCode`, `(StatusCode, body)`, a `Response`, or a `Result` of those"
)]
pub trait IntoResponse {
    /// Makes the response. What cannot be made is one that stands for an [error](Response::error).
    fn into_response(self) -> Response;
}

/// Header fields of a response: pairs of name and value in an array or a [`Vec`], a [`HeaderMap`], or two of those
/// in a tuple.
pub trait IntoHeaders {
    /// Sets the fields, replacing those of the same name; a name that occurs twice in `self` is
    /// sent twice.
    fn apply_to(self, response: Response) -> Response;
}

impl IntoResponse for Response {
    fn into_response(self) -> Response {
        self
    }
}

impl<T: IntoResponse, E: IntoResponse> IntoResponse for Result<T, E> {
    fn into_response(self) -> Response {
        match self {
            Ok(value) => value.into_response(),
            Err(error) => error.into_response(),
        }
    }
}

impl IntoResponse for ServiceError {
    fn into_response(self) -> Response {
        Response::of_error(self)
    }
}

impl IntoResponse for () {
    fn into_response(self) -> Response {
        Response::new(StatusCode::NO_CONTENT)
    }
}

impl IntoResponse for StatusCode {
    fn into_response(self) -> Response {
        Response::new(self)
    }
}

impl IntoResponse for Body {
    fn into_response(self) -> Response {
        Response::new(StatusCode::OK).with_body(self)
    }
}

macro_rules! whole {
    ($($type:ty: $lines:expr),* $(,)?) => {$(
        impl IntoResponse for $type {
            fn into_response(self) -> Response {
                Response::with_lines($lines, self)
            }
        }
    )*};
}

whole! { &'static str: TEXT, String: TEXT, &'static [u8]: BYTES, Vec<u8>: BYTES, Bytes: BYTES }

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(text) => Response::with_lines(JSON, text),
            Err(error) => ServiceError::from(error).into_response(),
        }
    }
}

impl<T: IntoResponse> IntoResponse for (StatusCode, T) {
    fn into_response(self) -> Response {
        let response = self.1.into_response();
        // What failed is not what the status was meant for.
        if response.error().is_some() { response } else { response.with_status(self.0) }
    }
}

impl<H: IntoHeaders, T: IntoResponse> IntoResponse for (StatusCode, H, T) {
    fn into_response(self) -> Response {
        let response = (self.0, self.2).into_response();
        if response.error().is_some() { response } else { self.1.apply_to(response) }
    }
}

impl<H: IntoHeaders, T: IntoResponse> IntoResponse for (H, T) {
    fn into_response(self) -> Response {
        let response = self.1.into_response();
        if response.error().is_some() { response } else { self.0.apply_to(response) }
    }
}

impl<A: IntoHeaders, B: IntoHeaders> IntoHeaders for (A, B) {
    fn apply_to(self, response: Response) -> Response {
        self.1.apply_to(self.0.apply_to(response))
    }
}

impl<N: AsRef<str>, V: AsRef<[u8]>, const COUNT: usize> IntoHeaders for [(N, V); COUNT] {
    fn apply_to(self, response: Response) -> Response {
        apply(&self, response)
    }
}

impl<N: AsRef<str>, V: AsRef<[u8]>> IntoHeaders for Vec<(N, V)> {
    fn apply_to(self, response: Response) -> Response {
        apply(&self, response)
    }
}

impl IntoHeaders for HeaderMap {
    fn apply_to(self, response: Response) -> Response {
        let pairs: Vec<_> = self.iter().collect();
        apply(&pairs, response)
    }
}

fn apply<N: AsRef<str>, V: AsRef<[u8]>>(pairs: &[(N, V)], mut response: Response) -> Response {
    for (index, (name, value)) in pairs.iter().enumerate() {
        let name = name.as_ref();
        let is_first =
            !pairs[..index].iter().any(|(key, _)| key.as_ref().eq_ignore_ascii_case(name));
        if is_first {
            response.set_header(name, value.as_ref());
        } else {
            response.append_header(name, value.as_ref());
        }
    }
    response
}
