//! Bodies across the boundary of a guest.

use wasmtime::AsContextMut;

use super::intake::Portion;
use crate::bindings::http as contract;
use crate::call::error::request_cut_off;
use crate::call::http::HttpBody;
use crate::capability::State;
use crate::capability::streams::{self, GuestStream, StreamCompletion};

/// Hands a body to the guest, at most as `portion` has it.
pub(super) fn lower(
    store: impl AsContextMut<Data = State>,
    body: HttpBody,
    portion: &Portion,
) -> wasmtime::Result<contract::Body> {
    Ok(match body {
        HttpBody::None => contract::Body::None,
        HttpBody::Whole(bytes) => contract::Body::Bytes(bytes),
        HttpBody::Streamed { body, length } => {
            let taker = portion.taker(body.hold.clone());
            let GuestStream { data, end } = streams::lower(store, body, taker, request_cut_off)?;
            contract::Body::Streamed(contract::Streamed { data, length, end })
        }
    })
}

/// Takes a body from the guest.
pub(super) fn lift(
    store: impl AsContextMut<Data = State>,
    body: contract::Body,
) -> wasmtime::Result<(HttpBody, Option<StreamCompletion>)> {
    Ok(match body {
        contract::Body::None => (HttpBody::None, None),
        contract::Body::Bytes(bytes) if bytes.is_empty() => (HttpBody::None, None),
        contract::Body::Bytes(bytes) => (HttpBody::Whole(bytes), None),
        contract::Body::Streamed(contract::Streamed { data, length, end }) => {
            let (body, completion) = streams::lift(store, GuestStream { data, end })?;
            (HttpBody::Streamed { body, length }, Some(completion))
        }
    })
}
