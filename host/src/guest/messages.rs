//! Messages of RPCs across the boundary of a guest.

use wasmtime::component::Source;
use wasmtime::{AsContextMut, StoreContextMut};

use super::intake::Portion;
use crate::bindings::grpc as contract;
use crate::call::error::request_cut_off;
use crate::call::grpc::{End, RequestMessage, ResponseMessage, StreamedRequest};
use crate::call::stream::Streamed;
use crate::capability::State;
use crate::capability::streams::{self, FromGuest, GuestStream, IntoGuest, StreamCompletion};

/// Hands the messages of a client to the guest, at most as `portion` has it.
pub(super) fn lower(
    store: impl AsContextMut<Data = State>,
    messages: StreamedRequest,
    portion: &Portion,
) -> wasmtime::Result<contract::Incoming> {
    let taker = portion.taker(messages.hold.clone());
    let GuestStream { data: messages, end } =
        streams::lower(store, messages, taker, request_cut_off)?;
    Ok(contract::Incoming { messages, end })
}

/// Takes the messages of a guest.
pub(super) fn lift(
    store: impl AsContextMut<Data = State>,
    outgoing: contract::Outgoing,
) -> wasmtime::Result<(Streamed<ResponseMessage, End>, StreamCompletion)> {
    let contract::Outgoing { messages, end, .. } = outgoing;
    streams::lift(store, GuestStream { data: messages, end })
}

impl IntoGuest for RequestMessage {
    type Item = Self;
    type Buffer = Option<Self>;

    fn size(&self) -> usize {
        self.data.len()
    }

    fn into_buffer(self) -> Option<Self> {
        Some(self)
    }
}

impl FromGuest for ResponseMessage {
    type Item = Self;

    fn take(
        store: StoreContextMut<'_, State>,
        mut source: Source<'_, Self>,
    ) -> wasmtime::Result<Option<Self>> {
        let mut message = None;
        source.read(store, &mut message)?;
        Ok(message)
    }
}
