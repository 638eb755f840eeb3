//! Extracts the body as it is: bytes, text, or in pieces.
//! Deliberately ignores the content type: whoever asks for a `String` takes any text.

use std::future::{Future, ready};

use bytes::Bytes;

use super::{FromRequest, OptionalFromRequest, Rejection, Request};
use crate::http::{Body, FieldError, Location};

impl<S> FromRequest<S> for Body {
    fn from_request(
        request: Request,
        _service: &'static S,
    ) -> impl Future<Output = Result<Self, Rejection>> {
        ready(Ok(request.into_body()))
    }
}

impl<S> FromRequest<S> for Bytes {
    async fn from_request(request: Request, _service: &'static S) -> Result<Self, Rejection> {
        Ok(request.into_body().bytes().await?)
    }
}

impl<S> OptionalFromRequest<S> for Bytes {
    async fn from_request(
        request: Request,
        _service: &'static S,
    ) -> Result<Option<Self>, Rejection> {
        let bytes = request.into_body().bytes().await?;
        Ok((!bytes.is_empty()).then_some(bytes))
    }
}

impl<S> FromRequest<S> for String {
    async fn from_request(request: Request, _service: &'static S) -> Result<Self, Rejection> {
        let bytes = request.into_body().bytes().await?;
        Self::from_utf8(bytes.into()).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            FieldError::new(Location::Body, "", format!("must be UTF-8, but byte {at} is not"))
                .into()
        })
    }
}

impl<S> OptionalFromRequest<S> for String {
    async fn from_request(
        request: Request,
        service: &'static S,
    ) -> Result<Option<Self>, Rejection> {
        let text: Self = <Self as FromRequest<S>>::from_request(request, service).await?;
        Ok((!text.is_empty()).then_some(text))
    }
}
