//! What a client receives: messages and how they ended.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{HeaderMap, Response};
use http_body::{Body, Frame, SizeHint};
use tokio::sync::oneshot;
use tokio::time::Sleep;
use tonic::Status;

use super::encoding::Encoding;
use super::frame::{Framed, frame};
use super::rpc::Rpc;
use super::standard::StandardBody;
use super::status;
use crate::call::Fault;
use crate::call::grpc::{Compression, End, ResponseMessage};
use crate::call::metadata;
use crate::call::stream::Streamed;
use crate::dispatch::body::Aborted;
use crate::dispatch::pump::Pump;

/// How messages are put on the wire.
#[derive(Debug, Clone, Copy)]
pub(super) struct MessageEncoder {
    /// What the client can decode.
    pub(super) encoding: Option<Encoding>,
    /// Whether messages are compressed when the service does not say.
    pub(super) compresses: bool,
    /// Largest message, in bytes.
    pub(super) limit: usize,
}

impl MessageEncoder {
    pub(super) fn frame(&self, message: ResponseMessage) -> Result<Framed, Status> {
        let ResponseMessage { data, compression } = message;
        if data.len() > self.limit {
            let message = format!("a message of the response is larger than {} bytes", self.limit);
            return Err(Status::resource_exhausted(message));
        }
        let wanted = match compression {
            Compression::Configured => self.compresses,
            Compression::Off => false,
            Compression::On => true,
        };
        let encoding = self.encoding.filter(|_| wanted);
        frame(data, encoding)
            .map_err(|error| Status::internal(format!("a message cannot be compressed: {error}")))
    }
}

/// The body of the answer to an RPC.
pub(crate) struct GrpcBody(Inner);

enum Inner {
    /// What had to be said is in the head.
    Empty,
    Whole {
        framed: Option<Framed>,
        trailers: Option<HeaderMap>,
    },
    Streamed(Box<Stream>),
    Standard(Box<StandardBody>),
}

/// The messages of a guest. While the client reads them, what is left of the request keeps flowing.
pub(super) struct Stream {
    pub(super) messages: Streamed<ResponseMessage, End>,
    /// Why the messages broke off without an end.
    pub(super) fault: oneshot::Receiver<Fault>,
    pub(super) encoder: MessageEncoder,
    pub(super) pump: Pump<Status>,
    /// Resolves when the client stops waiting.
    pub(super) deadline: Option<Pin<Box<Sleep>>>,
    pub(super) rpc: Arc<Rpc>,
    /// The rest of a message whose beginning is on its way.
    pub(super) rest: Option<Bytes>,
}

impl std::fmt::Debug for GrpcBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GrpcBody").finish_non_exhaustive()
    }
}

impl GrpcBody {
    pub(super) fn empty() -> Self {
        Self(Inner::Empty)
    }

    pub(super) fn whole(framed: Framed, trailers: HeaderMap) -> Self {
        Self(Inner::Whole { framed: Some(framed), trailers: Some(trailers) })
    }

    pub(super) fn streamed(stream: Stream) -> Self {
        Self(Inner::Streamed(Box::new(stream)))
    }

    pub(super) fn standard(response: Response<StandardBody>) -> Response<Self> {
        response.map(|body| Self(Inner::Standard(Box::new(body))))
    }
}

impl Body for GrpcBody {
    type Data = Bytes;
    type Error = Aborted;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Aborted>>> {
        match &mut self.0 {
            Inner::Empty => Poll::Ready(None),
            Inner::Whole { framed, trailers } => {
                let frame = match framed.take() {
                    Some(Framed { first, rest }) => {
                        *framed = rest.map(|rest| Framed { first: rest, rest: None });
                        Some(Frame::data(first))
                    }
                    None => trailers.take().map(Frame::trailers),
                };
                Poll::Ready(frame.map(Ok))
            }
            Inner::Standard(body) => {
                body.poll_frame(context).map(|frame| frame.map(|f| f.map_err(|_status| Aborted)))
            }
            Inner::Streamed(stream) => {
                let frame = ready!(stream.poll_frame(context));
                if frame.is_trailers() {
                    // Dropping the stream tells the guest that nobody reads any more.
                    self.0 = Inner::Empty;
                }
                Poll::Ready(Some(Ok(frame)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Inner::Empty => true,
            Inner::Whole { framed, trailers } => framed.is_none() && trailers.is_none(),
            Inner::Standard(body) => body.is_end_stream(),
            Inner::Streamed(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        if self.is_end_stream() { SizeHint::with_exact(0) } else { SizeHint::default() }
    }
}

impl Stream {
    fn poll_frame(&mut self, context: &mut Context<'_>) -> Poll<Frame<Bytes>> {
        if let Some(rest) = self.rest.take() {
            return Poll::Ready(Frame::data(rest));
        }
        if let Some(deadline) = &mut self.deadline
            && deadline.as_mut().poll(context).is_ready()
        {
            return Poll::Ready(self.end(&self.rpc.overdue()));
        }
        if let Err(status) = self.pump.poll(context) {
            return Poll::Ready(self.end(&status));
        }
        match self.messages.data.poll_recv(context) {
            Poll::Ready(Some(message)) => {
                return Poll::Ready(match self.encoder.frame(message) {
                    Ok(Framed { first, rest }) => {
                        self.rest = rest;
                        Frame::data(first)
                    }
                    Err(status) => self.end(&self.rpc.too_large(status)),
                });
            }
            Poll::Ready(None) => {
                if let Poll::Ready(ended) = Pin::new(&mut self.messages.end).poll(context) {
                    return Poll::Ready(self.ended(ended.ok()));
                }
            }
            Poll::Pending => (),
        }
        Poll::Pending
    }

    /// `None`: the instance was lost.
    fn ended(&mut self, ended: Option<End>) -> Frame<Bytes> {
        match ended {
            Some(Ok(trailers)) => match metadata::unpack(&trailers) {
                Ok(trailers) => self.succeeded(trailers),
                Err(fault) => self.end(&self.rpc.fault(&fault)),
            },
            Some(Err(failure)) => self.end(&self.rpc.returned(&failure)),
            None => {
                let fault = self.fault.try_recv().unwrap_or(Fault::InstanceLost);
                self.end(&self.rpc.fault(&fault))
            }
        }
    }

    fn succeeded(&self, trailers: HeaderMap) -> Frame<Bytes> {
        self.rpc.log_end(tonic::Code::Ok);
        Frame::trailers(self.rpc.stamped(status::success(trailers)))
    }

    fn end(&self, status: &Status) -> Frame<Bytes> {
        self.rpc.log_end(status.code());
        Frame::trailers(self.rpc.stamped(status::failure(status)))
    }
}
