//! RPCs to other services, for the clients that `mikros-sdk-build` generates.
//! Deliberately does not know how a call gets there: `imports` does.

mod convert;

use std::cell::OnceCell;
use std::fmt;
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{LocalBoxStream, Stream, StreamExt as _};
use prost::Message;

use super::{Compression, Metadata, Request, Response, Status, Streaming};
use crate::clients::Protocol;
use crate::error::{Result, ServiceError};
use crate::imports;
use crate::local::Local;

pub use convert::{IntoRequest, IntoStreamingRequest};

/// A client that `[clients.<name>]` declares with `protocol = "grpc"`, the default. Generated clients make their RPCs
/// over it.
///
/// `GreeterClient::connect("user")` makes one of its own. Share one between the clients of several protobuf services
/// that the same service serves, or put something in front of all its RPCs:
///
/// ```
/// use mikros_sdk::grpc::{Channel, Request};
/// use mikros_sdk::prelude::*;
///
/// async fn connect() -> Result<Channel> {
///     let channel = Channel::connect("user").await?;
///     Ok(channel.with_interceptor(|mut request: Request<()>| {
///         request.metadata_mut().insert("x-region", "eu")?;
///         Ok(request)
///     }))
///     // GreeterClient::new(channel.clone()), UsersClient::new(channel)
/// }
/// # let context = mikros_sdk::testing::Context::new();
/// # assert!(context.run(connect()).is_err(), "the context has no such client");
/// ```
///
/// Cloning it is cheap. The host keeps the connections, so that a channel has nothing to close.
#[derive(Clone)]
pub struct Channel {
    client: Arc<str>,
    interceptors: Vec<Arc<Intercept>>,
}

type Intercept = dyn Fn(Request<()>) -> Result<Request<()>, Status> + Send + Sync;

/// An RPC as the host takes it, without its messages.
pub(crate) struct OutgoingCall {
    pub(crate) client: Arc<str>,
    pub(crate) method: String,
    pub(crate) metadata: Metadata,
    pub(crate) timeout: Option<Duration>,
    pub(crate) compression: Compression,
}

/// The messages of this service.
pub(crate) enum OutgoingMessages {
    One(Vec<u8>),
    Many(LocalBoxStream<'static, Vec<u8>>),
}

/// What another service answers to a unary RPC.
pub(crate) struct UnaryAnswer {
    pub(crate) metadata: Metadata,
    pub(crate) message: Vec<u8>,
    pub(crate) trailers: Metadata,
}

/// What another service answers to any other RPC.
pub(crate) struct IncomingMessages {
    pub(crate) metadata: Metadata,
    pub(crate) messages: LocalBoxStream<'static, Result<Vec<u8>, Status>>,
    /// Set when the messages have ended well.
    pub(crate) trailers: Rc<OnceCell<Metadata>>,
}

impl Channel {
    /// Takes the client with this name. Call it in [`on_start`](crate::Service::on_start), so that a mistake keeps the
    /// service from starting.
    ///
    /// Opens no connection: that a service cannot be reached is the error of a call.
    ///
    /// # Errors
    ///
    /// `service.toml` declares no such client, or not for gRPC. The cause has the lines to add.
    #[expect(clippy::unused_async, reason = "as in tonic; nothing has to wait today")]
    pub async fn connect(client: impl Into<Arc<str>>) -> Result<Self> {
        let client = client.into();
        imports::clients::declared(&client, Protocol::Grpc)?;
        Ok(Self { client, interceptors: Vec::new() })
    }

    /// Lets `intercept` see the metadata of each request first. It may change it, or end the RPC with a status. Of
    /// several, the one that was added first sees a request first.
    #[must_use]
    pub fn with_interceptor(
        mut self,
        intercept: impl Fn(Request<()>) -> Result<Request<()>, Status> + Send + Sync + 'static,
    ) -> Self {
        self.interceptors.push(Arc::new(intercept));
        self
    }

    /// The name of the client, as `service.toml` declares it.
    pub fn client(&self) -> &str {
        &self.client
    }

    /// Makes an RPC of which both sides are one message. `method` is its path, `/helloworld.Greeter/SayHello`.
    ///
    /// # Errors
    ///
    /// The status with which the RPC failed: of the other service, or of the host if that could not make the call.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cancels the RPC at the other service.
    pub fn unary<A: Message, B: Message + Default>(
        &self,
        method: &str,
        request: Request<A>,
    ) -> impl Future<Output = Result<Response<B>, Status>> + Send + use<A, B> {
        let begun = self.begin(method, request);
        Local::new(async move {
            let (call, message) = begun?;
            let client = Arc::clone(&call.client);
            let answer = imports::clients::unary(call, message.encode_to_vec()).await?;
            let UnaryAnswer { metadata, message, trailers } = answer;
            Ok(Response::of_parts(decode(&client, message)?, metadata, trailers))
        })
    }

    /// Makes an RPC that sends one message and receives a stream.
    ///
    /// # Errors
    ///
    /// As [`Channel::unary`]; a failure after the response has begun is one of its stream.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future, or the stream of the response, cancels the RPC.
    pub fn server_streaming<A: Message, B: Message + Default + 'static>(
        &self,
        method: &str,
        request: Request<A>,
    ) -> impl Future<Output = Result<Response<Streaming<B>>, Status>> + Send + use<A, B> {
        let begun = self.begin(method, request);
        Local::new(async move {
            let (call, message) = begun?;
            open(call, OutgoingMessages::One(message.encode_to_vec())).await
        })
    }

    /// Makes an RPC that sends a stream and receives one message.
    ///
    /// # Errors
    ///
    /// As [`Channel::unary`].
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cancels the RPC and drops the stream.
    pub fn client_streaming<S, B>(
        &self,
        method: &str,
        request: Request<S>,
    ) -> impl Future<Output = Result<Response<B>, Status>> + Send + use<S, B>
    where
        S: Stream<Item: Message> + 'static,
        B: Message + Default + 'static,
    {
        let begun = self.begin(method, request);
        Local::new(async move {
            let (call, messages) = begun?;
            let client = Arc::clone(&call.client);
            only_message(&client, open(call, encoded(messages)).await?).await
        })
    }

    /// Makes an RPC that sends a stream and receives a stream.
    ///
    /// # Errors
    ///
    /// As [`Channel::server_streaming`].
    ///
    /// # Cancel safety
    ///
    /// Dropping the future, or the stream of the response, cancels the RPC and drops the stream of the request.
    pub fn bidirectional<S, B>(
        &self,
        method: &str,
        request: Request<S>,
    ) -> impl Future<Output = Result<Response<Streaming<B>>, Status>> + Send + use<S, B>
    where
        S: Stream<Item: Message> + 'static,
        B: Message + Default + 'static,
    {
        let begun = self.begin(method, request);
        Local::new(async move {
            let (call, messages) = begun?;
            open(call, encoded(messages)).await
        })
    }

    /// Runs the interceptors.
    fn begin<T>(&self, method: &str, request: Request<T>) -> Result<(OutgoingCall, T), Status> {
        let (mut head, message) = request.for_method(method).split();
        for intercept in &self.interceptors {
            head = intercept(head)?;
        }
        let (timeout, compression) = (head.timeout(), head.compression());
        let (metadata, _extensions, ()) = head.into_parts();
        let (client, method) = (Arc::clone(&self.client), method.to_owned());
        Ok((OutgoingCall { client, method, metadata, timeout, compression }, message))
    }
}

fn encoded<A: Message>(messages: impl Stream<Item = A> + 'static) -> OutgoingMessages {
    OutgoingMessages::Many(messages.map(|message| message.encode_to_vec()).boxed_local())
}

async fn open<B: Message + Default + 'static>(
    call: OutgoingCall,
    messages: OutgoingMessages,
) -> Result<Response<Streaming<B>>, Status> {
    let client = Arc::clone(&call.client);
    let incoming = imports::clients::streaming(call, messages).await?;
    let IncomingMessages { metadata, messages, trailers } = incoming;
    let messages = messages.map(move |message| decode(&client, message?));
    let streaming = Streaming::with_trailers(messages, trailers);
    Ok(Response::of_parts(streaming, metadata, Metadata::new()))
}

/// Waits for the one message that the other service has to send, and for its status.
async fn only_message<B: Message + Default + 'static>(
    client: &str,
    response: Response<Streaming<B>>,
) -> Result<Response<B>, Status> {
    let wrong = || wrong_response(client, "it must have exactly one message");
    let (mut messages, metadata, _) = response.into_parts();
    let message = messages.message().await?.ok_or_else(wrong)?;
    if messages.message().await?.is_some() {
        return Err(wrong());
    }
    Ok(Response::of_parts(message, metadata, messages.trailers().await?))
}

fn decode<T: Message + Default>(client: &str, message: Vec<u8>) -> Result<T, Status> {
    T::decode(bytes::Bytes::from(message)).map_err(|error| wrong_response(client, error))
}

fn wrong_response(client: &str, reason: impl fmt::Display) -> Status {
    let cause = format!("the response of `{client}` is not the message of its service: {reason}");
    ServiceError::internal(cause).of_client(client, None).into()
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel").field("client", &self.client).finish_non_exhaustive()
    }
}
