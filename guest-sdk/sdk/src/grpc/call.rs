//! An RPC on its way from the host to a method and back: bytes become messages and messages bytes.
//! Deliberately finds no method: that is what generated code does, with what is here.

use std::future::Future;

use futures_util::stream::LocalBoxStream;
use prost::Message;

use super::reply_stream::StreamingReply;
use super::streaming::{RequestBytes, decode};
use super::{Compression, Metadata, ReplyStream, Request, Response, Status, Streaming};

/// An RPC of one kind of messages, not yet with its method.
#[expect(missing_debug_implementations, reason = "only generated code and the SDK see it")]
pub struct Call<M>(Request<M>);

/// Both sides are one message.
pub type UnaryCall = Call<One>;

/// A side is a stream.
pub type StreamingCall = Call<Many>;

/// The message of a client, as it came.
#[expect(missing_debug_implementations, reason = "only generated code and the SDK see it")]
pub struct One(RequestBytes);

/// The messages of a client, as they come.
#[expect(missing_debug_implementations, reason = "only generated code and the SDK see it")]
pub struct Many(LocalBoxStream<'static, Result<RequestBytes, Status>>);

/// What a unary method answers, as the host takes it.
#[derive(Debug)]
pub struct UnaryReply {
    pub(crate) metadata: Metadata,
    pub(crate) data: Vec<u8>,
    pub(crate) compression: Compression,
    pub(crate) trailers: Metadata,
}

impl<M> Call<M> {
    /// The full name of the service that the client named: what stands before the last slash.
    pub fn service(&self) -> &str {
        let service = self.0.method().rsplit_once('/').map_or("", |(service, _)| service);
        service.strip_prefix('/').unwrap_or(service)
    }

    /// The name of the method that the client named: what stands after the last slash.
    pub fn method(&self) -> &str {
        let path = self.0.method();
        path.rsplit_once('/').map_or(path, |(_, method)| method)
    }

    /// The same call with the request that `change` makes of its own, which has no message there.
    pub(super) async fn intercept<F>(
        self,
        change: impl FnOnce(Request<()>) -> F,
    ) -> Result<Self, Status>
    where
        F: Future<Output = Result<Request<()>, Status>>,
    {
        let (head, messages) = self.0.split();
        Ok(Self(change(head).await?.map(|()| messages)))
    }

    /// What a call is answered that no method is there for.
    pub fn unimplemented(self) -> Status {
        Status::unimplemented(format!("unknown method `{}`", self.0.method().escape_debug()))
    }
}

impl UnaryCall {
    pub(crate) fn new(path: String, metadata: Vec<u8>, message: RequestBytes) -> Self {
        let is_compressed = message.is_compressed;
        let mut request = Request::from_parts(One(message), path, Metadata::from_lines(metadata));
        request.set_compressed(is_compressed);
        Self(request)
    }

    #[cfg(feature = "tonic")]
    pub(crate) fn into_request(self) -> Request<RequestBytes> {
        self.0.map(|One(message)| message)
    }

    /// Calls the method.
    pub async fn answer<A, B, F>(
        self,
        method: impl FnOnce(Request<A>) -> F,
    ) -> Result<UnaryReply, Status>
    where
        A: Message + Default,
        B: Message,
        F: Future<Output = Result<Response<B>, Status>>,
    {
        let (head, One(RequestBytes { data, .. })) = self.0.split();
        let message = decode(data)?;
        let response = method(head.map(|()| message)).await?;
        let compression = response.compression();
        let (message, metadata, trailers) = response.into_parts();
        Ok(UnaryReply { metadata, data: message.encode_to_vec(), compression, trailers })
    }
}

impl StreamingCall {
    pub(crate) fn new(
        path: String,
        metadata: Vec<u8>,
        messages: LocalBoxStream<'static, Result<RequestBytes, Status>>,
    ) -> Self {
        Self(Request::from_parts(Many(messages), path, Metadata::from_lines(metadata)))
    }

    #[cfg(feature = "tonic")]
    pub(crate) fn into_request(
        self,
    ) -> Request<LocalBoxStream<'static, Result<RequestBytes, Status>>> {
        self.0.map(|Many(messages)| messages)
    }

    fn decode<A: Message + Default + 'static>(self) -> Request<Streaming<A>> {
        self.0.map(|Many(messages)| Streaming::decode(messages))
    }

    /// Calls a method that takes a stream and answers one message.
    pub async fn client_streaming<A, B, F>(
        self,
        method: impl FnOnce(Request<Streaming<A>>) -> F,
    ) -> Result<StreamingReply, Status>
    where
        A: Message + Default + 'static,
        B: Message,
        F: Future<Output = Result<Response<B>, Status>>,
    {
        method(self.decode()).await.map(StreamingReply::of_message)
    }

    /// Calls a method that takes one message and answers a stream.
    pub async fn server_streaming<A, B, F>(
        self,
        method: impl FnOnce(Request<A>) -> F,
    ) -> Result<StreamingReply, Status>
    where
        A: Message + Default + 'static,
        B: Message + 'static,
        F: Future<Output = Result<Response<ReplyStream<B>>, Status>>,
    {
        let request = self.decode::<A>().only_message().await?;
        method(request).await.map(StreamingReply::of_stream)
    }

    /// Calls a method that takes a stream and answers a stream.
    pub async fn bidirectional<A, B, F>(
        self,
        method: impl FnOnce(Request<Streaming<A>>) -> F,
    ) -> Result<StreamingReply, Status>
    where
        A: Message + Default + 'static,
        B: Message + 'static,
        F: Future<Output = Result<Response<ReplyStream<B>>, Status>>,
    {
        method(self.decode()).await.map(StreamingReply::of_stream)
    }
}

impl<T> Request<Streaming<T>> {
    /// Waits for the one message that the client has to send, and for it to say that it was the last.
    async fn only_message(mut self) -> Result<Request<T>, Status> {
        // The code that gRPC has for a wrong number of messages.
        let wrong = || Status::unimplemented("the method takes exactly one message");
        let received = self.get_mut().received().await?.ok_or_else(wrong)?;
        if self.get_mut().received().await?.is_some() {
            return Err(wrong());
        }
        let mut request = self.map(|_stream| received.message);
        request.set_compressed(received.is_compressed);
        Ok(request)
    }
}
