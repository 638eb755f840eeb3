//! A connection whose client's small DATA frames are coalesced, if it speaks HTTP/2.

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::coalescer::{Action, Coalescer};
use super::protocol::{PREFACE, Protocol};
use super::streams::Streams;

/// So much is read at a time, in bytes: the longest frame.
const READ: usize = 16 * 1024;

/// Coalesces what is read; what is written passes.
#[derive(Debug)]
pub(crate) struct Coalescing<T> {
    inner: T,
    protocol: Protocol,
    coalescer: Coalescer,
    streams: Streams,
}

impl<T> Coalescing<T> {
    pub(crate) fn new(inner: T, streams: Streams) -> Self {
        Self { inner, protocol: Protocol::BEFORE, coalescer: Coalescer::default(), streams }
    }

    /// Looks at what `buffer` has after `before` bytes. Of HTTP/2, it keeps the rest of the preface, of which
    /// `matched` bytes have passed, and what follows is taken back.
    fn decide(&mut self, matched: usize, buffer: &mut ReadBuf<'_>, before: usize) {
        let fresh = &buffer.filled()[before..];
        self.protocol = self.protocol.after(fresh);
        if let Protocol::Greeting { .. } | Protocol::Http2 = self.protocol {
            let length = PREFACE.len() - matched;
            self.coalescer.input.extend_from_slice(&fresh[length..]);
            buffer.set_filled(before + length);
        }
    }
}

impl<T: AsyncRead + Unpin> Coalescing<T> {
    fn poll_coalesced(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while buffer.remaining() > 0 {
            let coalescer = &mut self.coalescer;
            if !coalescer.output.is_empty() {
                hand_over(&mut coalescer.output, usize::MAX, buffer);
                return Poll::Ready(Ok(()));
            }
            if coalescer.passing > 0 && !coalescer.input.is_empty() {
                coalescer.passing -= hand_over(&mut coalescer.input, coalescer.passing, buffer);
                return Poll::Ready(Ok(()));
            }
            if coalescer.passing == 0 {
                let mut streams = self.streams.lock();
                streams.register(context);
                match coalescer.advance(&mut streams) {
                    Action::Pass => continue,
                    Action::Read => (),
                    Action::Yield => {
                        context.waker().wake_by_ref();
                        return Poll::Pending;
                    }
                }
            }
            if ready!(self.poll_fill(context))? == 0 {
                break;
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Reads into `input`; 0 is the end.
    fn poll_fill(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut chunk = [MaybeUninit::uninit(); READ];
        let mut chunk = ReadBuf::uninit(&mut chunk);
        ready!(Pin::new(&mut self.inner).poll_read(context, &mut chunk))?;
        self.coalescer.input.extend_from_slice(chunk.filled());
        Poll::Ready(Ok(chunk.filled().len()))
    }
}

/// Moves bytes, at most `limit`, and says how many. An empty buffer is not kept: most connections wait.
fn hand_over(from: &mut BytesMut, limit: usize, to: &mut ReadBuf<'_>) -> usize {
    let length = from.len().min(limit).min(to.remaining());
    to.put_slice(&from[..length]);
    from.advance(length);
    if from.is_empty() {
        *from = BytesMut::new();
    }
    length
}

impl<T: AsyncRead + Unpin> AsyncRead for Coalescing<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.protocol {
            Protocol::Greeting { .. } | Protocol::Http2 => self.poll_coalesced(context, buffer),
            Protocol::Http1 => Pin::new(&mut self.inner).poll_read(context, buffer),
            Protocol::Unknown { matched } => {
                let before = buffer.filled().len();
                ready!(Pin::new(&mut self.inner).poll_read(context, buffer))?;
                self.decide(matched, buffer, before);
                Poll::Ready(Ok(()))
            }
        }
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Coalescing<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}
