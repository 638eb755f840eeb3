//! Extracts the query.
//! Deliberately knows one encoding only: `application/x-www-form-urlencoded`.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;

use super::{FromHead, Rejection};
use crate::http::values::Values;
use crate::http::{Head, Location};

/// The query, as a struct or a map.
///
/// A field that is a list takes all values of its name (`tag=a&tag=b`); any other field must occur at
/// most once. `Option` fields may be missing, `#[serde(default)]` works. `Option<Query<T>>` is `None`
/// when the target has no query.
///
/// It understands what HTML forms send. `on`, which stands for a ticked box, is `true`. A field that is left empty
/// (`min=`) is an empty string to a string; to any type that refuses an empty text, such as a number, it counts as
/// not sent.
///
/// Numbers and booleans must be plain values, so `#[serde(flatten)]` works for strings only: serde
/// hides from the extractor which type it wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Query<T>(pub T);

impl<S, T: DeserializeOwned> FromHead<S> for Query<T> {
    async fn from_head(head: &Head, _service: &'static S) -> Result<Self, Rejection> {
        parse(head.query().unwrap_or_default()).into_fields(Location::Query).map(Query)
    }
}

impl<S, T: DeserializeOwned> FromHead<S> for Option<Query<T>> {
    async fn from_head(head: &Head, service: &'static S) -> Result<Self, Rejection> {
        match head.query() {
            None | Some("") => Ok(None),
            Some(_) => Query::from_head(head, service).await.map(Some),
        }
    }
}

/// Names with all their values, in the order in which they first occur.
fn parse(query: &str) -> Values<'_> {
    let mut values = Values::default();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        // A name that cannot be decoded belongs to no field; it stays as it is.
        values.add(decode(name).unwrap_or(Cow::Borrowed(name)), decode(value));
    }
    values
}

/// `None` when it is not UTF-8.
fn decode(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains(['+', '%']) {
        return Some(Cow::Borrowed(text));
    }
    // In forms `+` means a blank, and `%2B` a plus: hence before the rest is decoded.
    let text = text.replace('+', " ");
    percent_decode_str(&text).decode_utf8().ok().map(|text| Cow::Owned(text.into_owned()))
}
