//! Extracts and sends header fields that have a type in the crate `headers`.
//! Deliberately knows no header field by name: that crate does.

use ::http::HeaderMap;
use headers::{Header, HeaderMapExt as _};

use super::{FromHead, OptionalFromHead, Rejection};
use crate::http::{FieldError, Head, IntoHeaders, Location, Response};

/// A header field with a type of the crate [`headers`], from a request or for a response.
///
/// A request without it, or with one that does not fit, is answered 400. `Option<TypedHeader<T>>` is `None` when there
/// is none. In a response it stands before the body. Needs the feature `typed-header`.
///
/// ```
/// # use mikros_sdk::prelude::*;
/// use mikros_sdk::http::{TypedHeader, headers};
///
/// async fn browser(
///     TypedHeader(agent): TypedHeader<headers::UserAgent>,
/// ) -> (TypedHeader<headers::CacheControl>, String) {
///     (TypedHeader(headers::CacheControl::new().with_no_store()), agent.to_string())
/// }
/// # struct Shop;
/// # drop(Router::<Shop>::new().get("/", browser));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TypedHeader<T>(pub T);

impl<S, T: Header> FromHead<S> for TypedHeader<T> {
    async fn from_head(head: &Head, service: &'static S) -> Result<Self, Rejection> {
        let found = <Self as OptionalFromHead<S>>::from_head(head, service).await?;
        found.ok_or_else(|| wrong::<T>("is missing"))
    }
}

impl<S, T: Header> OptionalFromHead<S> for TypedHeader<T> {
    async fn from_head(head: &Head, _service: &'static S) -> Result<Option<Self>, Rejection> {
        if !head.header_lines().any(|(name, _)| name == T::name().as_str()) {
            return Ok(None);
        }
        let value = head.headers().typed_try_get::<T>();
        match value.map_err(|_malformed| wrong::<T>("does not have the right form"))? {
            Some(value) => Ok(Some(Self(value))),
            None => Ok(None),
        }
    }
}

fn wrong<T: Header>(message: &str) -> Rejection {
    FieldError::new(Location::Header, T::name().as_str(), message).into()
}

impl<T: Header> IntoHeaders for TypedHeader<T> {
    fn apply_to(self, response: Response) -> Response {
        let mut map = HeaderMap::new();
        map.typed_insert(self.0);
        map.apply_to(response)
    }
}
