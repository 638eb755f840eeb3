//! Conditional and partial requests: `ETag`, `Last-Modified`, `If-…` and `Range`, as RFC 9110 §13 and §14 have them.
//! Deliberately stores nothing: what a version of something is called is the service's to know.

mod date;
mod etag;
mod range;

use std::time::SystemTime;

use ::http::{Method, StatusCode};

use self::range::Selected;
use super::{Body, FromHead, Head, IntoResponse, Rejection, Response};
use crate::error::ServiceError;

pub use etag::ETag;

/// The conditions under which a request is to be answered: an extractor.
///
/// It answers 304 when the client has the current version already, 206 with the part that it asked for, 416 when there
/// is no such part, and 412 when the client wanted to change another version:
///
/// ```
/// # use mikros_sdk::prelude::*;
/// use mikros_sdk::http::{Conditions, ETag, Validators};
///
/// # struct Shop;
/// # impl Shop { fn load(&self, _id: u64) -> (Vec<u8>, u64) { (Vec::new(), 1) } }
/// impl Shop {
///     async fn picture(&self, Path(id): Path<u64>, conditions: Conditions) -> Response {
///         let (picture, version) = self.load(id);
///         let validators = Validators::new().with_etag(ETag::strong(version.to_string()));
///         conditions.respond(&validators, picture)
///     }
///
///     async fn replace(&self, Path(id): Path<u64>, conditions: Conditions) -> Result<Response> {
///         let (_, version) = self.load(id);
///         let validators = Validators::new().with_etag(ETag::strong(version.to_string()));
///         if let Some(answer) = conditions.answer(&validators) {
///             return Ok(answer);
///         }
///         // Nobody else has changed it meanwhile: store it.
///         Ok(StatusCode::NO_CONTENT.into_response())
///     }
/// }
/// # drop(Router::new().get("/{id}", Shop::picture).put("/{id}", Shop::replace));
/// ```
///
/// Where making the answer is expensive, ask [`Conditions::answer`] first.
#[derive(Debug, Clone, Default)]
pub struct Conditions {
    /// Whether the method is `GET` or `HEAD`.
    reads: bool,
    if_match: Option<String>,
    if_none_match: Option<String>,
    if_modified_since: Option<SystemTime>,
    if_unmodified_since: Option<SystemTime>,
    if_range: Option<String>,
    range: Option<String>,
}

/// What tells versions of something apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    etag: Option<ETag>,
    last_modified: Option<SystemTime>,
}

impl Validators {
    /// Nothing yet: the client cannot tell versions apart.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the tag of this version.
    #[must_use]
    pub fn with_etag(mut self, etag: ETag) -> Self {
        self.etag = Some(etag);
        self
    }

    /// Sets when this version was made. Whole seconds; an [`ETag`] is more exact.
    #[must_use]
    pub fn with_last_modified(mut self, time: SystemTime) -> Self {
        self.last_modified = Some(date::whole_seconds(time));
        self
    }

    fn apply_to(&self, response: &mut Response) {
        if let Some(etag) = &self.etag {
            response.set_header("etag", etag.as_str().as_bytes());
        }
        if let Some(time) = self.last_modified {
            response.set_header("last-modified", date::format(time).as_bytes());
        }
    }
}

impl<S> FromHead<S> for Conditions {
    async fn from_head(head: &Head, _service: &'static S) -> Result<Self, Rejection> {
        Ok(Self::of(head))
    }
}

impl Conditions {
    /// The conditions of a request. Those that cannot be read are ignored, as HTTP demands.
    pub fn of(head: &Head) -> Self {
        let date = |name| head.header(name).and_then(date::parse);
        let is_get = *head.method() == Method::GET;
        Self {
            reads: is_get || *head.method() == Method::HEAD,
            if_match: lines(head, "if-match"),
            if_none_match: lines(head, "if-none-match"),
            if_modified_since: date("if-modified-since"),
            if_unmodified_since: date("if-unmodified-since"),
            if_range: lines(head, "if-range"),
            // Of all methods, only `GET` knows ranges.
            range: lines(head, "range").filter(|_| is_get),
        }
    }

    /// The answer to a request whose conditions do not hold for the current version: 304 or 412. `None`: go on.
    pub fn answer(&self, current: &Validators) -> Option<Response> {
        self.refused(current).map(|status| {
            let mut response = match status {
                StatusCode::NOT_MODIFIED => Response::new(status),
                _ => return precondition_failed().into_response(),
            };
            current.apply_to(&mut response);
            response
        })
    }

    /// Answers with `response`, the current version, or with what the conditions make of it.
    ///
    /// Sets `etag` and `last-modified`. Of a 200 whose body is known whole the client gets the range that it asked
    /// for; a request for several ranges gets the whole.
    pub fn respond(&self, current: &Validators, response: impl IntoResponse) -> Response {
        let mut response = response.into_response();
        if response.error().is_some() || !response.status().is_success() {
            return response;
        }
        current.apply_to(&mut response);
        match self.refused(current) {
            Some(StatusCode::NOT_MODIFIED) => return not_modified(response),
            Some(_) => return precondition_failed().into_response(),
            None => {}
        }
        let Some(length) = response.whole_length().filter(|_| self.reads) else { return response };
        if response.status() != StatusCode::OK {
            return response;
        }
        response.set_header("accept-ranges", b"bytes");
        match self.range.as_deref().filter(|_| self.if_range_holds(current)) {
            Some(range) => partial(response, range::select(range, length), length),
            None => response,
        }
    }

    /// RFC 9110 §13.2.2, steps 1 to 4: the status with which the request is refused.
    fn refused(&self, current: &Validators) -> Option<StatusCode> {
        let etag = current.etag.as_ref();
        let failed = match (&self.if_match, self.if_unmodified_since) {
            (Some(tags), _) => !etag::any_of(tags, |tag| etag.is_some_and(|etag| etag.is(tag))),
            (None, Some(date)) => current.last_modified.is_some_and(|modified| modified > date),
            (None, None) => false,
        };
        if failed {
            return Some(StatusCode::PRECONDITION_FAILED);
        }
        let has_it = match (&self.if_none_match, self.if_modified_since) {
            (Some(tags), _) => etag::any_of(tags, |tag| etag.is_some_and(|etag| etag.is_like(tag))),
            (None, Some(date)) if self.reads => {
                current.last_modified.is_some_and(|modified| modified <= date)
            }
            (None, _) => false,
        };
        let status =
            if self.reads { StatusCode::NOT_MODIFIED } else { StatusCode::PRECONDITION_FAILED };
        has_it.then_some(status)
    }

    /// Step 5: whether the rest of what the client has is a part of the current version.
    fn if_range_holds(&self, current: &Validators) -> bool {
        let Some(condition) = &self.if_range else { return true };
        match date::parse(condition) {
            Some(date) => current.last_modified == Some(date),
            None => current.etag.as_ref().is_some_and(|etag| etag.is(condition)),
        }
    }
}

/// The values of all lines with this name.
fn lines(head: &Head, name: &str) -> Option<String> {
    let values = head.header_lines().filter(|(key, _)| *key == name);
    let values: Vec<_> = values.map(|(_, value)| String::from_utf8_lossy(value)).collect();
    (!values.is_empty()).then(|| values.join(","))
}

/// Without the body and what describes it; the rest is what a cache renews.
fn not_modified(response: Response) -> Response {
    response.with_status(StatusCode::NOT_MODIFIED).with_body(Body::empty()).without_content_fields()
}

fn partial(mut response: Response, selected: Selected, length: usize) -> Response {
    match selected {
        Selected::Whole => response,
        Selected::Part(range) => {
            let (first, last) = (range.start, range.end - 1);
            let content_range = format!("bytes {first}-{last}/{length}");
            response.set_header("content-range", content_range.as_bytes());
            response.with_status(StatusCode::PARTIAL_CONTENT).with_part(range)
        }
        Selected::Nothing => {
            let error = ServiceError::invalid_arguments("the range lies outside of the content");
            Response::of_error(error.with_status(StatusCode::RANGE_NOT_SATISFIABLE))
                .with_header("content-range", format!("bytes */{length}"))
        }
    }
}

fn precondition_failed() -> ServiceError {
    ServiceError::precondition_failed("the current version is not the one that the request names")
}
