//! The body of a response. Its request is in flight until the client's socket has taken the last byte.

use std::io::IoSlice;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};

use super::activity::Open;
use crate::http2::Exchange;

/// A body that keeps its request open, as does each piece of it: hyper and h2 take a piece whole, long
/// before the client does.
pub(super) struct Tracked<B> {
    body: B,
    open: Rc<Open>,
    /// Over with the body: h2 sends what it has by itself.
    _exchange: Option<Exchange>,
}

impl<B> Tracked<B> {
    pub(super) fn new(body: B, open: Open, exchange: Option<Exchange>) -> Self {
        Self { body, open: Rc::new(open), _exchange: exchange }
    }
}

impl<B> Drop for Tracked<B> {
    fn drop(&mut self) {
        self.open.note_answered();
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Tracked<B> {
    type Data = Piece;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Piece>, B::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if let Poll::Ready(Some(Err(_))) = polled {
            self.open.activity().note_cut_off();
        }
        polled.map_ok(|frame| frame.map_data(|bytes| Piece::new(bytes, self.open.clone())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Bytes that wait for the client; dropped once the socket has taken them.
pub(super) struct Piece {
    bytes: Bytes,
    open: Rc<Open>,
}

impl Piece {
    fn new(bytes: Bytes, open: Rc<Open>) -> Self {
        open.activity().note_offered();
        Self { bytes, open }
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        self.open.activity().note_all_taken();
    }
}

impl Buf for Piece {
    fn remaining(&self) -> usize {
        self.bytes.len()
    }

    fn chunk(&self) -> &[u8] {
        &self.bytes
    }

    fn advance(&mut self, count: usize) {
        self.bytes.advance(count);
        self.open.activity().note_taken();
    }

    fn chunks_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        self.bytes.chunks_vectored(slices)
    }
}
