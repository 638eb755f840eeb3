//! An RPC and its answer as they pass between a connection and a guest.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::oneshot;

use super::Fault;
use super::stream::{Hold, Streamed};
use crate::bindings::errors::Error as ServiceError;
pub(crate) use crate::bindings::grpc::{
    Compression, End, Failure, Reason, RequestMessage, ResponseMessage, UnaryResponse,
};

/// An RPC that the host has checked.
#[derive(Debug)]
pub(crate) struct RpcRequest {
    /// The path, `/helloworld.Greeter/SayHello`.
    pub method: Arc<str>,
    /// Lines, as `wit/grpc.wit` describes them.
    pub metadata: Bytes,
    pub messages: RequestMessages,
}

/// What the client sends.
#[derive(Debug)]
pub(crate) enum RequestMessages {
    /// Both sides of the RPC are a single message.
    One(RequestMessage),
    Many(StreamedRequest),
}

impl RequestMessages {
    /// Tells whether the guest has room for more of them; `None` for what enters whole.
    pub(crate) fn hold(&self) -> Option<Arc<Hold>> {
        match self {
            Self::One(_) => None,
            Self::Many(messages) => Some(messages.hold.clone()),
        }
    }
}

/// The messages of a client.
pub(crate) type StreamedRequest = Streamed<RequestMessage, Result<(), ServiceError>>;

/// What the guest answered, not yet checked.
#[derive(Debug)]
pub(crate) enum RpcResponse {
    One(UnaryResponse),
    Many(StreamedResponse),
}

/// The messages of a guest.
#[derive(Debug)]
pub(crate) struct StreamedResponse {
    /// Lines, as `wit/grpc.wit` describes them.
    pub metadata: Bytes,
    pub messages: Streamed<ResponseMessage, End>,
    /// Why the messages broke off without an end.
    pub fault: oneshot::Receiver<Fault>,
}
