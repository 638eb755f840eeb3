//! Answers with another address.
//! Deliberately takes any text: what an address must not contain is percent-encoded.

use std::borrow::Cow;

use ::http::StatusCode;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::{IntoResponse, Response};

/// What no URI has. Everything that is not ASCII is encoded in any case.
const NOT_IN_A_URI: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'}');

/// Sends the client to another address.
///
/// ```
/// # use mikros_sdk::prelude::*;
/// use mikros_sdk::http::Redirect;
///
/// async fn create() -> Redirect {
///     Redirect::to("/items/7")
/// }
/// # struct Shop;
/// # drop(Router::<Shop>::new().post("/items", create));
/// ```
///
/// The address is what the client sees: it includes the `base_path` of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    status: StatusCode,
    location: String,
}

impl Redirect {
    /// 303: fetch the result of this request with `GET` from there. What a form is answered with.
    pub fn to(location: impl AsRef<str>) -> Self {
        Self::new(StatusCode::SEE_OTHER, location.as_ref())
    }

    /// 307: send the same request to this address, this time.
    pub fn temporary(location: impl AsRef<str>) -> Self {
        Self::new(StatusCode::TEMPORARY_REDIRECT, location.as_ref())
    }

    /// 308: send the same request to this address, from now on. Clients remember it.
    pub fn permanent(location: impl AsRef<str>) -> Self {
        Self::new(StatusCode::PERMANENT_REDIRECT, location.as_ref())
    }

    /// The address.
    pub fn location(&self) -> &str {
        &self.location
    }

    fn new(status: StatusCode, location: &str) -> Self {
        let encoded: Cow<'_, str> = utf8_percent_encode(location, NOT_IN_A_URI).into();
        Self { status, location: encoded.into_owned() }
    }
}

impl IntoResponse for Redirect {
    fn into_response(self) -> Response {
        Response::new(self.status).with_header("location", self.location)
    }
}
