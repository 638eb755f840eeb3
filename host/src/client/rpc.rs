//! gRPC over exchanges: tonic frames, compresses and reads statuses; messages stay bytes.
//!
//! Does not know what carries an exchange, or what messages say.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt as _, ready};
use futures_util::stream::{self, BoxStream, Stream, StreamExt as _};
use http::uri::PathAndQuery;
use http::{HeaderMap, Request, Response, Uri};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use tonic::client::{Grpc, GrpcService};
use tonic::codec::{CompressionEncoding, Streaming};
use tonic::metadata::MetadataMap;
use tonic::{Extensions, Status};

use super::body::{Aborted, RequestBody};
use super::codec::BytesCodec;
use super::error::{BoxError, ClientError};
use super::response::ResponseBody;
use super::settings::{self, Compression};
use super::{CallCompression, CallTerms, Client};
use crate::call::Deadline;

/// The messages of a request.
pub(crate) enum Messages {
    /// The only message: such an RPC can be retried.
    One(Bytes),
    Many(BoxStream<'static, Result<Bytes, Aborted>>),
}

/// The response to an RPC of which both sides are a single message.
#[derive(Debug)]
pub(crate) struct UnaryReply {
    pub metadata: HeaderMap,
    pub message: Bytes,
    pub trailers: HeaderMap,
}

/// The response to an RPC in which a side is a stream.
#[derive(Debug)]
pub(crate) struct StreamingReply {
    pub metadata: HeaderMap,
    pub messages: IncomingMessages,
}

/// The messages of the other service. Dropping them before their end cancels the RPC.
#[derive(Debug)]
pub(crate) struct IncomingMessages {
    messages: Streaming<Bytes>,
    call: Arc<RpcCall>,
}

impl IncomingMessages {
    /// The next message; `None` after the last one.
    pub(crate) fn poll_message(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, ClientError>>> {
        let message = Pin::new(&mut self.messages).poll_next(context);
        message.map_err(|status| self.call.error(status))
    }

    /// Trailing metadata, after the last message.
    pub(crate) fn take_trailers(&mut self) -> HeaderMap {
        // They came before the end of the messages, so nothing is waited for.
        let trailers = self.messages.trailers().now_or_never();
        let trailers = trailers.and_then(Result::ok).flatten();
        trailers.map(MetadataMap::into_headers).unwrap_or_default()
    }

    /// The next message; `None` after the last one.
    ///
    /// # Cancel safety
    /// Nothing is lost when the future is dropped.
    pub(crate) async fn message(&mut self) -> Result<Option<Bytes>, ClientError> {
        let message = self.messages.message().await;
        message.map_err(|status| self.call.error(status))
    }

    /// Trailing metadata, after the last message.
    pub(crate) async fn trailers(mut self) -> Result<HeaderMap, ClientError> {
        let trailers = self.messages.trailers().await;
        let trailers = trailers.map_err(|status| self.call.error(status))?;
        Ok(trailers.unwrap_or_default().into_headers())
    }
}

impl Client {
    /// An RPC of which both sides are a single message.
    ///
    /// # Cancel safety
    /// Dropping the future cancels the RPC.
    pub(crate) async fn unary(
        &self,
        method: PathAndQuery,
        metadata: HeaderMap,
        message: Bytes,
        terms: &CallTerms,
    ) -> Result<UnaryReply, ClientError> {
        let mut reply = self.streaming(method, metadata, Messages::One(message), terms).await?;
        let message = reply.messages.message().await?;
        let Some(message) = message else {
            return Err(reply.messages.call.error(Status::internal("there is no message")));
        };
        // More than one message is against the contract of the method; the status comes after them.
        if reply.messages.message().await?.is_some() {
            return Err(reply.messages.call.error(Status::internal("there are several messages")));
        }
        let trailers = reply.messages.trailers().await?;
        Ok(UnaryReply { metadata: reply.metadata, message, trailers })
    }

    /// An RPC of any shape. Resolves with the head of the response.
    ///
    /// # Cancel safety
    /// Dropping the future, or the messages of the response before their end, cancels the RPC.
    pub(crate) async fn streaming(
        &self,
        method: PathAndQuery,
        metadata: HeaderMap,
        messages: Messages,
        terms: &CallTerms,
    ) -> Result<StreamingReply, ClientError> {
        let call = Arc::new(RpcCall { settings: self.settings.clone(), failure: Mutex::new(None) });
        let is_whole = matches!(messages, Messages::One(_));
        let messages = match messages {
            Messages::One(message) => stream::once(async move { message }).boxed(),
            Messages::Many(messages) => call.clone().until_aborted(messages).boxed(),
        };
        let deadline = self.deadline(terms);
        let service = RpcService { client: self, call: call.clone(), deadline, is_whole };
        let mut extensions = Extensions::default();
        extensions.insert(terms.depth);
        let request =
            tonic::Request::from_parts(MetadataMap::from_headers(metadata), extensions, messages);
        let reply = self.grpc(service, terms).streaming(request, method, BytesCodec).await;
        let (metadata, messages, _) = reply.map_err(|status| call.error(status))?.into_parts();
        let messages = IncomingMessages { messages, call };
        Ok(StreamingReply { metadata: metadata.into_headers(), messages })
    }

    fn grpc<'a>(&self, service: RpcService<'a>, terms: &CallTerms) -> Grpc<RpcService<'a>> {
        let most = usize::try_from(self.settings.max_response).unwrap_or(usize::MAX);
        let grpc = Grpc::with_origin(service, self.origin.clone())
            .max_decoding_message_size(most)
            .accept_compressed(CompressionEncoding::Gzip)
            .accept_compressed(CompressionEncoding::Zstd);
        let configured = match self.settings.compression {
            Compression::Off => None,
            Compression::Gzip => Some(CompressionEncoding::Gzip),
            Compression::Zstd => Some(CompressionEncoding::Zstd),
        };
        let encoding = match terms.compression {
            CallCompression::Configured => configured,
            CallCompression::Off => None,
            CallCompression::On => Some(configured.unwrap_or(CompressionEncoding::Gzip)),
        };
        match encoding {
            Some(encoding) => grpc.send_compressed(encoding),
            None => grpc,
        }
    }
}

/// What an RPC that fails is to be told about: tonic knows statuses only.
#[derive(Debug)]
struct RpcCall {
    settings: Arc<settings::Client>,
    /// Why there is no status of the other service.
    failure: Mutex<Option<ClientError>>,
}

impl RpcCall {
    fn fail(&self, error: ClientError) -> FailedExchange {
        // What follows from the first failure does not explain it.
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        FailedExchange
    }

    /// What `status` stands for.
    fn error(&self, status: Status) -> ClientError {
        let failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner).take();
        failure.unwrap_or_else(|| self.settings.status(status))
    }

    fn until_aborted(
        self: Arc<Self>,
        messages: BoxStream<'static, Result<Bytes, Aborted>>,
    ) -> impl Stream<Item = Bytes> + Send {
        messages.scan((), move |(), message| {
            if message.is_err() {
                self.fail(self.settings.aborted());
            }
            ready(message.ok())
        })
    }

    fn is_failed(&self) -> bool {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }
}

/// Stands for the error that [`RpcCall`] has.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the exchange failed")]
struct FailedExchange;

/// Exchanges as what tonic calls a service.
struct RpcService<'a> {
    client: &'a Client,
    call: Arc<RpcCall>,
    deadline: Deadline,
    /// Whether the request is a single message.
    is_whole: bool,
}

impl<'a> GrpcService<tonic::body::Body> for RpcService<'a> {
    type ResponseBody = RpcBody<ResponseBody>;
    type Error = FailedExchange;
    type Future = BoxFuture<'a, Result<Response<Self::ResponseBody>, FailedExchange>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), FailedExchange>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<tonic::body::Body>) -> Self::Future {
        let (client, call, deadline) = (self.client, self.call.clone(), self.deadline);
        let is_whole = self.is_whole;
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let body = if is_whole {
                // The message is there: nothing waits.
                let body = body.collect().await;
                let body = body.map_err(|status| call.fail(call.error(status)))?;
                RequestBody::Whole(body.to_bytes())
            } else {
                RequestBody::streamed(RpcBody { body, call: call.clone() })
            };
            let sent = client.exchange(Request::from_parts(parts, body), deadline).await;
            let response = sent.map_err(|error| call.fail(error))?;
            Ok(response.map(|body| RpcBody { body, call }))
        })
    }
}

/// A body whose failure is that of its call.
struct RpcBody<B> {
    body: B,
    call: Arc<RpcCall>,
}

impl Body for RpcBody<ResponseBody> {
    type Data = Bytes;
    type Error = FailedExchange;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, FailedExchange>>> {
        let this = self.get_mut();
        let frame = Pin::new(&mut this.body).poll_frame(context);
        frame.map_err(|error| this.call.fail(error))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Body for RpcBody<tonic::body::Body> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        let frame = Pin::new(&mut this.body).poll_frame(context);
        match frame {
            // Messages that were aborted have no end.
            Poll::Ready(None) if this.call.is_failed() => {
                Poll::Ready(Some(Err(h2::Error::from(h2::Reason::CANCEL).into())))
            }
            frame => frame.map_err(Into::into),
        }
    }
}

/// Where RPCs of a client are addressed to.
pub(super) fn origin(has_tls: bool, target: &str) -> Option<Uri> {
    let scheme = if has_tls { "https" } else { "http" };
    Uri::builder().scheme(scheme).authority(target).path_and_query("/").build().ok()
}
