//! Bodies of requests and responses: none, known whole, or a stream.
//! Deliberately knows nothing about content types.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use futures_util::stream::{LocalBoxStream, Stream, StreamExt as _};

use crate::error::{Result, ServiceError};

/// The body of a request or a response.
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
    Stream(LocalBoxStream<'static, Result<Bytes>>),
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
        Self(Content::Stream(stream.map(|chunk| chunk.map(Into::into)).boxed_local()))
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
        match &mut self.0 {
            Content::Empty => Ok(None),
            Content::Whole(bytes) => {
                let bytes = std::mem::take(bytes);
                self.0 = Content::Empty;
                Ok(Some(into_bytes(bytes)))
            }
            Content::Stream(stream) => {
                let item = stream.next().await.transpose();
                if !matches!(item, Ok(Some(_))) {
                    self.0 = Content::Empty;
                }
                item
            }
        }
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

    /// The pieces as a stream.
    pub fn into_stream(self) -> impl Stream<Item = Result<Bytes>> + 'static {
        futures_util::stream::unfold(self, async |mut body| {
            let item = body.next().await.transpose()?;
            Some((item, body))
        })
    }

    /// Whether the body is known to have zero bytes.
    pub fn is_empty(&self) -> bool {
        match &self.0 {
            Content::Empty => true,
            Content::Whole(bytes) => bytes.is_empty(),
            Content::Stream(_) => false,
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

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Self(Content::Whole(Cow::Borrowed(text.as_bytes())))
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        text.into_bytes().into()
    }
}

impl From<&'static [u8]> for Body {
    fn from(bytes: &'static [u8]) -> Self {
        Self(Content::Whole(Cow::Borrowed(bytes)))
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Content::Whole(Cow::Owned(bytes)))
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Vec::from(bytes).into()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Content::Empty => f.write_str("Body(empty)"),
            Content::Whole(bytes) => write!(f, "Body({} bytes)", bytes.len()),
            Content::Stream(_) => f.write_str("Body(stream)"),
        }
    }
}
