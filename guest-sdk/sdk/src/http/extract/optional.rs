//! `Option<T>` of extractors: a part that a request may do without.
//! Deliberately no way to swallow errors: what is there and wrong is a bad request all the same.

use super::{FromHead, FromRequest, Rejection, Request};
use crate::http::Head;

/// An extractor of the head whose part may be absent: then `Option<Self>` is `None`.
///
/// What is there and does not fit is rejected all the same; `Result<Self, Rejection>` is the extractor that accepts
/// everything.
pub trait OptionalFromHead<S>: Sized {
    /// Takes what it needs from the head, `None` when the request does not have it.
    ///
    /// # Errors
    ///
    /// As [`FromHead::from_head`].
    fn from_head(
        head: &Head,
        service: &'static S,
    ) -> impl Future<Output = Result<Option<Self>, Rejection>>;

    /// As [`FromHead::check_route`].
    #[doc(hidden)]
    fn check_route(_parameters: &[&str]) -> Result<(), String> {
        Ok(())
    }
}

/// An extractor of the body that may be absent: then `Option<Self>` is `None`.
pub trait OptionalFromRequest<S>: Sized {
    /// Takes what it needs from the request, `None` when the request does not have it.
    ///
    /// # Errors
    ///
    /// As [`FromRequest::from_request`].
    fn from_request(
        request: Request,
        service: &'static S,
    ) -> impl Future<Output = Result<Option<Self>, Rejection>>;
}

impl<S, T: OptionalFromHead<S>> FromHead<S> for Option<T> {
    fn from_head(
        head: &Head,
        service: &'static S,
    ) -> impl Future<Output = Result<Self, Rejection>> {
        T::from_head(head, service)
    }

    fn check_route(parameters: &[&str]) -> Result<(), String> {
        T::check_route(parameters)
    }
}

impl<S, T: OptionalFromRequest<S>> FromRequest<S> for Option<T> {
    fn from_request(
        request: Request,
        service: &'static S,
    ) -> impl Future<Output = Result<Self, Rejection>> {
        T::from_request(request, service)
    }
}

/// The request with its body in memory, `None` when that has no bytes. Only reading tells an empty stream from one
/// that has data.
pub(super) async fn with_body(request: Request) -> Result<Option<Request>, Rejection> {
    let (head, body) = request.into_parts();
    let bytes = body.bytes().await?;
    Ok((!bytes.is_empty()).then(|| Request::from_parts(head, bytes.into())))
}
