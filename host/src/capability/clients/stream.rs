//! What crosses the boundary of a guest over time when it calls another service. One chunk or message at a time, so
//! that the slower side sets the pace.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::Stream;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::PollSender;
use wasmtime::component::{
    Destination, FutureConsumer, FutureReader, Lift, Source, StreamConsumer, StreamProducer,
    StreamReader, StreamResult,
};
use wasmtime::{AsContextMut, StoreContextMut};

use crate::capability::State;
use crate::client::Aborted;

/// Largest chunk that is taken from a guest at once, in bytes.
const LARGEST_CHUNK: usize = 64 * 1024;

/// What another service sends: `T` by `T`, then how it ended.
pub(super) trait Arriving: Send + Unpin + 'static {
    /// How it ended, for the guest.
    type End: Send;

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<Bytes, Self::End>>;
}

/// Passes on to a guest what arrives.
struct Producer<A: Arriving> {
    arriving: A,
    /// Something that arrived while the guest only asked whether there is something.
    next: Option<Bytes>,
    end: Option<oneshot::Sender<A::End>>,
}

impl<A: Arriving> Producer<A> {
    /// `None`: there is no more.
    fn poll_fill(&mut self, context: &mut Context<'_>) -> Poll<Option<()>> {
        if self.next.is_none() {
            match ready!(self.arriving.poll_next(context)) {
                Ok(next) => self.next = Some(next),
                Err(end) => {
                    if let Some(ended) = self.end.take() {
                        // Nobody has to look at it.
                        drop(ended.send(end));
                    }
                    return Poll::Ready(None);
                }
            }
        }
        Poll::Ready(Some(()))
    }
}

/// As bytes, in chunks.
struct Chunks<A: Arriving>(Producer<A>);
/// As messages.
struct Messages<A: Arriving>(Producer<A>);

impl<A: Arriving> StreamProducer<State> for Chunks<A> {
    type Item = u8;
    type Buffer = Bytes;

    fn poll_produce<'a>(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        store: StoreContextMut<'a, State>,
        mut destination: Destination<'a, u8, Bytes>,
        finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        match self.0.poll_fill(context) {
            Poll::Ready(Some(())) => (),
            other => return Poll::Ready(Ok(ready!(without(other, finish)))),
        }
        if destination.remaining(store) != Some(0) {
            destination.set_buffer(self.0.next.take().unwrap_or_default());
        }
        Poll::Ready(Ok(StreamResult::Completed))
    }
}

impl<A: Arriving> StreamProducer<State> for Messages<A> {
    type Item = Bytes;
    type Buffer = Option<Bytes>;

    fn poll_produce<'a>(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        store: StoreContextMut<'a, State>,
        mut destination: Destination<'a, Bytes, Option<Bytes>>,
        finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        match self.0.poll_fill(context) {
            Poll::Ready(Some(())) => (),
            other => return Poll::Ready(Ok(ready!(without(other, finish)))),
        }
        if destination.remaining(store) != Some(0) {
            destination.set_buffer(self.0.next.take());
        }
        Poll::Ready(Ok(StreamResult::Completed))
    }
}

/// What to return when there is nothing to pass on.
fn without(filled: Poll<Option<()>>, finish: bool) -> Poll<StreamResult> {
    match filled {
        Poll::Ready(_) => Poll::Ready(StreamResult::Dropped),
        Poll::Pending if finish => Poll::Ready(StreamResult::Cancelled),
        Poll::Pending => Poll::Pending,
    }
}

fn producer<A: Arriving>(arriving: A) -> (Producer<A>, oneshot::Receiver<A::End>) {
    let (end, ended) = oneshot::channel();
    (Producer { arriving, next: None, end: Some(end) }, ended)
}

/// `arriving` as a stream of bytes, and how it ends.
pub(super) fn chunks<A: Arriving>(
    mut store: impl AsContextMut<Data = State>,
    arriving: A,
) -> wasmtime::Result<(StreamReader<u8>, oneshot::Receiver<A::End>)> {
    let (producer, ended) = producer(arriving);
    Ok((StreamReader::new(&mut store, Chunks(producer))?, ended))
}

/// `arriving` as a stream of messages, and how it ends.
pub(super) fn messages<A: Arriving>(
    mut store: impl AsContextMut<Data = State>,
    arriving: A,
) -> wasmtime::Result<(StreamReader<Bytes>, oneshot::Receiver<A::End>)> {
    let (producer, ended) = producer(arriving);
    Ok((StreamReader::new(&mut store, Messages(producer))?, ended))
}

/// What a guest sends: an error when it broke off, because an end of the stream alone may be that of the instance.
pub(super) struct Departing<E> {
    items: mpsc::Receiver<Bytes>,
    end: Option<oneshot::Receiver<Result<(), E>>>,
}

impl<E> Stream for Departing<E> {
    type Item = Result<Bytes, Aborted>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(item) = ready!(self.items.poll_recv(context)) {
            return Poll::Ready(Some(Ok(item)));
        }
        let Some(end) = &mut self.end else { return Poll::Ready(None) };
        let end = ready!(Pin::new(end).poll(context));
        self.end = None;
        Poll::Ready(if matches!(end, Ok(Ok(()))) { None } else { Some(Err(Aborted)) })
    }
}

/// What a guest writes into `data`, as bytes, until `end`.
pub(super) fn departing_chunks<E: Lift + Send + Sync + 'static>(
    mut store: impl AsContextMut<Data = State>,
    data: StreamReader<u8>,
    end: FutureReader<Result<(), E>>,
) -> wasmtime::Result<Departing<E>> {
    let (sink, ended, departing) = departing();
    data.pipe(&mut store, ChunkSink(sink))?;
    end.pipe(&mut store, End(Some(ended)))?;
    Ok(departing)
}

/// What a guest writes into `messages`, until `end`.
pub(super) fn departing_messages<E: Lift + Send + Sync + 'static>(
    mut store: impl AsContextMut<Data = State>,
    messages: StreamReader<Bytes>,
    end: FutureReader<Result<(), E>>,
) -> wasmtime::Result<Departing<E>> {
    let (sink, ended, departing) = departing();
    messages.pipe(&mut store, MessageSink(sink))?;
    end.pipe(&mut store, End(Some(ended)))?;
    Ok(departing)
}

type EndSender<E> = oneshot::Sender<Result<(), E>>;

fn departing<E>() -> (PollSender<Bytes>, EndSender<E>, Departing<E>) {
    let (sink, items) = mpsc::channel(1);
    let (ended, end) = oneshot::channel();
    (PollSender::new(sink), ended, Departing { items, end: Some(end) })
}

struct ChunkSink(PollSender<Bytes>);
struct MessageSink(PollSender<Bytes>);

/// Ready when there is room for an item, or with what to return when there will be none.
fn poll_room(
    sink: &mut PollSender<Bytes>,
    context: &mut Context<'_>,
    finish: bool,
) -> Poll<Option<StreamResult>> {
    match sink.poll_reserve(context) {
        Poll::Ready(Ok(())) => Poll::Ready(None),
        Poll::Ready(Err(_)) => Poll::Ready(Some(StreamResult::Dropped)),
        Poll::Pending if finish => Poll::Ready(Some(StreamResult::Cancelled)),
        Poll::Pending => Poll::Pending,
    }
}

fn send(sink: &mut PollSender<Bytes>, item: Bytes) -> StreamResult {
    match sink.send_item(item) {
        Ok(()) => StreamResult::Completed,
        Err(_) => StreamResult::Dropped,
    }
}

impl StreamConsumer<State> for ChunkSink {
    type Item = u8;

    fn poll_consume(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        store: StoreContextMut<'_, State>,
        source: Source<'_, u8>,
        finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        if let Some(result) = ready!(poll_room(&mut self.0, context, finish)) {
            return Poll::Ready(Ok(result));
        }
        let mut source = source.as_direct(store);
        let available = source.remaining();
        let chunk = Bytes::copy_from_slice(&available[..available.len().min(LARGEST_CHUNK)]);
        if chunk.is_empty() {
            return Poll::Ready(Ok(StreamResult::Completed));
        }
        source.mark_read(chunk.len());
        Poll::Ready(Ok(send(&mut self.0, chunk)))
    }
}

impl StreamConsumer<State> for MessageSink {
    type Item = Bytes;

    fn poll_consume(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        store: StoreContextMut<'_, State>,
        mut source: Source<'_, Bytes>,
        finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        if let Some(result) = ready!(poll_room(&mut self.0, context, finish)) {
            return Poll::Ready(Ok(result));
        }
        let mut message = None;
        source.read(store, &mut message)?;
        let Some(message) = message else { return Poll::Ready(Ok(StreamResult::Completed)) };
        Poll::Ready(Ok(send(&mut self.0, message)))
    }
}

/// Takes how what a guest sends ended.
struct End<E>(Option<EndSender<E>>);

impl<E: Lift + Send + Sync + 'static> FutureConsumer<State> for End<E> {
    type Item = Result<(), E>;

    fn poll_consume(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
        store: StoreContextMut<'_, State>,
        mut source: Source<'_, Self::Item>,
        _finish: bool,
    ) -> Poll<wasmtime::Result<()>> {
        let mut end = None;
        source.read(store, &mut end)?;
        if let (Some(end), Some(ended)) = (end, self.0.take()) {
            // The request may have ended before.
            drop(ended.send(end));
        }
        Poll::Ready(Ok(()))
    }
}
