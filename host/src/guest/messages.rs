//! Messages of RPCs across the boundary of a guest: channels on the host's side, streams on the guest's.
//! One message at a time in both directions, so that the slower side sets the pace.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::PollSender;
use wasmtime::component::{
    Destination, FutureReader, Source, StreamConsumer, StreamProducer, StreamReader, StreamResult,
};
use wasmtime::{AsContextMut, StoreContextMut};

use super::completion::{Ending, StreamCompletion, cut_off};
use super::intake::{Portion, Taker};
use crate::bindings::grpc as contract;
use crate::call::grpc::{End, Incoming, RequestMessage, ResponseMessage};
use crate::call::stream::{Feed, Streamed, stream};
use crate::capability::State;

/// Hands the messages of a client to the guest, at most as `portion` has it.
pub(super) fn lower(
    mut store: impl AsContextMut<Data = State>,
    messages: Incoming,
    portion: &Portion,
) -> wasmtime::Result<contract::Incoming> {
    let Streamed { data, end, hold, .. } = messages;
    let producer = Producer { data, next: None, taker: portion.taker(hold) };
    let end = async move { Ok::<_, wasmtime::Error>(end.await.unwrap_or_else(|_| Err(cut_off()))) };
    Ok(contract::Incoming {
        messages: StreamReader::new(&mut store, producer)?,
        end: FutureReader::new(&mut store, end)?,
    })
}

/// Takes the messages of a guest.
pub(super) fn lift(
    mut store: impl AsContextMut<Data = State>,
    outgoing: contract::Outgoing,
) -> wasmtime::Result<(Streamed<ResponseMessage, End>, StreamCompletion)> {
    let contract::Outgoing { messages, end, .. } = outgoing;
    let (feed, streamed) = stream();
    let Feed { data, end: ended, unread } = feed;
    let (finish, finished) = oneshot::channel();
    messages.pipe(&mut store, Consumer { data: PollSender::new(data), _finish: finish })?;
    end.pipe(&mut store, Ending::new(ended))?;
    Ok((streamed, StreamCompletion { finished, unread }))
}

struct Producer {
    data: mpsc::Receiver<RequestMessage>,
    /// A message that was received and for which there was no room.
    next: Option<RequestMessage>,
    taker: Taker,
}

impl StreamProducer<State> for Producer {
    type Item = RequestMessage;
    type Buffer = Option<RequestMessage>;

    fn poll_produce<'a>(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        store: StoreContextMut<'a, State>,
        mut destination: Destination<'a, RequestMessage, Option<RequestMessage>>,
        finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        let spare = store.data().memory.spare();
        if destination.remaining(store) == Some(0) {
            return Poll::Ready(Ok(StreamResult::Completed));
        }
        if self.next.is_none() {
            match self.data.poll_recv(context) {
                Poll::Ready(Some(message)) => self.next = Some(message),
                Poll::Ready(None) => return Poll::Ready(Ok(StreamResult::Dropped)),
                Poll::Pending if finish => return Poll::Ready(Ok(StreamResult::Cancelled)),
                Poll::Pending => return Poll::Pending,
            }
        }
        let length = self.next.as_ref().map_or(0, |message| message.data.len());
        if self.taker.poll_take(length, spare, context).is_pending() {
            if !finish {
                return Poll::Pending;
            }
            self.taker.rest();
            return Poll::Ready(Ok(StreamResult::Cancelled));
        }
        destination.set_buffer(self.next.take());
        Poll::Ready(Ok(StreamResult::Completed))
    }
}

struct Consumer {
    data: PollSender<ResponseMessage>,
    _finish: oneshot::Sender<()>,
}

impl StreamConsumer<State> for Consumer {
    type Item = ResponseMessage;

    fn poll_consume(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        store: StoreContextMut<'_, State>,
        mut source: Source<'_, ResponseMessage>,
        finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        match self.data.poll_reserve(context) {
            Poll::Ready(Ok(())) => (),
            Poll::Ready(Err(_)) => return Poll::Ready(Ok(StreamResult::Dropped)),
            Poll::Pending if finish => return Poll::Ready(Ok(StreamResult::Cancelled)),
            Poll::Pending => return Poll::Pending,
        }
        let mut message = None;
        source.read(store, &mut message)?;
        let Some(message) = message else { return Poll::Ready(Ok(StreamResult::Completed)) };
        match self.data.send_item(message) {
            Ok(()) => Poll::Ready(Ok(StreamResult::Completed)),
            Err(_) => Poll::Ready(Ok(StreamResult::Dropped)),
        }
    }
}
