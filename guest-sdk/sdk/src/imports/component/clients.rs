//! Calls other services, through the import `clients`.
//! Deliberately only translates types; a component in which nothing uses this does not import the interface.

#[cfg(feature = "grpc")]
mod grpc;

use std::convert::Infallible;
use std::future::{Future, pending};
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use futures_channel::oneshot;
use futures_util::FutureExt as _;
use futures_util::future::{Either, select};
use futures_util::stream::{LocalBoxStream, StreamExt as _};
use http::StatusCode;
use serde_json::Map;

use crate::bindings::clients::mikros::service::clients as wit;
use crate::bindings::clients::{wit_future, wit_stream};
use crate::bindings::errors::mikros::service::errors;
use crate::call::awaited::{self, is_dropped_when_cancelled};
use crate::clients::{Answer, Outgoing, Protocol};
use crate::error::{ErrorKind, Result, ServiceError};
use crate::http::body::crossing::{pump, read};
use crate::http::{Body, Content};

#[cfg(feature = "grpc")]
pub(crate) use grpc::{streaming, unary};

pub(crate) fn declared(client: &str, protocol: Protocol) -> Result<()> {
    let protocol = match protocol {
        #[cfg(feature = "grpc")]
        Protocol::Grpc => wit::Protocol::Grpc,
        Protocol::Http => wit::Protocol::Http,
    };
    wit::declared(client, protocol).map_err(ServiceError::from)
}

pub(crate) fn parse_error(client: &str, json: &[u8]) -> Option<ServiceError> {
    wit::parse_error(json).map(|error| of_origin(client, error))
}

pub(crate) async fn send(client: &str, call: Outgoing) -> Result<Answer> {
    let Outgoing { head, body, timeout } = call;
    let (body, alive) = to_host(body);
    let options = options(timeout, wit::Compression::Configured);
    let response = until_answered(
        wit::send(client.to_owned(), head, body, options),
        |outcome| matches!(outcome, Err(error) if error.kind == errors::Kind::Cancelled),
    );
    let response = response.await.map_err(|error| of_host(client, error))?;
    let status = StatusCode::from_u16(response.status)?;
    Ok(Answer { status, headers: response.headers, body: from_host(response.body, alive) })
}

/// Waits for the host to answer a call.
///
/// The host ends the calls of a call that is cancelled. Where the future of that one is dropped, as at any other
/// `.await`, this one stays pending until then, so that no code of the service takes it for a failure.
async fn until_answered<T>(
    call: impl Future<Output = T>,
    is_cancelled: impl FnOnce(&T) -> bool,
) -> T {
    let answer = awaited::Call::new(call).await;
    if is_cancelled(&answer)
        && is_dropped_when_cancelled()
        && super::cancelled().now_or_never().is_some()
    {
        pending::<()>().await;
    }
    answer
}

fn options(timeout: Option<Duration>, compression: wit::Compression) -> wit::Options {
    // More than 584 years do not fit; the client has a limit that is less.
    let timeout = timeout.map(|time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    wit::Options { timeout, compression }
}

/// An error of the host, or one that another service has returned.
fn of_origin(client: &str, error: wit::OriginError) -> ServiceError {
    let wit::OriginError { error, origin } = error;
    let attributes = error.attributes.as_deref().and_then(|text| serde_json::from_str(text).ok());
    ServiceError::from(error)
        .with_attributes(attributes.unwrap_or_else(Map::new))
        .of_client(client, origin)
}

fn of_host(client: &str, error: errors::Error) -> ServiceError {
    ServiceError::from(error).of_client(client, None)
}

/// Keeps the task that writes for a call: dropping it ends the task.
type Alive = oneshot::Sender<Infallible>;

/// Runs `work` in a task until what is returned is dropped. `end` gets the outcome of the work, or `None` if it was ended.
fn spawn_while_alive<T: 'static>(
    work: impl Future<Output = T> + 'static,
    end: impl AsyncFnOnce(Option<T>) + 'static,
) -> Alive {
    let (alive, dropped) = oneshot::channel();
    crate::imports::spawn(async move {
        let outcome = match select(pin!(work), dropped).await {
            Either::Left((outcome, _dropped)) => Some(outcome),
            Either::Right((_dropped, _work)) => None,
        };
        end(outcome).await;
    });
    alive
}

fn to_host(body: Body) -> (wit::Body, Option<Alive>) {
    match body.into_content() {
        Content::Empty => (wit::Body::None, None),
        Content::Whole(bytes) => (wit::Body::Bytes(bytes.into_owned()), None),
        Content::Stream { chunks, remaining } => {
            let (streamed, alive) = write(chunks.take(), remaining);
            (wit::Body::Streamed(streamed), Some(alive))
        }
    }
}

fn write(
    chunks: LocalBoxStream<'static, Result<Bytes>>,
    length: Option<u64>,
) -> (wit::Streamed, Alive) {
    let (writer, data) = wit_stream::new();
    let (end_writer, end) = wit_future::new(given_up);
    // The writer is dropped before the end is told, as the contract demands.
    let alive = spawn_while_alive(pump(chunks, writer), async move |outcome| {
        let outcome = outcome.map_or_else(given_up, |outcome| outcome.map_err(Into::into));
        // Fails if the host has stopped reading, which ends the task as well.
        let _ = end_writer.write(outcome).await;
    });
    (wit::Streamed { data, length, end }, alive)
}

fn given_up() -> Result<(), errors::Error> {
    Err(ServiceError::of_kind(ErrorKind::Cancelled, "the request was given up").into())
}

/// While a streamed response is there, so is the task that writes the request.
fn from_host(body: wit::Body, alive: Option<Alive>) -> Body {
    match body {
        wit::Body::None => Body::empty(),
        wit::Body::Bytes(bytes) => bytes.into(),
        wit::Body::Streamed(wit::Streamed { data, length, end }) => {
            let body = Body::stream(read(data, end).map(move |chunk| {
                let _alive = &alive;
                chunk
            }));
            match length {
                Some(length) => body.with_length(length),
                None => body,
            }
        }
    }
}
