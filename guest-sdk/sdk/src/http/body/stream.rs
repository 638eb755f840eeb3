//! Bodies as streams and readers, in both directions.
//! Deliberately from `futures`: what other libraries take, not something of our own.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::{fmt, io};

use bytes::Bytes;
use futures_util::io::{AsyncBufRead, AsyncRead, AsyncReadExt as _};
use futures_util::stream::{Stream, StreamExt as _, TryStreamExt as _, unfold};

use super::{Body, BodyError};
use crate::error::{Result, ServiceError};

/// How much of a reader is sent at a time, in bytes.
const CHUNK: usize = 16 * 1024;

/// The pieces of a [`Body`]; made by [`Body::into_stream`].
///
/// `Send` and with an error that is a [`std::error::Error`], as libraries demand it.
#[must_use = "a stream does nothing unless it is read"]
pub struct BodyStream(Body);

impl Body {
    /// A body of pieces that come from somewhere else: a stream with an error of any kind.
    ///
    /// Like [`Body::stream`], which infers the type of the error.
    pub fn from_stream<S, B, E>(stream: S) -> Self
    where
        S: Stream<Item = std::result::Result<B, E>> + 'static,
        B: Into<Bytes>,
        E: Into<ServiceError>,
    {
        Self::stream(stream.map(|chunk| chunk.map_err(Into::into)))
    }

    /// A body that is read from `reader` in pieces of at most 16 KiB.
    ///
    /// An error of the reader ends the body, as in [`Body::stream`].
    ///
    /// ```
    /// use mikros_sdk::http::Body;
    ///
    /// let body = Body::from_reader(&b"any futures::io::AsyncRead"[..]);
    /// # drop(body);
    /// ```
    pub fn from_reader(reader: impl AsyncRead + 'static) -> Self {
        Self::stream(unfold(Box::pin(reader), async |mut reader| {
            let mut chunk = vec![0; CHUNK];
            match reader.read(&mut chunk).await {
                Ok(0) => None,
                Ok(length) => {
                    chunk.truncate(length);
                    Some((Ok(chunk), reader))
                }
                Err(error) => Some((Err(error.into()), reader)),
            }
        }))
    }

    /// The pieces as a stream for libraries that read streams.
    ///
    /// An upload, for example, without having it in memory:
    ///
    /// ```
    /// # use mikros_sdk::prelude::*;
    /// # #[cfg(feature = "multipart")]
    /// async fn upload(request: Request) -> Result<String> {
    ///     let (head, body) = request.into_parts();
    ///     let boundary = multer::parse_boundary(head.header("content-type").unwrap_or_default())?;
    ///     let mut parts = multer::Multipart::new(body.into_stream(), boundary);
    ///     let mut length = 0;
    ///     while let Some(mut part) = parts.next_field().await? {
    ///         while let Some(chunk) = part.chunk().await? {
    ///             length += chunk.len();
    ///         }
    ///     }
    ///     Ok(format!("{length} bytes"))
    /// }
    /// ```
    pub fn into_stream(self) -> BodyStream {
        BodyStream(self)
    }

    /// The body as a reader for libraries that read lines, records or archives.
    ///
    /// ```
    /// # use mikros_sdk::prelude::*;
    /// use futures_util::AsyncBufReadExt as _;
    ///
    /// async fn sum(body: Body) -> Result<String> {
    ///     let (mut reader, mut line, mut sum) = (body.into_reader(), String::new(), 0);
    ///     while reader.read_line(&mut line).await? > 0 {
    ///         let (_name, amount) = line.trim_end().split_once(',').or_invalid_arguments("no comma")?;
    ///         sum += amount.parse::<u64>().or_invalid_arguments("not a number")?;
    ///         line.clear();
    ///     }
    ///     Ok(sum.to_string())
    /// }
    /// ```
    ///
    /// `tokio-util`'s `StreamReader` makes one for libraries of `tokio` out of
    /// `body.into_stream().map_err(io::Error::other)`.
    pub fn into_reader(self) -> impl AsyncBufRead + Send + Unpin + 'static {
        self.into_stream().map_err(io::Error::other).into_async_read()
    }
}

impl Stream for BodyStream {
    type Item = Result<Bytes, BodyError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let chunk = self.0.poll_chunk(context);
        chunk.map(|chunk| Some(chunk?.map_err(BodyError::from_service)))
    }
}

impl fmt::Debug for BodyStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BodyStream").field(&self.0).finish()
    }
}
