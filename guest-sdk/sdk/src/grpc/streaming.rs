//! The messages of the other side, one after another: of a client, or of a service that was called.
//! Deliberately decodes a message only when it is asked for, so that a slow method slows the client.

use std::cell::OnceCell;
use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::stream::{LocalBoxStream, Stream, StreamExt as _, iter};
use prost::Message;

use super::{Metadata, Status};
use crate::error::ServiceError;
use crate::local::Local;

/// The messages of a client, or those with which another service answers a [client](crate::clients) of this one.
///
/// It is a [`Stream`] as well. Messages that are not asked for wait at the other side. Dropping the messages of another
/// service cancels the RPC.
///
/// ```
/// use mikros_sdk::grpc::{Request, Response, Status, Streaming};
///
/// async fn total(request: Request<Streaming<u32>>) -> Result<Response<u32>, Status> {
///     let mut numbers = request.into_inner();
///     let mut sum = 0;
///     while let Some(number) = numbers.message().await? {
///         sum += number;
///     }
///     Ok(Response::new(sum))
/// }
///
/// # mikros_sdk::testing::Context::new().run(async {
/// // In a unit test:
/// let response = total(Request::new(Streaming::of([1, 2, 3]))).await?;
/// assert_eq!(response.into_inner(), 6);
/// # Ok::<_, Status>(())
/// # }).unwrap();
/// ```
pub struct Streaming<T> {
    // Wrapped, so that handlers of other frameworks, which demand `Send`, may hold it.
    messages: Local<LocalBoxStream<'static, Result<Received<T>, Status>>>,
    is_done: bool,
    /// Of another service, set when its messages have ended well.
    trailers: Option<Local<Rc<OnceCell<Metadata>>>>,
}

/// A message of a client's stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received<T> {
    /// The message.
    pub message: T,
    /// Whether the client had compressed it.
    pub is_compressed: bool,
}

/// A message of a client as the host hands it over.
#[derive(Debug)]
pub(crate) struct RequestBytes {
    pub(crate) data: Vec<u8>,
    pub(crate) is_compressed: bool,
}

impl<T: 'static> Streaming<T> {
    /// A stream of these messages, for unit tests.
    pub fn of<I: IntoIterator<Item = T, IntoIter: 'static>>(messages: I) -> Self {
        Self::new(iter(messages.into_iter().map(Ok)))
    }

    /// A stream that may fail, for unit tests: an error is what a client causes that breaks off.
    pub fn new(messages: impl Stream<Item = Result<T, Status>> + 'static) -> Self {
        let received = |message| Received { message, is_compressed: false };
        Self::received_from(messages.map(move |message| message.map(received)))
    }

    fn received_from(messages: impl Stream<Item = Result<Received<T>, Status>> + 'static) -> Self {
        Self { messages: Local::new(messages.boxed_local()), is_done: false, trailers: None }
    }

    /// The messages of another service, decoded, with a place for what it sends after them.
    pub(super) fn with_trailers(
        messages: impl Stream<Item = Result<T, Status>> + 'static,
        trailers: Rc<OnceCell<Metadata>>,
    ) -> Self {
        Self { trailers: Some(Local::new(trailers)), ..Self::new(messages) }
    }
}

impl<T: Message + Default + 'static> Streaming<T> {
    pub(super) fn decode(
        messages: impl Stream<Item = Result<RequestBytes, Status>> + 'static,
    ) -> Self {
        Self::received_from(messages.map(|message| {
            let RequestBytes { data, is_compressed } = message?;
            Ok(Received { message: decode(data)?, is_compressed })
        }))
    }
}

impl<T> Streaming<T> {
    /// The next message, `None` when the other side has sent its last.
    ///
    /// # Errors
    ///
    /// A message does not decode, or the client broke off: it went away, or sent something too
    /// large. Of another service: the status with which the RPC failed. There are no messages after that.
    ///
    /// # Cancel safety
    ///
    /// A message that has arrived may be lost when the future is dropped.
    pub async fn message(&mut self) -> Result<Option<T>, Status> {
        self.next().await.transpose()
    }

    /// The next message and how it came, `None` when the client has sent its last.
    ///
    /// # Errors
    ///
    /// As [`Streaming::message`].
    ///
    /// # Cancel safety
    ///
    /// As [`Streaming::message`].
    pub async fn received(&mut self) -> Result<Option<Received<T>>, Status> {
        std::future::poll_fn(|context| self.poll_received(context)).await.transpose()
    }

    /// What another service has sent after its last message. Reads the messages that are left, and drops them. Of a
    /// client of this service: nothing.
    ///
    /// # Errors
    ///
    /// As [`Streaming::message`].
    pub async fn trailers(&mut self) -> Result<Metadata, Status> {
        while self.message().await?.is_some() {}
        let trailers = self.trailers.as_ref().and_then(|trailers| trailers.get());
        Ok(trailers.cloned().unwrap_or_default())
    }

    fn poll_received(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Received<T>, Status>>> {
        if self.is_done {
            return Poll::Ready(None);
        }
        let polled = self.messages.poll_next_unpin(context);
        self.is_done = matches!(polled, Poll::Ready(None | Some(Err(_))));
        polled
    }
}

impl<T> Stream for Streaming<T> {
    type Item = Result<T, Status>;

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<T, Status>>> {
        let polled = self.get_mut().poll_received(context);
        polled.map(|item| item.map(|received| received.map(|received| received.message)))
    }
}

impl<T> fmt::Debug for Streaming<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streaming").field("is_done", &self.is_done).finish_non_exhaustive()
    }
}

/// Reads a message of a client; fields of type `Bytes` share the memory of `data`.
pub(super) fn decode<T: Message + Default>(data: Vec<u8>) -> Result<T, Status> {
    T::decode(Bytes::from(data)).map_err(|error| {
        let text = error.to_string();
        let reason = text.strip_prefix("failed to decode Protobuf message: ").unwrap_or(&text);
        undecodable(reason).into()
    })
}

/// `reason` is prost's: the fields from the outside in, each after its message, then what is wrong with the last:
/// `Order.items: Item.amount: invalid wire type: ..`.
fn undecodable(reason: &str) -> ServiceError {
    let is_field = |part: &&str| part.contains('.') && !part.contains(' ');
    let fields: Vec<_> = reason.split(": ").take_while(is_field).collect();
    let names = fields.iter().filter_map(|field| field.rsplit('.').next());
    let path = names.collect::<Vec<_>>().join(".");
    let description = reason.splitn(fields.len() + 1, ": ").last().unwrap_or(reason);
    ServiceError::invalid_arguments(format!("cannot decode the message: {reason}"))
        .with_violation(path, description)
}
