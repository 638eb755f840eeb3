//! The messages of a service, one after another.
//! Deliberately makes a message only when the one before it is on its way: a slow client slows the
//! service.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use futures_util::stream::{LocalBoxStream, Stream, StreamExt as _, once};
use prost::Message;

use super::{Compression, Metadata, Response, Status};

/// The messages of a service, made of any [`Stream`].
///
/// It is dropped where it waits when the client goes away. An error ends the RPC with that status.
///
/// ```
/// use mikros_sdk::grpc::{ReplyStream, Request, Response, Status};
/// use mikros_sdk::stream;
///
/// async fn count(request: Request<u32>) -> Result<Response<ReplyStream<u32>>, Status> {
///     let numbers = stream::iter(0..request.into_inner());
///     Ok(Response::new(ReplyStream::new(stream::StreamExt::map(numbers, Ok))))
/// }
/// ```
///
/// It owns what it is made of. One that borrows from the service is a [`BoxReplyStream`].
pub type ReplyStream<T> = BoxReplyStream<'static, T>;

/// A [`ReplyStream`] that may borrow from the service, for as long as `&self` is there:
///
/// ```
/// use mikros_sdk::grpc::{BoxReplyStream, Request, Response, Status};
/// use mikros_sdk::stream;
///
/// struct Words(Vec<String>);
///
/// impl Words {
///     async fn all(&self, _request: Request<()>) -> Result<Response<BoxReplyStream<'_, String>>, Status> {
///         let words = stream::iter(self.0.iter().map(|word| Ok(word.clone())));
///         Ok(Response::new(BoxReplyStream::new(words)))
///     }
/// }
/// ```
pub struct BoxReplyStream<'a, T> {
    messages: LocalBoxStream<'a, Result<Reply<T>, Status>>,
    trailers: Option<Trailers<'a>>,
}

/// Trailing metadata that is known when the last message is sent.
type Trailers<'a> = LocalBoxFuture<'a, Result<Metadata, Status>>;

/// A message of a [`ReplyStream`] that says itself whether it is sent compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reply<T> {
    message: T,
    /// `None`: as the response says.
    compression: Option<Compression>,
}

/// A message of the service as the host takes it.
#[derive(Debug)]
pub(crate) struct ReplyBytes {
    pub(crate) data: Vec<u8>,
    pub(crate) compression: Compression,
}

impl<T> Reply<T> {
    /// A message that is sent as the response says.
    pub fn new(message: T) -> Self {
        Self { message, compression: None }
    }

    /// Says whether this message is sent compressed.
    #[must_use]
    pub fn with_compression(mut self, compression: Compression) -> Self {
        self.compression = Some(compression);
        self
    }
}

impl<'a, T: 'a> BoxReplyStream<'a, T> {
    /// The messages of a stream.
    pub fn new(messages: impl Stream<Item = Result<T, Status>> + 'a) -> Self {
        Self::from_replies(messages.map(|message| message.map(Reply::new)))
    }

    /// The messages of a stream that says of each whether it is sent compressed.
    pub fn from_replies(replies: impl Stream<Item = Result<Reply<T>, Status>> + 'a) -> Self {
        Self { messages: replies.boxed_local(), trailers: None }
    }

    /// Asks `trailers` for trailing metadata, or for how the RPC failed, when the last message is sent.
    #[must_use]
    pub fn with_trailers(
        mut self,
        trailers: impl Future<Output = Result<Metadata, Status>> + 'a,
    ) -> Self {
        self.trailers = Some(trailers.boxed_local());
        self
    }
}

/// For unit tests: the messages, without trailing metadata.
impl<T> Stream for BoxReplyStream<'_, T> {
    type Item = Result<T, Status>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<T, Status>>> {
        let polled = self.messages.poll_next_unpin(context);
        polled.map(|item| item.map(|reply| reply.map(|reply| reply.message)))
    }
}

impl<T> fmt::Debug for BoxReplyStream<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplyStream").finish_non_exhaustive()
    }
}

/// Everything that a method with a stream answers, as the host takes it.
#[expect(missing_debug_implementations, reason = "only generated code and the SDK see it")]
pub struct StreamingReply {
    pub(crate) metadata: Metadata,
    pub(crate) messages: LocalBoxStream<'static, Result<ReplyBytes, Status>>,
    trailers: Metadata,
    late_trailers: Option<Trailers<'static>>,
}

impl StreamingReply {
    pub(super) fn of_stream<T: Message + 'static>(response: Response<ReplyStream<T>>) -> Self {
        let default = response.compression();
        let (stream, metadata, trailers) = response.into_parts();
        let messages = stream.messages.map(move |reply| {
            let reply = reply?;
            let compression = reply.compression.unwrap_or(default);
            Ok(ReplyBytes { data: reply.message.encode_to_vec(), compression })
        });
        let messages = messages.boxed_local();
        Self { metadata, messages, trailers, late_trailers: stream.trailers }
    }

    /// Messages that are encoded already, and how they end.
    #[cfg(feature = "tonic")]
    pub(crate) fn of_parts(
        metadata: Metadata,
        messages: LocalBoxStream<'static, Result<ReplyBytes, Status>>,
        trailers: LocalBoxFuture<'static, Result<Metadata, Status>>,
    ) -> Self {
        Self { metadata, messages, trailers: Metadata::new(), late_trailers: Some(trailers) }
    }

    pub(super) fn of_message(response: Response<impl Message>) -> Self {
        let compression = response.compression();
        let (message, metadata, trailers) = response.into_parts();
        let message = ReplyBytes { data: message.encode_to_vec(), compression };
        let messages = once(std::future::ready(Ok(message))).boxed_local();
        Self { metadata, messages, trailers, late_trailers: None }
    }

    /// How the stream ends when its last message is sent; drops what made the messages.
    pub(crate) async fn finish(self) -> Result<Metadata, Status> {
        let Self { messages, mut trailers, late_trailers, .. } = self;
        drop(messages);
        if let Some(late_trailers) = late_trailers {
            trailers.extend(&late_trailers.await?);
        }
        Ok(trailers)
    }
}
