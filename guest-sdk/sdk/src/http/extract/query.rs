//! Extracts the query.
//! Deliberately knows one encoding only: `application/x-www-form-urlencoded`.

use serde::de::DeserializeOwned;

use super::{FromHead, OptionalFromHead, Rejection};
use crate::http::values::urlencoded;
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
        urlencoded::parse(head.query().unwrap_or_default()).into_fields(Location::Query).map(Query)
    }
}

impl<S, T: DeserializeOwned> OptionalFromHead<S> for Query<T> {
    async fn from_head(head: &Head, service: &'static S) -> Result<Option<Self>, Rejection> {
        match head.query() {
            None | Some("") => Ok(None),
            Some(_) => <Self as FromHead<S>>::from_head(head, service).await.map(Some),
        }
    }
}
