//! Extracts the parameters of the route.
//! Deliberately matches nothing: that is done before an extractor runs.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;

use super::{FromHead, OptionalFromHead, Rejection};
use crate::http::Head;
use crate::http::values::Values;

/// The parameters of the route, percent-decoded.
///
/// `T` is the type of the only parameter, a tuple in the order of the route, or a struct with
/// fields of the parameters' names. `Option<Path<T>>` is `None` when the route has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Path<T>(pub T);

impl<S, T: DeserializeOwned> FromHead<S> for Path<T> {
    async fn from_head(head: &Head, _service: &'static S) -> Result<Self, Rejection> {
        decode(head).into_parameters().map(Path)
    }

    fn check_route(parameters: &[&str]) -> Result<(), String> {
        check::<T>(parameters)
    }
}

impl<S, T: DeserializeOwned> OptionalFromHead<S> for Path<T> {
    async fn from_head(head: &Head, service: &'static S) -> Result<Option<Self>, Rejection> {
        if head.parameters().len() == 0 {
            return Ok(None);
        }
        <Self as FromHead<S>>::from_head(head, service).await.map(Some)
    }

    fn check_route(parameters: &[&str]) -> Result<(), String> {
        if parameters.is_empty() { Ok(()) } else { check::<T>(parameters) }
    }
}

fn check<T: DeserializeOwned>(parameters: &[&str]) -> Result<(), String> {
    let mut values = Values::default();
    for name in parameters {
        values.add(Cow::Borrowed(name), None);
    }
    values.check_parameters::<T>()
}

fn decode(head: &Head) -> Values<'_> {
    let mut values = Values::default();
    for (name, value) in head.parameters() {
        values.add(Cow::Borrowed(name), percent_decode_str(value).decode_utf8().ok());
    }
    values
}
