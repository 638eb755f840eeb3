//! Calls the methods of a service by their paths, with encoded messages, as the host does.
//! Deliberately without a socket; what the host does with statuses is left to its own tests.

use std::fmt;
use std::marker::PhantomData;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use futures_util::stream::{Stream, StreamExt as _, iter};
use prost::Message;

use super::call::CallContext;
use crate::call::until_cancelled;
use crate::caller::Caller;
use crate::error::Result;
use crate::grpc::call::{StreamingCall, UnaryCall};
use crate::grpc::reply_stream::StreamingReply;
use crate::grpc::{
    Compression, InvalidMetadata, Metadata, ReplyBytes, RequestBytes, Response, Services as _,
    Status,
};
use crate::imports::memory::{Call, in_call};
use crate::service::Grpc;

/// Starts the service `S`, [`on_start`](crate::Service::on_start) included, for RPCs of a test.
///
/// # Errors
///
/// Those of `on_start`, which would keep the service from starting.
pub async fn grpc<S: Grpc>() -> Result<GrpcClient<S>> {
    let service = S::on_start().await?;
    // Leaked, because methods get what lives as long as the instance.
    Ok(GrpcClient(Box::leak(Box::new(service))))
}

/// A started service that answers RPCs of a test.
pub struct GrpcClient<S: 'static>(&'static S);

impl<S: Grpc> GrpcClient<S> {
    /// The service, to look at its state or to call its methods directly.
    pub fn service(&self) -> &'static S {
        self.0
    }

    /// A call of the method with this path, `/helloworld.Greeter/SayHello`.
    pub fn call(&self, path: &str) -> CallBuilder<S> {
        CallBuilder {
            service: self.0,
            path: path.to_owned(),
            metadata: Metadata::new(),
            is_compressed: false,
            call: CallContext::new().over_grpc(),
        }
    }
}

/// An RPC that is being put together.
pub struct CallBuilder<S: 'static> {
    service: &'static S,
    path: String,
    metadata: Metadata,
    is_compressed: bool,
    call: CallContext,
}

impl<S: Grpc> CallBuilder<S> {
    fn change_metadata(
        mut self,
        change: impl FnOnce(&mut Metadata) -> Result<(), InvalidMetadata>,
    ) -> Self {
        change(&mut self.metadata).expect("a client may send this metadata");
        self
    }

    /// Adds a value to the metadata.
    ///
    /// # Panics
    ///
    /// When the name or the value is invalid, see [`Metadata::append`].
    #[must_use]
    pub fn metadata(self, name: &str, value: &str) -> Self {
        self.change_metadata(|metadata| metadata.append(name, value))
    }

    /// Adds bytes to the metadata.
    ///
    /// # Panics
    ///
    /// When the name is invalid, see [`Metadata::append_bin`].
    #[must_use]
    pub fn metadata_bin(self, name: &str, value: &[u8]) -> Self {
        self.change_metadata(|metadata| metadata.append_bin(name, value))
    }

    /// Says that the client compresses its messages. Default: it does not.
    #[must_use]
    pub fn compressed(mut self) -> Self {
        self.is_compressed = true;
        self
    }

    /// Sets the request's id.
    #[must_use]
    pub fn request_id(mut self, id: impl Into<String>) -> Self {
        self.call = self.call.request_id(id);
        self
    }

    /// Says who the caller is, as a feature of the host would. Default: nobody has found out.
    #[must_use]
    pub fn caller(mut self, caller: Caller) -> Self {
        self.call = self.call.caller(caller);
        self
    }

    /// Sets the client's deadline; the call then fails with `DEADLINE_EXCEEDED`. Default: none.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.call = self.call.timeout(timeout);
        self
    }

    /// Sets where the client's connection comes from. Default: `192.0.2.1:50000`.
    #[must_use]
    pub fn peer(mut self, peer: SocketAddr) -> Self {
        self.call = self.call.peer(peer);
        self
    }

    /// Calls a method of which both sides are one message. Inside of
    /// [`Context::run`](super::Context::run).
    ///
    /// # Errors
    ///
    /// The status that the host would be given.
    ///
    /// # Panics
    ///
    /// When the answer is not a `B`.
    pub async fn unary<B: Message + Default>(
        self,
        message: &impl Message,
    ) -> Result<Response<B>, Status> {
        self.unary_bytes(message.encode_to_vec())
            .await
            .map(|response| response.map(|data| decode(&data)))
    }

    /// As [`CallBuilder::unary`] with bytes, which need not be a message.
    ///
    /// # Errors
    ///
    /// The status that the host would be given.
    pub async fn unary_bytes(self, data: Vec<u8>) -> Result<Response<Vec<u8>>, Status> {
        let message = RequestBytes { data, is_compressed: self.is_compressed };
        let rpc = UnaryCall::new(self.path, self.metadata.into_lines(), message);
        let reply = self.call.run(S::Services::unary(self.service, rpc)).await;
        let reply = reply.unwrap_or_else(|| Err(exceeded()))?;
        let mut response = Response::new(reply.data).with_compression(reply.compression);
        *response.metadata_mut() = reply.metadata;
        *response.trailers_mut() = reply.trailers;
        Ok(response)
    }

    /// Calls a method of which a side is a stream, with the messages of the client. Inside of
    /// [`Context::run`](super::Context::run).
    ///
    /// # Errors
    ///
    /// The status that the host would be given before there is any message.
    pub async fn streaming<A, B, I>(self, messages: I) -> Result<Replies<B>, Status>
    where
        A: Message,
        B: Message + Default,
        I: IntoIterator<Item = A, IntoIter: 'static>,
    {
        self.streaming_from(iter(messages.into_iter().map(|message| Ok(message.encode_to_vec()))))
            .await
    }

    /// As [`CallBuilder::streaming`] with bytes, which need not be messages, and with a client that
    /// may break off.
    ///
    /// # Errors
    ///
    /// The status that the host would be given before there is any message.
    pub async fn streaming_from<B: Message + Default>(
        self,
        messages: impl Stream<Item = Result<Vec<u8>, Status>> + 'static,
    ) -> Result<Replies<B>, Status> {
        let is_compressed = self.is_compressed;
        let messages = messages
            .map(move |data| data.map(|data| RequestBytes { data, is_compressed }))
            .boxed_local();
        let call = self.call.begin();
        let rpc = StreamingCall::new(self.path, self.metadata.into_lines(), messages);
        let reply = until_cancelled(S::Services::streaming(self.service, rpc));
        let reply = in_call(Some(Rc::clone(&call)), reply).await;
        Ok(Replies::new(call, reply.unwrap_or_else(|| Err(exceeded()))?))
    }
}

fn exceeded() -> Status {
    Status::deadline_exceeded("the deadline of the call has passed")
}

fn decode<B: Message + Default>(data: &[u8]) -> B {
    B::decode(data).expect("the answer must be the message that the test expects")
}

/// The answer of a method of which a side is a stream.
pub struct Replies<B> {
    call: Rc<Call>,
    metadata: Metadata,
    /// `None` when there are no more messages.
    reply: Option<StreamingReply>,
    trailers: Metadata,
    message: PhantomData<B>,
}

impl<B: Message + Default> Replies<B> {
    fn new(call: Rc<Call>, mut reply: StreamingReply) -> Self {
        let metadata = std::mem::take(&mut reply.metadata);
        Self { call, metadata, reply: Some(reply), trailers: Metadata::new(), message: PhantomData }
    }

    /// What was sent before the first message.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// What was sent after the last message; nothing before that.
    pub fn trailers(&self) -> &Metadata {
        &self.trailers
    }

    /// The next message, `None` when the service has sent its last.
    ///
    /// # Errors
    ///
    /// The status with which the RPC failed.
    pub async fn message(&mut self) -> Result<Option<B>, Status> {
        Ok(self.sent().await?.map(|(message, _)| message))
    }

    /// The next message and whether it is sent compressed, `None` when the service has sent its last.
    ///
    /// # Errors
    ///
    /// The status with which the RPC failed.
    pub async fn sent(&mut self) -> Result<Option<(B, Compression)>, Status> {
        let call = Rc::clone(&self.call);
        let next = in_call(Some(call), until_cancelled(self.next())).await;
        let next = next.unwrap_or_else(|| Err(exceeded()));
        if next.is_err() {
            self.reply = None;
        }
        Ok(next?.map(|message| (decode(&message.data), message.compression)))
    }

    async fn next(&mut self) -> Result<Option<ReplyBytes>, Status> {
        let Some(reply) = &mut self.reply else { return Ok(None) };
        if let Some(message) = reply.messages.next().await {
            return message.map(Some);
        }
        if let Some(reply) = self.reply.take() {
            self.trailers = reply.finish().await?;
        }
        Ok(None)
    }

    /// All messages that are left.
    ///
    /// # Errors
    ///
    /// The status with which the RPC failed.
    pub async fn collect(&mut self) -> Result<Vec<B>, Status> {
        let mut messages = Vec::new();
        while let Some(message) = self.message().await? {
            messages.push(message);
        }
        Ok(messages)
    }
}

impl<S> fmt::Debug for GrpcClient<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GrpcClient").finish_non_exhaustive()
    }
}

impl<S> fmt::Debug for CallBuilder<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)
    }
}

impl<B> fmt::Debug for Replies<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replies").field("metadata", &self.metadata).finish_non_exhaustive()
    }
}
