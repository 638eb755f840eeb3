//! The export `grpc`: bytes of the host become messages for a method, and its answer bytes.
//! Deliberately copies nothing that can be moved: this is the path of every RPC.

use futures_util::stream::{Stream, StreamExt as _, unfold};
use wit_bindgen::{FutureReader, StreamReader, StreamWriter};

use super::{Exported, cancelled, running, wit};
use crate::bindings::grpc::exports::mikros::service::grpc as contract;
use crate::bindings::grpc::{wit_future, wit_stream};
use crate::call::until_cancelled;
use crate::error::ServiceError;
use crate::grpc::call::{StreamingCall, UnaryCall};
use crate::grpc::reply_stream::StreamingReply;
use crate::grpc::{Compression, Metadata, Reason, ReplyBytes, RequestBytes, Services as _, Status};
use crate::service::Grpc;

/// How the messages of a client ended.
type End = Result<(), wit::Error>;

impl<S: Grpc, R> contract::Guest for Exported<S, R> {
    async fn unary(
        method: String,
        metadata: Vec<u8>,
        message: contract::RequestMessage,
    ) -> Result<contract::Response, contract::Failure> {
        let reply = until_cancelled(async {
            let running = running::<S>()?;
            let call = UnaryCall::new(method, metadata, from_host(message));
            S::Services::unary(&running.service, call).await
        });
        let reply = reply.await.unwrap_or_else(|| Err(cancelled().into())).map_err(failure)?;
        Ok(contract::Response {
            metadata: reply.metadata.into_lines(),
            message: to_host(ReplyBytes { data: reply.data, compression: reply.compression }),
            trailers: reply.trailers.into_lines(),
        })
    }

    async fn streaming(
        method: String,
        metadata: Vec<u8>,
        messages: contract::Incoming,
    ) -> Result<contract::Outgoing, contract::Failure> {
        let reply = until_cancelled(async {
            let running = running::<S>()?;
            let messages = read(messages.messages, messages.end).boxed_local();
            let call = StreamingCall::new(method, metadata, messages);
            S::Services::streaming(&running.service, call).await
        });
        let reply = reply.await.unwrap_or_else(|| Err(cancelled().into()));
        reply.map(write).map_err(failure)
    }
}

fn from_host(message: contract::RequestMessage) -> RequestBytes {
    RequestBytes { data: message.data, is_compressed: message.compressed }
}

fn to_host(message: ReplyBytes) -> contract::ResponseMessage {
    let compression = match message.compression {
        Compression::Configured => contract::Compression::Configured,
        Compression::Off => contract::Compression::Off,
        Compression::On => contract::Compression::On,
    };
    contract::ResponseMessage { data: message.data, compression }
}

fn failure(status: Status) -> contract::Failure {
    let (reason, trailers) = status.into_parts();
    let reason = match reason {
        Reason::Error(error) => contract::Reason::Error(error.into()),
        Reason::Status { code, message, details } => contract::Reason::Status(contract::Status {
            code: code.number().unsigned_abs(),
            message,
            details,
        }),
    };
    contract::Failure { reason, trailers: trailers.into_lines() }
}

/// The messages of a client, then an error when it broke off.
fn read(
    messages: StreamReader<contract::RequestMessage>,
    end: FutureReader<End>,
) -> impl Stream<Item = Result<RequestBytes, Status>> + 'static {
    unfold(Some((messages, end)), async |state| {
        let (mut messages, end) = state?;
        match messages.next().await {
            Some(message) => Some((Ok(from_host(message)), Some((messages, end)))),
            None => end.await.err().map(|error| (Err(ServiceError::from(error).into()), None)),
        }
    })
}

/// Hands the reading ends to the host and writes from a task, which outlives the call's answer.
fn write(mut reply: StreamingReply) -> contract::Outgoing {
    let metadata = std::mem::take(&mut reply.metadata);
    let (writer, messages) = wit_stream::new();
    let (end_writer, end) = wit_future::new(|| {
        Err(failure(ServiceError::internal("the stream of messages was given up").into()))
    });
    crate::imports::spawn(async move {
        // The writer is dropped before the end is told, as the contract demands.
        let outcome = until_cancelled(pump(reply, writer)).await;
        let outcome = outcome.unwrap_or_else(|| Err(cancelled().into()));
        // The host may be gone; then nobody wants to know.
        let _ = end_writer.write(outcome.map(Metadata::into_lines).map_err(failure)).await;
    });
    contract::Outgoing { metadata: metadata.into_lines(), messages, end }
}

async fn pump(
    mut reply: StreamingReply,
    mut writer: StreamWriter<contract::ResponseMessage>,
) -> Result<Metadata, Status> {
    while let Some(message) = reply.messages.next().await {
        let unread = writer.write_one(to_host(message?)).await;
        if unread.is_some() {
            return Ok(Metadata::new());
        }
    }
    drop(writer);
    reply.finish().await
}
