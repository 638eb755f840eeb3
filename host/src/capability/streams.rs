//! Streams across the boundary of a guest: channels on the host's side, streams and futures of the component
//! model on the guest's.
//!
//! One item at a time in each direction, so that the slower side sets the pace. wasmtime polls both ends inside
//! the event loop of the store. `finish` means that the guest cancels its read or write, which may come at
//! any time: an item that was received by then is kept for the next read. A read of no items asks whether there
//! is one. Does not know what is streamed nor for whom.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::PollSender;
use wasmtime::component::{
    Destination, FutureConsumer, FutureReader, Lift, Lower, Source, StreamConsumer, StreamProducer,
    StreamReader, StreamResult, WriteBuffer,
};
use wasmtime::{AsContextMut, StoreContextMut};

use super::State;
use crate::bindings::errors::Error as ServiceError;
use crate::call::stream::{Feed, Streamed, stream};

/// Most bytes that are taken from a guest at once.
const LARGEST_CHUNK: usize = 64 * 1024;

/// What flows into a guest, piece by piece.
pub(crate) trait IntoGuest: Send + Unpin + 'static {
    type Item: Lower + Lift + Send + Sync + 'static;
    type Buffer: WriteBuffer<Self::Item> + Default;

    /// How much memory it takes, in bytes.
    fn size(&self) -> usize;

    fn into_buffer(self) -> Self::Buffer;
}

/// What flows out of a guest, piece by piece.
pub(crate) trait FromGuest: Sized + Send + 'static {
    type Item: Send + 'static;

    /// Takes what a guest writes; `None` if that is nothing yet.
    fn take(
        store: StoreContextMut<'_, State>,
        source: Source<'_, Self::Item>,
    ) -> wasmtime::Result<Option<Self>>;
}

/// Decides when there is room in a guest for more.
pub(crate) trait Admission: Send + Unpin + 'static {
    /// Ready when so many bytes more may flow in. `spare` is what is left of the guest's memory before a bound
    /// counts.
    fn poll_admit(&mut self, bytes: usize, spare: usize, context: &mut Context<'_>) -> Poll<()>;

    /// Nobody wants more for now.
    fn rest(&mut self);
}

/// A stream as a guest has it: its items, and how they ended.
pub(crate) struct GuestStream<T, E> {
    pub data: StreamReader<T>,
    pub end: FutureReader<E>,
}

/// Hands a stream to a guest, at the pace of `admission`. `lost` is how it ends when its writer is gone.
pub(crate) fn lower<T: IntoGuest>(
    mut store: impl AsContextMut<Data = State>,
    streamed: Streamed<T, Result<(), ServiceError>>,
    admission: impl Admission,
    lost: fn() -> ServiceError,
) -> wasmtime::Result<GuestStream<T::Item, Result<(), ServiceError>>> {
    let Streamed { data, end, .. } = streamed;
    let end = async move { Ok::<_, wasmtime::Error>(end.await.unwrap_or_else(|_| Err(lost()))) };
    let data = reader(&mut store, data, admission)?;
    Ok(GuestStream { data, end: FutureReader::new(&mut store, end)? })
}

/// Takes a stream from a guest.
pub(crate) fn lift<T: FromGuest, E: Lift + Send + Sync + Unpin + 'static>(
    mut store: impl AsContextMut<Data = State>,
    GuestStream { data, end }: GuestStream<T::Item, E>,
) -> wasmtime::Result<(Streamed<T, E>, StreamCompletion)> {
    let (feed, streamed) = stream();
    let Feed { data: items, end: ended, unread } = feed;
    let (finish, finished) = oneshot::channel();
    data.pipe(&mut store, Consumer { data: PollSender::new(items), _finish: finish })?;
    end.pipe(&mut store, EndConsumer(Some(ended)))?;
    Ok((streamed, StreamCompletion { finished, unread }))
}

/// The two ways in which a guest's stream is over.
pub(crate) struct StreamCompletion {
    /// Fails when the guest has written the last of it.
    pub finished: oneshot::Receiver<()>,
    /// Fails when nobody reads it any more.
    pub unread: oneshot::Receiver<()>,
}

/// Where the items of a stream into a guest come from.
pub(crate) trait Arriving<T>: Send + Unpin + 'static {
    /// The next one; `None` after the last one.
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<T>>;
}

impl<T: Send + 'static> Arriving<T> for mpsc::Receiver<T> {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<T>> {
        self.poll_recv(context)
    }
}

/// Admits everything: what the guest reads is bounded by what it asks for.
pub(crate) struct Unbounded;

impl Admission for Unbounded {
    fn poll_admit(&mut self, _bytes: usize, _spare: usize, _context: &mut Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }

    fn rest(&mut self) {}
}

/// A stream for a guest of what arrives, at the pace of `admission`.
pub(crate) fn reader<T: IntoGuest>(
    mut store: impl AsContextMut<Data = State>,
    source: impl Arriving<T>,
    admission: impl Admission,
) -> wasmtime::Result<StreamReader<T::Item>> {
    StreamReader::new(&mut store, Producer { source, next: None, admission })
}

/// Gives what arrives to a guest that reads.
struct Producer<S, T, A> {
    source: S,
    /// One that was received, but the guest only asked whether there is one, or there was no room for it.
    next: Option<T>,
    admission: A,
}

impl<S: Arriving<T>, T: IntoGuest, A: Admission> StreamProducer<State> for Producer<S, T, A> {
    type Item = T::Item;
    type Buffer = T::Buffer;

    fn poll_produce<'a>(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        store: StoreContextMut<'a, State>,
        mut destination: Destination<'a, T::Item, T::Buffer>,
        finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        let item = match self.next.take() {
            Some(item) => item,
            None => match self.source.poll_next(context) {
                Poll::Ready(Some(item)) => item,
                Poll::Ready(None) => return Poll::Ready(Ok(StreamResult::Dropped)),
                Poll::Pending if finish => return Poll::Ready(Ok(StreamResult::Cancelled)),
                Poll::Pending => return Poll::Pending,
            },
        };
        let spare = store.data().memory.spare();
        if destination.remaining(store) == Some(0) {
            self.next = Some(item);
            return Poll::Ready(Ok(StreamResult::Completed));
        }
        if self.admission.poll_admit(item.size(), spare, context).is_pending() {
            self.next = Some(item);
            if !finish {
                return Poll::Pending;
            }
            self.admission.rest();
            return Poll::Ready(Ok(StreamResult::Cancelled));
        }
        destination.set_buffer(item.into_buffer());
        Poll::Ready(Ok(StreamResult::Completed))
    }
}

/// Puts what a guest writes into a channel, as fast as the other side takes it.
struct Consumer<T> {
    data: PollSender<T>,
    _finish: oneshot::Sender<()>,
}

impl<T: FromGuest> StreamConsumer<State> for Consumer<T> {
    type Item = T::Item;

    fn poll_consume(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        store: StoreContextMut<'_, State>,
        source: Source<'_, T::Item>,
        finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        match self.data.poll_reserve(context) {
            Poll::Ready(Ok(())) => (),
            Poll::Ready(Err(_)) => return Poll::Ready(Ok(StreamResult::Dropped)),
            Poll::Pending if finish => return Poll::Ready(Ok(StreamResult::Cancelled)),
            Poll::Pending => return Poll::Pending,
        }
        let sent = match T::take(store, source)? {
            Some(item) => self.data.send_item(item).is_ok(),
            None => true,
        };
        Poll::Ready(Ok(if sent { StreamResult::Completed } else { StreamResult::Dropped }))
    }
}

/// Passes on what a guest says at the end of a stream.
struct EndConsumer<E>(Option<oneshot::Sender<E>>);

impl<E: Lift + Send + Sync + Unpin + 'static> FutureConsumer<State> for EndConsumer<E> {
    type Item = E;

    fn poll_consume(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
        store: StoreContextMut<'_, State>,
        mut source: Source<'_, E>,
        _finish: bool,
    ) -> Poll<wasmtime::Result<()>> {
        let mut end = None;
        source.read(store, &mut end)?;
        if let (Some(end), Some(ended)) = (end, self.0.take()) {
            // Nobody has to want to know.
            drop(ended.send(end));
        }
        Poll::Ready(Ok(()))
    }
}

impl IntoGuest for Bytes {
    type Item = u8;
    type Buffer = Self;

    fn size(&self) -> usize {
        self.len()
    }

    fn into_buffer(self) -> Self {
        self
    }
}

impl FromGuest for Bytes {
    type Item = u8;

    fn take(
        store: StoreContextMut<'_, State>,
        source: Source<'_, u8>,
    ) -> wasmtime::Result<Option<Self>> {
        let mut source = source.as_direct(store);
        let available = source.remaining();
        let chunk = Self::copy_from_slice(&available[..available.len().min(LARGEST_CHUNK)]);
        source.mark_read(chunk.len());
        Ok((!chunk.is_empty()).then_some(chunk))
    }
}
