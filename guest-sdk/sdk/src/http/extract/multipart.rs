//! Extracts `multipart/form-data`, field by field as it arrives.
//! Deliberately keeps nothing in memory that the service does not ask for.

mod pieces;

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use ::http::HeaderMap;
use bytes::{Bytes, BytesMut};
use futures_util::stream::Stream;

use self::pieces::{Pieces, Uneventful};
use super::{FromRequest, OptionalFromRequest, Rejection, Request, media_type};
use crate::error::{Result, ServiceError};
use crate::http::body_error;

const FORM_DATA: &str = "multipart/form-data";

/// The fields of a form with files, one after the other as they arrive.
///
/// The request must be `multipart/form-data`, otherwise it is answered 415. `Option<Multipart>` is `None` when it has no
/// content type. Needs the feature `multipart`.
///
/// ```
/// # use mikros_sdk::prelude::*;
/// use mikros_sdk::http::Multipart;
///
/// async fn upload(mut form: Multipart) -> Result<String> {
///     let mut length = 0;
///     while let Some(mut field) = form.next_field().await? {
///         let name = field.name().unwrap_or_default().to_owned();
///         while let Some(chunk) = field.chunk().await? {
///             length += chunk.len();
///         }
///         log::info!("a field has arrived", name);
///     }
///     Ok(format!("{length} bytes"))
/// }
/// # struct Shop;
/// # drop(Router::<Shop>::new().post("/", upload));
/// ```
#[derive(Debug)]
pub struct Multipart {
    form: multer::Multipart<'static>,
    /// The field that the service has, or has had.
    field: Option<multer::Field<'static>>,
    uneventful: Uneventful,
}

/// One field of a [`Multipart`].
///
/// It is a stream of its chunks, too. What is not read of it is skipped by [`Multipart::next_field`].
#[derive(Debug)]
pub struct Field<'form>(&'form mut Option<multer::Field<'static>>);

impl Multipart {
    /// The next field, `None` at the end.
    ///
    /// # Errors
    ///
    /// Invalid arguments when the body is not what its content type says, or no field begins within 64 KiB of it, and
    /// the error of the body.
    pub async fn next_field(&mut self) -> Result<Option<Field<'_>>> {
        // Kept until all of it has come: the future may be dropped meanwhile.
        if let Some(rest) = &mut self.field {
            while next_chunk(rest).await?.is_some() {}
            self.field = None;
        }
        self.uneventful.begins();
        let field = self.form.next_field().await.map_err(|error| to_service_error(&error))?;
        self.uneventful.ends();
        self.field = field;
        Ok(self.field.is_some().then_some(Field(&mut self.field)))
    }
}

impl Field<'_> {
    /// The name of the field.
    pub fn name(&self) -> Option<&str> {
        self.inner().name()
    }

    /// The name of the file, if it is one. The client has chosen it: it is no path to be trusted.
    pub fn file_name(&self) -> Option<&str> {
        self.inner().file_name()
    }

    /// The content type, if there is one. The client has chosen it.
    pub fn content_type(&self) -> Option<&str> {
        self.inner().content_type().map(AsRef::as_ref)
    }

    /// All header fields of this field.
    pub fn headers(&self) -> &HeaderMap {
        self.inner().headers()
    }

    /// The next chunk, `None` at the end of the field.
    ///
    /// # Errors
    ///
    /// As [`Multipart::next_field`].
    pub async fn chunk(&mut self) -> Result<Option<Bytes>> {
        next_chunk(self.inner_mut()).await
    }

    /// The whole field.
    ///
    /// # Errors
    ///
    /// As [`Multipart::next_field`].
    pub async fn bytes(mut self) -> Result<Bytes> {
        let mut whole = BytesMut::new();
        while let Some(chunk) = self.chunk().await? {
            whole.extend_from_slice(&chunk);
        }
        Ok(whole.freeze())
    }

    /// The whole field as text: UTF-8, unless its content type names another charset.
    ///
    /// # Errors
    ///
    /// As [`Multipart::next_field`].
    pub async fn text(self) -> Result<String> {
        self.into_inner().text().await.map_err(|error| to_service_error(&error))
    }

    fn into_inner(self) -> multer::Field<'static> {
        self.0.take().expect(HAS_FIELD)
    }

    fn inner(&self) -> &multer::Field<'static> {
        self.0.as_ref().expect(HAS_FIELD)
    }

    fn inner_mut(&mut self) -> &mut multer::Field<'static> {
        self.0.as_mut().expect(HAS_FIELD)
    }
}

const HAS_FIELD: &str = "only `text` takes it, and consumes its handle";

async fn next_chunk(field: &mut multer::Field<'static>) -> Result<Option<Bytes>> {
    field.chunk().await.map_err(|error| to_service_error(&error))
}

impl Stream for Field<'_> {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let chunk = Pin::new(self.inner_mut()).poll_next(context);
        chunk.map(|chunk| Some(chunk?.map_err(|error| to_service_error(&error))))
    }
}

impl<S> FromRequest<S> for Multipart {
    async fn from_request(request: Request, _service: &'static S) -> Result<Self, Rejection> {
        let (head, body) = request.into_parts();
        if media_type::essence(&head) != FORM_DATA {
            return Err(media_type::unsupported(&head, FORM_DATA));
        }
        let content_type = head.header("content-type").unwrap_or_default();
        let boundary = multer::parse_boundary(content_type).map_err(|_without| {
            ServiceError::invalid_arguments("the content type of the form has no boundary")
        })?;
        let uneventful = Uneventful::default();
        let pieces = Pieces::new(body.into_stream(), uneventful.clone());
        Ok(Self { form: multer::Multipart::new(pieces, boundary), field: None, uneventful })
    }
}

impl<S> OptionalFromRequest<S> for Multipart {
    async fn from_request(
        request: Request,
        service: &'static S,
    ) -> Result<Option<Self>, Rejection> {
        if request.head().header("content-type").is_none() {
            return Ok(None);
        }
        <Self as FromRequest<S>>::from_request(request, service).await.map(Some)
    }
}

/// A form that cannot be read is the client's fault, unless it is the body that failed.
fn to_service_error(error: &multer::Error) -> ServiceError {
    let reason: &dyn fmt::Display = match error {
        multer::Error::IncompleteFieldData { .. }
        | multer::Error::IncompleteHeaders
        | multer::Error::IncompleteStream => &"it ends too early",
        error => error,
    };
    let message = format!("the form cannot be read: {reason}");
    body_error(error).unwrap_or_else(|| ServiceError::invalid_arguments(message))
}
