//! Extracts header fields into a struct.
//! Deliberately knows no header field by name.

use std::borrow::Cow;

use serde::de::DeserializeOwned;

use super::{FromHead, Rejection};
use crate::http::values::Values;
use crate::http::{Head, HeaderMap, Location};

/// Header fields, as a struct whose fields have their names in lower case.
///
/// `#[serde(rename_all = "kebab-case")]` makes `if_match` read `if-match`. A field that is a list
/// takes all lines of its name; any other field must occur at most once. For raw access take a
/// [`HeaderMap`] or [`Head::header`].
///
/// ```
/// # use mikros_sdk::prelude::*;
/// #[derive(serde::Deserialize)]
/// #[serde(rename_all = "kebab-case")]
/// struct Conditions {
///     if_match: String,
///     x_attempt: Option<u32>,
/// }
///
/// async fn replace(Headers(conditions): Headers<Conditions>) -> String {
///     conditions.if_match
/// }
/// # struct Shop;
/// # drop(Router::<Shop>::new().put("/", replace));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Headers<T>(pub T);

impl<S, T: DeserializeOwned> FromHead<S> for Headers<T> {
    async fn from_head(head: &Head, _service: &'static S) -> Result<Self, Rejection> {
        let mut values = Values::default();
        for (name, value) in head.header_lines() {
            let value = std::str::from_utf8(value).ok().map(Cow::Borrowed);
            values.add(Cow::Borrowed(name), value);
        }
        values.into_fields(Location::Header).map(Headers)
    }
}

impl<S> FromHead<S> for HeaderMap {
    async fn from_head(head: &Head, _service: &'static S) -> Result<Self, Rejection> {
        Ok(head.headers().clone())
    }
}
