//! Bodies across the boundary of a guest: channels on the host's side, streams on the guest's.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::PollSender;
use wasmtime::component::{
    Destination, FutureReader, Source, StreamConsumer, StreamProducer, StreamReader, StreamResult,
};
use wasmtime::{AsContextMut, StoreContextMut};

use super::completion::{Ending, StreamCompletion, cut_off};
use super::intake::{Portion, Taker};
use crate::bindings::errors::Error as ServiceError;
use crate::bindings::http as contract;
use crate::call::http::{Body, Feed, Streamed};
use crate::call::stream::stream;
use crate::capability::State;

/// Most bytes that are taken from a guest at once.
const LARGEST_CHUNK: usize = 64 * 1024;

/// Hands a body to the guest, at most as `portion` has it.
pub(super) fn lower(
    mut store: impl AsContextMut<Data = State>,
    body: Body,
    portion: &Portion,
) -> wasmtime::Result<contract::Body> {
    Ok(match body {
        Body::None => contract::Body::None,
        Body::Whole(bytes) => contract::Body::Bytes(bytes),
        Body::Streamed { body: Streamed { data, end, hold, .. }, length } => {
            let end = async move {
                let end: Result<(), ServiceError> = end.await.unwrap_or_else(|_| Err(cut_off()));
                Ok::<_, wasmtime::Error>(end)
            };
            contract::Body::Streamed(contract::Streamed {
                data: StreamReader::new(
                    &mut store,
                    Chunks { data, next: None, taker: portion.taker(hold) },
                )?,
                length,
                end: FutureReader::new(&mut store, end)?,
            })
        }
    })
}

/// Takes a body from the guest.
pub(super) fn lift(
    mut store: impl AsContextMut<Data = State>,
    body: contract::Body,
) -> wasmtime::Result<(Body, Option<StreamCompletion>)> {
    Ok(match body {
        contract::Body::None => (Body::None, None),
        contract::Body::Bytes(bytes) if bytes.is_empty() => (Body::None, None),
        contract::Body::Bytes(bytes) => (Body::Whole(bytes), None),
        contract::Body::Streamed(contract::Streamed { data, length, end }) => {
            let (feed, streamed) = stream();
            let Feed { data: chunks, end: ended, unread } = feed;
            let (finish, finished) = oneshot::channel();
            data.pipe(&mut store, Sink { chunks: PollSender::new(chunks), _finish: finish })?;
            end.pipe(&mut store, Ending::new(ended))?;
            (Body::Streamed { body: streamed, length }, Some(StreamCompletion { finished, unread }))
        }
    })
}

/// Gives the chunks of a channel to a guest that reads.
struct Chunks {
    data: mpsc::Receiver<Bytes>,
    /// A chunk that was received while the guest only asked whether there is one.
    next: Option<Bytes>,
    taker: Taker,
}

impl StreamProducer<State> for Chunks {
    type Item = u8;
    type Buffer = Bytes;

    fn poll_produce<'a>(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        store: StoreContextMut<'a, State>,
        mut destination: Destination<'a, u8, Bytes>,
        finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        if self.next.is_none() {
            match self.data.poll_recv(context) {
                Poll::Ready(Some(chunk)) => self.next = Some(chunk),
                Poll::Ready(None) => return Poll::Ready(Ok(StreamResult::Dropped)),
                Poll::Pending if finish => return Poll::Ready(Ok(StreamResult::Cancelled)),
                Poll::Pending => return Poll::Pending,
            }
        }
        let spare = store.data().memory.spare();
        if destination.remaining(store) == Some(0) {
            return Poll::Ready(Ok(StreamResult::Completed));
        }
        let length = self.next.as_ref().map_or(0, Bytes::len);
        if self.taker.poll_take(length, spare, context).is_pending() {
            if !finish {
                return Poll::Pending;
            }
            self.taker.rest();
            return Poll::Ready(Ok(StreamResult::Cancelled));
        }
        if let Some(chunk) = self.next.take() {
            destination.set_buffer(chunk);
        }
        Poll::Ready(Ok(StreamResult::Completed))
    }
}

/// Puts what a guest writes into a channel, as fast as the other side takes it.
struct Sink {
    chunks: PollSender<Bytes>,
    _finish: oneshot::Sender<()>,
}

impl StreamConsumer<State> for Sink {
    type Item = u8;

    fn poll_consume(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        store: StoreContextMut<'_, State>,
        source: Source<'_, u8>,
        finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        match self.chunks.poll_reserve(context) {
            Poll::Ready(Ok(())) => (),
            Poll::Ready(Err(_)) => return Poll::Ready(Ok(StreamResult::Dropped)),
            Poll::Pending if finish => return Poll::Ready(Ok(StreamResult::Cancelled)),
            Poll::Pending => return Poll::Pending,
        }
        let mut source = source.as_direct(store);
        let available = source.remaining();
        let chunk = Bytes::copy_from_slice(&available[..available.len().min(LARGEST_CHUNK)]);
        if chunk.is_empty() {
            return Poll::Ready(Ok(StreamResult::Completed));
        }
        source.mark_read(chunk.len());
        match self.chunks.send_item(chunk) {
            Ok(()) => Poll::Ready(Ok(StreamResult::Completed)),
            Err(_) => Poll::Ready(Ok(StreamResult::Dropped)),
        }
    }
}
