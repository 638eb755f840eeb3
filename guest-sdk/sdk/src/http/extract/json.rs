//! Extracts a JSON body; the same type answers with JSON.
//! Deliberately reports the first thing that is wrong with a body only: serde stops there.

use serde::de::DeserializeOwned;

use super::{FromRequest, OptionalFromRequest, Rejection, Request, media_type, optional};
use crate::http::values::number;
use crate::http::{FieldError, Head, Location};

/// A JSON body: as an extractor the request's, as an answer the response's.
///
/// The request must say that it is JSON (`application/json` or `application/…+json`), otherwise it
/// is answered 415. A byte order mark at its start does not count. A body that does not fit `T` is a 400 that
/// names the path of the first field that is wrong. `Option<Json<T>>` is `None` when there is no body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Json<T>(pub T);

impl<S, T: DeserializeOwned> FromRequest<S> for Json<T> {
    async fn from_request(request: Request, _service: &'static S) -> Result<Self, Rejection> {
        let (head, body) = request.into_parts();
        if !is_json(&head) {
            return Err(media_type::unsupported(&head, "application/json"));
        }
        parse(&body.bytes().await?)
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

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<Json<T>, Rejection> {
    // RFC 8259 section 8.1: a byte order mark may be ignored. Some programs put one in front.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        // The path means something only when the text is JSON; `.` is the whole document.
        let is_whole = path == "." || !error.inner().is_data();
        let name = if is_whole { String::new() } else { path };
        let is_blank = bytes.trim_ascii().is_empty();
        let message = error.into_inner().to_string();
        let message = if is_blank { "is empty".to_owned() } else { in_words(message) };
        FieldError::new(Location::Body, name, message)
    })?;
    json.end().map_err(|error| FieldError::new(Location::Body, "", error.to_string()))?;
    Ok(Json(value))
}

/// serde's message, which names types of Rust, for people who do not know them.
fn in_words(message: String) -> String {
    let Some((start, expected)) = message.rsplit_once(", expected ") else { return message };
    let type_name = expected.split(' ').next().unwrap_or_default();
    match number::in_words(type_name) {
        Some(words) => format!("{start}, expected {words}{}", &expected[type_name.len()..]),
        None => message,
    }
}

/// RFC 8259 §11 and the suffix of RFC 6839 §3.1.
fn is_json(head: &Head) -> bool {
    let essence = media_type::essence(head);
    let subtype = essence.strip_prefix("application/");
    subtype.is_some_and(|subtype| subtype == "json" || subtype.ends_with("+json"))
}
