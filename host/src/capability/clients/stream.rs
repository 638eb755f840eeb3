//! What crosses the boundary of a guest over time when it calls another service.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::Stream;
use tokio::sync::oneshot;
use wasmtime::component::{FutureReader, Lift, Lower, Source, StreamReader};
use wasmtime::{AsContextMut, StoreContextMut};

use crate::call::stream::Streamed;
use crate::capability::State;
use crate::capability::streams::{self, FromGuest, GuestStream, IntoGuest, Unbounded};
use crate::client::Aborted;

/// A message of an RPC, in either direction.
pub(super) struct Message(Bytes);

impl IntoGuest for Message {
    type Item = Bytes;
    type Buffer = Option<Bytes>;

    fn size(&self) -> usize {
        self.0.len()
    }

    fn into_buffer(self) -> Option<Bytes> {
        Some(self.0)
    }
}

impl FromGuest for Message {
    type Item = Bytes;

    fn take(
        store: StoreContextMut<'_, State>,
        mut source: Source<'_, Bytes>,
    ) -> wasmtime::Result<Option<Self>> {
        let mut message = None;
        source.read(store, &mut message)?;
        Ok(message.map(Self))
    }
}

impl From<Bytes> for Message {
    fn from(message: Bytes) -> Self {
        Self(message)
    }
}

/// What another service sends, then how it ended.
pub(super) trait ResponseStream: Send + Unpin + 'static {
    /// How it ended, for the guest.
    type End: Lower + Lift + Send + Sync + 'static;

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<Bytes, Self::End>>;

    /// How it ended for a guest that has left it, and asks all the same.
    fn left() -> Self::End;
}

/// Hands `response` to the guest, as chunks of bytes or as messages.
pub(super) fn lower<T: IntoGuest + From<Bytes>, I: ResponseStream>(
    mut store: impl AsContextMut<Data = State>,
    response: I,
) -> wasmtime::Result<GuestStream<T::Item, I::End>> {
    let (end, ended) = oneshot::channel();
    let source = ResponseSource { response, end: Some(end) };
    let data: StreamReader<T::Item> = streams::reader::<T>(&mut store, source, Unbounded)?;
    let ended = async move { Ok::<_, wasmtime::Error>(ended.await.unwrap_or_else(|_| I::left())) };
    Ok(GuestStream { data, end: FutureReader::new(&mut store, ended)? })
}

/// Keeps how the response ended for whoever asks.
struct ResponseSource<I: ResponseStream> {
    response: I,
    end: Option<oneshot::Sender<I::End>>,
}

impl<I: ResponseStream, T: From<Bytes>> streams::Arriving<T> for ResponseSource<I> {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<T>> {
        Poll::Ready(match ready!(self.response.poll_next(context)) {
            Ok(item) => Some(item.into()),
            Err(end) => {
                if let Some(ended) = self.end.take() {
                    // Nobody has to look at it.
                    drop(ended.send(end));
                }
                None
            }
        })
    }
}

/// The messages of a guest; an error when it broke off, because an end alone may be that of the instance.
pub(super) struct RequestStream {
    messages: Streamed<Message, Result<(), ()>>,
    is_over: bool,
}

impl RequestStream {
    pub(super) fn lift(
        store: impl AsContextMut<Data = State>,
        messages: StreamReader<Bytes>,
        end: FutureReader<Result<(), ()>>,
    ) -> wasmtime::Result<Self> {
        let (messages, _completion) = streams::lift(store, GuestStream { data: messages, end })?;
        Ok(Self { messages, is_over: false })
    }
}

impl Stream for RequestStream {
    type Item = Result<Bytes, Aborted>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        if let Some(Message(message)) = ready!(self.messages.data.poll_recv(context)) {
            return Poll::Ready(Some(Ok(message)));
        }
        let end = ready!(Pin::new(&mut self.messages.end).poll(context));
        self.is_over = true;
        Poll::Ready(if matches!(end, Ok(Ok(()))) { None } else { Some(Err(Aborted)) })
    }
}
