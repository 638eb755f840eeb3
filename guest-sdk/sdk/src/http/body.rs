//! Bodies of requests and responses: none, known whole, or a stream.
//! Deliberately knows nothing about content types.

mod convert;
#[cfg(target_family = "wasm")]
pub(crate) mod crossing;
mod error;
mod stream;

use std::borrow::Cow;
use std::fmt;
use std::future::poll_fn;
use std::ops::Range;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::stream::{LocalBoxStream, Stream, StreamExt as _};

use crate::error::{Result, ServiceError};
use crate::local::Local;

pub use error::BodyError;
#[cfg(feature = "tower")]
pub(crate) use error::among_causes;
pub(crate) use error::body_error;
pub use stream::BodyStream;

/// The body of a request or a response.
///
/// It is `Send` and an [`http_body::Body`]; [`Body::into_stream`] and [`Body::into_reader`] make of it what other
/// libraries read, [`Body::stream`], [`Body::from_stream`] and [`Body::from_reader`] take what they write.
///
/// Read a large one piece by piece:
///
/// ```
/// # use mikros_sdk::prelude::*;
/// async fn count(mut body: Body) -> Result<String> {
///     let mut length = 0;
///     while let Some(chunk) = body.next().await? {
///         length += chunk.len();
///     }
///     Ok(format!("{length} bytes"))
/// }
/// ```
#[derive(Default)]
pub struct Body(Content);

#[derive(Default)]
pub(crate) enum Content {
    #[default]
    Empty,
    Whole(Cow<'static, [u8]>),
    /// A component has one thread, so streams of services need not be `Send`. Libraries demand that bodies are:
    /// the wrapper checks that none ever leaves its thread.
    Stream {
        chunks: Local<LocalBoxStream<'static, Result<Bytes>>>,
        /// How many bytes are still to come, if that is known.
        remaining: Option<u64>,
    },
}

impl Body {
    /// A body of zero bytes.
    pub fn empty() -> Self {
        Self::default()
    }

    /// A body that is not known whole yet.
    ///
    /// An error of the stream ends the body; in a response the connection is then aborted, so that
    /// the client does not take what it got for the whole. The stream is dropped where it waits when
    /// the client goes away.
    pub fn stream<S, B>(stream: S) -> Self
    where
        S: Stream<Item = Result<B>> + 'static,
        B: Into<Bytes>,
    {
        let chunks = stream.map(|chunk| chunk.map(Into::into));
        let chunks = Local::new(chunks.boxed_local());
        Self(Content::Stream { chunks, remaining: None })
    }

    /// Says how many bytes a [stream](Body::stream) has. A response then has a `content-length`, and is cut off when
    /// the stream turns out to be shorter or longer. Without effect on what is known whole.
    #[must_use]
    pub fn with_length(mut self, length: u64) -> Self {
        if let Content::Stream { remaining, .. } = &mut self.0 {
            *remaining = Some(length);
        }
        self
    }

    /// How many bytes are still to come, if that is known. Of a request it is what the client has announced.
    pub fn length(&self) -> Option<u64> {
        match &self.0 {
            Content::Empty => Some(0),
            Content::Whole(bytes) => Some(bytes.len() as u64),
            Content::Stream { remaining, .. } => *remaining,
        }
    }

    /// The next piece, `None` at the end. A body that is known whole is one piece.
    ///
    /// # Errors
    ///
    /// The rest is missing: the client went away, sent too much, or sent too slowly.
    ///
    /// # Cancel safety
    ///
    /// A piece that has arrived may be lost when the future is dropped.
    pub async fn next(&mut self) -> Result<Option<Bytes>> {
        poll_fn(|context| self.poll_chunk(context)).await.transpose()
    }

    fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        let chunk = match &mut self.0 {
            Content::Empty => None,
            Content::Whole(bytes) => Some(Ok(into_bytes(std::mem::take(bytes)))),
            Content::Stream { chunks, remaining } => {
                match ready!(chunks.poll_next_unpin(context)) {
                    Some(Ok(chunk)) => {
                        *remaining = remaining.map(|left| left.saturating_sub(chunk.len() as u64));
                        return Poll::Ready(Some(Ok(chunk)));
                    }
                    end => end,
                }
            }
        };
        self.0 = Content::Empty;
        Poll::Ready(chunk)
    }

    /// The whole body.
    ///
    /// # Errors
    ///
    /// As [`Body::next`]. The host limits the size to `[host.limits] max_body`.
    pub async fn bytes(mut self) -> Result<Bytes> {
        let Some(first) = self.next().await? else { return Ok(Bytes::new()) };
        let Some(second) = self.next().await? else { return Ok(first) };
        let mut whole = Vec::from(first);
        whole.extend_from_slice(&second);
        while let Some(chunk) = self.next().await? {
            whole.extend_from_slice(&chunk);
        }
        Ok(whole.into())
    }

    /// The whole body as text.
    ///
    /// # Errors
    ///
    /// As [`Body::bytes`], and invalid arguments when it is not UTF-8.
    pub async fn text(self) -> Result<String> {
        let text = String::from_utf8(self.bytes().await?.into());
        text.map_err(|_wrong| ServiceError::invalid_arguments("the body must be UTF-8"))
    }

    /// Whether the body is known to have zero bytes.
    pub fn is_empty(&self) -> bool {
        match &self.0 {
            Content::Empty => true,
            Content::Whole(bytes) => bytes.is_empty(),
            Content::Stream { .. } => false,
        }
    }

    /// Its bytes, if it is known whole.
    #[cfg(not(target_family = "wasm"))]
    pub(crate) fn known(&self) -> Option<&[u8]> {
        match &self.0 {
            Content::Empty => Some(&[]),
            Content::Whole(bytes) => Some(bytes),
            Content::Stream { .. } => None,
        }
    }

    /// How many bytes it has, if it is known whole.
    pub(crate) fn whole_length(&self) -> Option<usize> {
        match &self.0 {
            Content::Empty => Some(0),
            Content::Whole(bytes) => Some(bytes.len()),
            Content::Stream { .. } => None,
        }
    }

    /// A part of a body that is known whole.
    pub(crate) fn part(self, range: Range<usize>) -> Self {
        match self.0 {
            Content::Whole(Cow::Borrowed(bytes)) => bytes[range].into(),
            Content::Whole(Cow::Owned(bytes)) => Bytes::from(bytes).slice(range).into(),
            other => Self(other),
        }
    }

    #[cfg_attr(
        not(target_family = "wasm"),
        expect(dead_code, reason = "only the host's side asks")
    )]
    pub(crate) fn into_content(self) -> Content {
        self.0
    }
}

fn into_bytes(bytes: Cow<'static, [u8]>) -> Bytes {
    match bytes {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Content::Empty => f.write_str("Body(empty)"),
            Content::Whole(bytes) => write!(f, "Body({} bytes)", bytes.len()),
            Content::Stream { .. } => f.write_str("Body(stream)"),
        }
    }
}
