//! RPCs to other services: messages are bytes here.
//! Deliberately moves what it can: this is the path of every RPC.

use std::cell::OnceCell;
use std::rc::Rc;

use futures_util::stream::{LocalBoxStream, Stream, StreamExt as _, unfold};
use wit_bindgen::{FutureReader, StreamReader, StreamWriter};

use super::{Alive, errors, of_origin, options, spawn_while_alive, until_answered, wit};
use crate::bindings::clients::{wit_future, wit_stream};
use crate::grpc::client::{IncomingMessages, OutgoingCall, OutgoingMessages, UnaryAnswer};
use crate::grpc::{Code, Compression, Metadata, Status};

pub(crate) async fn unary(call: OutgoingCall, message: Vec<u8>) -> Result<UnaryAnswer, Status> {
    let OutgoingCall { client, method, metadata, timeout, compression } = call;
    let response = until_answered(
        wit::unary(
            client.to_string(),
            method,
            metadata.into_lines(),
            message,
            options(timeout, to_host(compression)),
        ),
        is_cancelled,
    );
    let response = response.await.map_err(|failure| status(&client, failure))?;
    Ok(UnaryAnswer {
        metadata: Metadata::from_lines(response.metadata),
        message: response.message,
        trailers: Metadata::from_lines(response.trailers),
    })
}

pub(crate) async fn streaming(
    call: OutgoingCall,
    messages: OutgoingMessages,
) -> Result<IncomingMessages, Status> {
    let OutgoingCall { client, method, metadata, timeout, compression } = call;
    let (messages, alive) = match messages {
        OutgoingMessages::One(message) => (wit::RequestMessages::One(message), None),
        OutgoingMessages::Many(messages) => {
            let (messages, alive) = write(messages);
            (wit::RequestMessages::Many(messages), Some(alive))
        }
    };
    let incoming = until_answered(
        wit::streaming(
            client.to_string(),
            method,
            metadata.into_lines(),
            messages,
            options(timeout, to_host(compression)),
        ),
        is_cancelled,
    );
    let wit::Incoming { metadata, messages, end } =
        incoming.await.map_err(|failure| status(&client, failure))?;
    let trailers = Rc::<OnceCell<_>>::default();
    let reading = Reading { messages, end, alive, trailers: Rc::clone(&trailers) };
    let messages =
        read(reading).map(move |message| message.map_err(|failure| status(&client, failure)));
    let metadata = Metadata::from_lines(metadata);
    Ok(IncomingMessages { metadata, messages: messages.boxed_local(), trailers })
}

fn to_host(compression: Compression) -> wit::Compression {
    match compression {
        Compression::Configured => wit::Compression::Configured,
        Compression::Off => wit::Compression::Off,
        Compression::On => wit::Compression::On,
    }
}

fn is_cancelled<T>(outcome: &Result<T, wit::Failure>) -> bool {
    match outcome {
        Ok(_) => false,
        Err(failure) => match &failure.reason {
            wit::Reason::Error(error) => {
                error.origin.is_none() && error.error.kind == errors::Kind::Cancelled
            }
            wit::Reason::Status(_) => false,
        },
    }
}

fn status(client: &str, failure: wit::Failure) -> Status {
    let wit::Failure { reason, trailers } = failure;
    let status = match reason {
        wit::Reason::Error(error) => of_origin(client, error).into(),
        wit::Reason::Status(wit::Status { code, message, details }) => {
            let code = i32::try_from(code).ok().and_then(Code::from_number);
            Status::new(code.unwrap_or(Code::Unknown), message).with_details(details)
        }
    };
    status.with_metadata(Metadata::from_lines(trailers)).of_client(client)
}

/// The messages of this service. They end when there are no more, or when the answer is dropped.
fn write(messages: LocalBoxStream<'static, Vec<u8>>) -> (wit::Outgoing, Alive) {
    let (writer, reader) = wit_stream::new();
    let (end_writer, end) = wit_future::new(|| Err(()));
    // The writer is dropped before the end is told, as the contract demands.
    let alive = spawn_while_alive(pump(messages, writer), async move |outcome| {
        // Fails if the host has stopped reading, which ends the task as well.
        let _ = end_writer.write(outcome.ok_or(())).await;
    });
    (wit::Outgoing { messages: reader, end }, alive)
}

async fn pump(mut messages: LocalBoxStream<'static, Vec<u8>>, mut writer: StreamWriter<Vec<u8>>) {
    while let Some(message) = messages.next().await {
        if writer.write_one(message).await.is_some() {
            return;
        }
    }
}

/// The messages of the other service, and what is there as long as they are read.
struct Reading {
    messages: StreamReader<Vec<u8>>,
    end: FutureReader<Result<Vec<u8>, wit::Failure>>,
    alive: Option<Alive>,
    trailers: Rc<OnceCell<Metadata>>,
}

/// The messages, then a failure if they ended with one.
fn read(reading: Reading) -> impl Stream<Item = Result<Vec<u8>, wit::Failure>> + 'static {
    unfold(Some(reading), async |reading| {
        let mut reading = reading?;
        if let Some(message) = reading.messages.next().await {
            return Some((Ok(message), Some(reading)));
        }
        let Reading { end, alive, trailers, .. } = reading;
        let end = end.await;
        drop(alive);
        match end {
            Ok(lines) => {
                // It is set once, because this is the only end.
                let _ = trailers.set(Metadata::from_lines(lines));
                None
            }
            Err(failure) => Some((Err(failure), None)),
        }
    })
}
