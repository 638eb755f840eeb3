//! A body that a guest writes, as `http` knows bodies: a response on its way to a client, or a request on
//! its way to another service.
//!
//! Does not know the head that it follows.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::describe;
use super::http::StreamedBytes;

/// The chunks of a guest.
#[derive(Debug)]
pub(crate) struct GuestBody {
    body: StreamedBytes,
    /// How many bytes are still to be sent, of a body whose length was announced.
    remaining: Option<u64>,
    /// The last chunk of such a body: when it is sent nobody asks for more, so it waits for how the body ended.
    last: Option<Bytes>,
    /// Nothing follows: the last chunk was handed on, and the body ended in order.
    is_complete: bool,
    /// Whether the connection may still hold back the chunk before.
    unsent: bool,
}

/// Why a body of a guest ended before its end, which whoever reads it has to notice.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BrokenBody {
    #[error("its body is longer than it had announced")]
    TooLong,
    #[error("its body is shorter than it had announced")]
    TooShort,
    /// The guest says so.
    #[error("{0}")]
    Failed(String),
    #[error("the instance was lost")]
    Lost,
}

impl GuestBody {
    /// `length` is what the guest has announced.
    pub(crate) fn new(body: StreamedBytes, length: Option<u64>) -> Self {
        Self { body, remaining: length, last: None, is_complete: false, unsent: false }
    }
}

impl Body for GuestBody {
    type Data = Bytes;
    type Error = BrokenBody;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenBody>>> {
        let this = &mut *self;
        if this.is_complete {
            return Poll::Ready(None);
        }
        while let Some(chunk) = ready!(this.body.data.poll_recv(context)) {
            let length = chunk.len() as u64;
            match this.remaining {
                Some(remaining) if length > remaining || this.last.is_some() => {
                    return Poll::Ready(Some(Err(BrokenBody::TooLong)));
                }
                Some(remaining) if length == remaining => this.last = Some(chunk),
                _ => {
                    this.remaining = this.remaining.map(|remaining| remaining - length);
                    this.unsent = true;
                    return Poll::Ready(Some(Ok(Frame::data(chunk))));
                }
            }
        }
        if std::mem::take(&mut this.unsent) && this.last.is_none() {
            // Otherwise an error that follows at once would take the last chunk with it.
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        match ready!(Pin::new(&mut this.body.end).poll(context)) {
            Ok(Ok(())) => (),
            Ok(Err(error)) => return Poll::Ready(Some(Err(BrokenBody::Failed(describe(&error))))),
            Err(_) => return Poll::Ready(Some(Err(BrokenBody::Lost))),
        }
        this.is_complete = true;
        if let Some(last) = this.last.take() {
            this.remaining = Some(0);
            return Poll::Ready(Some(Ok(Frame::data(last))));
        }
        Poll::Ready(match this.remaining {
            None | Some(0) => None,
            Some(_) => Some(Err(BrokenBody::TooShort)),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.is_complete
    }

    fn size_hint(&self) -> SizeHint {
        self.remaining.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

#[cfg(test)]
mod tests;
