//! RPCs of the guest.

use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::StreamExt;
use wasmtime::component::Accessor;

use super::failure;
use super::outgoing::{Ended, OutgoingCall};
use super::stream::{self, Message, RequestStream, ResponseStream};
use crate::bindings::clients::{
    self as contract, End, Failure, Protocol, RequestMessages, StreamingParameters,
    UnaryParameters, UnaryResponse,
};
use crate::call::metadata;
use crate::capability::State;
use crate::capability::streams::GuestStream;
use crate::client::{self, Client};

pub(super) async fn unary(
    accessor: &Accessor<State>,
    (client, method, packed, message, options): UnaryParameters,
) -> Result<UnaryResponse, Failure> {
    let call = OutgoingCall::begin(accessor, &client, Protocol::Grpc, &options);
    let mut call = call.map_err(failure::of_host)?;
    let (path, fields) = call.rpc(&method, &packed).map_err(failure::of_host)?;
    let (client, terms) = (call.client.clone(), call.terms);
    let reply = call.outcome(client.unary(path, fields, message, &terms)).await;
    let reply = reply.map_err(|ended| failure::rpc(client.name(), ended))?;
    Ok(UnaryResponse {
        metadata: metadata::pack_response(&reply.metadata),
        message: reply.message,
        trailers: metadata::pack_response(&reply.trailers),
    })
}

/// # Errors
/// What the store cannot go on after.
pub(super) async fn streaming(
    accessor: &Accessor<State>,
    (client, method, packed, messages, options): StreamingParameters,
) -> wasmtime::Result<Result<contract::Incoming, Failure>> {
    let messages = match messages {
        RequestMessages::One(message) => client::Messages::One(message),
        RequestMessages::Many(contract::Outgoing { messages, end }) => {
            let outgoing = accessor.with(|access| RequestStream::lift(access, messages, end))?;
            client::Messages::Many(outgoing.boxed())
        }
    };
    let begun = OutgoingCall::begin(accessor, &client, Protocol::Grpc, &options)
        .and_then(|call| call.rpc(&method, &packed).map(|rpc| (call, rpc)));
    let (mut call, (path, fields)) = match begun {
        Ok(begun) => begun,
        Err(error) => return Ok(Err(failure::of_host(error))),
    };
    let (client, terms) = (call.client.clone(), call.terms);
    let reply = match call.outcome(client.streaming(path, fields, messages, &terms)).await {
        Ok(reply) => reply,
        Err(ended) => return Ok(Err(failure::rpc(client.name(), ended))),
    };
    let metadata = metadata::pack_response(&reply.metadata);
    let incoming = ResponseMessages { client, messages: reply.messages };
    let lowered = accessor.with(|access| stream::lower::<Message, _>(access, incoming))?;
    let GuestStream { data: messages, end } = lowered;
    Ok(Ok(contract::Incoming { metadata, messages, end }))
}

/// The messages of another service.
struct ResponseMessages {
    client: Arc<Client>,
    messages: client::IncomingMessages,
}

impl ResponseStream for ResponseMessages {
    type End = End;

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<Bytes, End>> {
        Poll::Ready(match ready!(self.messages.poll_message(context)) {
            Some(Ok(message)) => Ok(message),
            Some(Err(error)) => Err(Err(failure::rpc(self.client.name(), Ended::Failed(error)))),
            None => Err(Ok(metadata::pack_response(&self.messages.take_trailers()))),
        })
    }

    fn left() -> End {
        Err(failure::of_host(failure::left()))
    }
}
