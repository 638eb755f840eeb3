//! The streamed body of a response, as the guest writes it.
//!
//! Does not know the head that it follows.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Frame, SizeHint};

use super::body::{Aborted, Pump};
use crate::call::describe;
use crate::call::http::Streamed;
use crate::telemetry::warn;

/// A body that the guest writes. While the client reads it, what is left of the request keeps flowing.
pub(super) struct Outgoing {
    body: Streamed,
    /// How many bytes are still to be sent, of a body whose length was announced.
    remaining: Option<u64>,
    /// The last chunk of such a body: when it is sent nobody asks for more, so it waits for how the body ended.
    last: Option<Bytes>,
    /// Nothing follows: the last chunk was handed on, and the body ended in order.
    is_complete: bool,
    pump: Option<Pump>,
    /// Whether the connection may still hold back the chunk before.
    unsent: bool,
    request_id: Arc<str>,
}

impl Outgoing {
    pub(super) fn new(
        body: Streamed,
        length: Option<u64>,
        (pump, request_id): (Option<Pump>, Arc<str>),
    ) -> Self {
        Self {
            body,
            remaining: length,
            last: None,
            is_complete: false,
            pump,
            unsent: false,
            request_id,
        }
    }

    pub(super) fn size_hint(&self) -> SizeHint {
        self.remaining.map_or_else(SizeHint::default, SizeHint::with_exact)
    }

    pub(super) fn is_end_stream(&self) -> bool {
        self.is_complete
    }

    pub(super) fn poll_frame(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Aborted>>> {
        if self.is_complete {
            return Poll::Ready(None);
        }
        if let Some(pump) = &mut self.pump
            && pump.as_mut().poll(context).is_ready()
        {
            self.pump = None;
        }
        while let Some(chunk) = ready!(self.body.data.poll_recv(context)) {
            let length = chunk.len() as u64;
            match self.remaining {
                Some(remaining) if length > remaining || self.last.is_some() => {
                    return self.cut_off("its body is longer than it had announced");
                }
                Some(remaining) if length == remaining => self.last = Some(chunk),
                _ => {
                    self.remaining = self.remaining.map(|remaining| remaining - length);
                    self.unsent = true;
                    return Poll::Ready(Some(Ok(Frame::data(chunk))));
                }
            }
        }
        if std::mem::take(&mut self.unsent) && self.last.is_none() {
            // Otherwise an error that follows at once would take the last chunk with it.
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        match ready!(Pin::new(&mut self.body.end).poll(context)) {
            Ok(Ok(())) => (),
            Ok(Err(error)) => return self.cut_off(&describe(&error)),
            Err(_) => return self.cut_off("the instance was lost"),
        }
        self.is_complete = true;
        if let Some(last) = self.last.take() {
            self.remaining = Some(0);
            return Poll::Ready(Some(Ok(Frame::data(last))));
        }
        match self.remaining {
            None | Some(0) => Poll::Ready(None),
            Some(_) => self.cut_off("its body is shorter than it had announced"),
        }
    }

    fn cut_off(&self, reason: &str) -> Poll<Option<Result<Frame<Bytes>, Aborted>>> {
        warn!(ResponseCut, request_id = &*self.request_id, reason, "response cut off");
        Poll::Ready(Some(Err(Aborted)))
    }
}

impl std::fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outgoing").field("body", &self.body).finish_non_exhaustive()
    }
}
