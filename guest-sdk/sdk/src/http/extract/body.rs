//! Extracts the body as text.
//! Deliberately ignores the content type: whoever asks for a `String` takes any text.

use super::{FromRequest, Rejection, Request};
use crate::http::{FieldError, Location};

impl<S> FromRequest<S> for String {
    async fn from_request(request: Request, _service: &'static S) -> Result<Self, Rejection> {
        let bytes = request.into_body().bytes().await?;
        Self::from_utf8(bytes.into()).map_err(|error| {
            FieldError::new(Location::Body, "", error.utf8_error().to_string()).into()
        })
    }
}
