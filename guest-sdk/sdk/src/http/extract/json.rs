//! Extracts a JSON body; the same type answers with JSON.
//! Deliberately slow only with a body that does not fit: it is read again to find all that is wrong with it.

mod access;
mod cursor;
mod misfit;
mod path;
mod reader;
mod syntax;

use serde::de::DeserializeOwned;

use super::{FromRequest, OptionalFromRequest, Rejection, Request, media_type, optional};
use crate::http::{FieldError, Head, Location};

/// The byte order mark in UTF-8.
const MARK: &str = "\u{feff}";

/// A JSON body: as an extractor the request's, as an answer the response's.
///
/// The request must say that it is JSON (`application/json` or `application/…+json`), otherwise it
/// is answered 415. `Option<Json<T>>` is `None` when there is no body.
///
/// A byte order mark at the start is skipped, as RFC 8259 §8.1 allows: some programs write one, and their users can do
/// nothing about it. JSON is UTF-8; other encodings are answered 400 with a text that names them.
///
/// # What a client is told
///
/// A body that is no JSON is a 400 that says what is wrong in which line and column. A body that does not fit `T` is a
/// 400 that names each field that does not, as `items[3].price`, up to 32 of them. What is in doubt is not
/// named. The search ends at a field that leaves the rest in doubt, so that later ones are not named either: a wrong tag
/// of an enum, a value that `T` reads without telling serde what it expects (`untagged`, `flatten`), a type that refuses
/// every stand-in, or a rule of `T` as a whole. Of a body of more than 64 KiB only the first field is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Json<T>(pub T);

impl<S, T: DeserializeOwned> FromRequest<S> for Json<T> {
    async fn from_request(request: Request, _service: &'static S) -> Result<Self, Rejection> {
        let (head, body) = request.into_parts();
        if !is_json(&head) {
            return Err(media_type::unsupported(&head, "application/json"));
        }
        parse(&body.bytes().await?).map(Self).map_err(Rejection::Fields)
    }
}

impl<S, T: DeserializeOwned> OptionalFromRequest<S> for Json<T> {
    async fn from_request(
        request: Request,
        service: &'static S,
    ) -> Result<Option<Self>, Rejection> {
        match optional::with_body(request).await? {
            Some(request) => {
                <Self as FromRequest<S>>::from_request(request, service).await.map(Some)
            }
            None => Ok(None),
        }
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Vec<FieldError>> {
    let json = bytes.strip_prefix(MARK.as_bytes()).unwrap_or(bytes);
    serde_json::from_slice(json).map_err(|error| explain(bytes, &error, misfit::all::<T>))
}

/// What is wrong with a body, of which `error` is the first that the parser has met.
#[cold]
#[inline(never)]
fn explain(
    bytes: &[u8],
    error: &serde_json::Error,
    misfits: fn(&str) -> Vec<FieldError>,
) -> Vec<FieldError> {
    let message = match syntax::check(bytes) {
        Ok(text) => match misfits(text) {
            none if none.is_empty() => {
                format!("the body does not fit: {}", syntax::in_words(error))
            }
            misfits => return misfits,
        },
        Err(message) => message,
    };
    vec![FieldError::new(Location::Body, "", message)]
}

/// RFC 8259 §11 and the suffix of RFC 6839 §3.1.
fn is_json(head: &Head) -> bool {
    let essence = media_type::essence(head);
    let subtype = essence.strip_prefix("application/");
    subtype.is_some_and(|subtype| subtype == "json" || subtype.ends_with("+json"))
}
