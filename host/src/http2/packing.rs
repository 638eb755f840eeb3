//! A connection whose client's frames are packed, if it speaks HTTP/2.

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::packer::{Packer, Step};
use super::streams::Streams;

/// What a client of HTTP/2 says first (RFC 9113 section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// So much is read at a time, in bytes: the longest frame.
const READ: usize = 16 * 1024;

/// Packs what is read; what is written passes.
#[derive(Debug)]
pub struct Packing<T> {
    inner: T,
    protocol: Protocol,
    packer: Packer,
    streams: Streams,
}

#[derive(Debug)]
enum Protocol {
    /// So much of the preface was seen.
    Undecided(usize),
    Http2,
    Other,
}

impl<T> Packing<T> {
    pub fn new(inner: T, streams: Streams) -> Self {
        Self { inner, protocol: Protocol::Undecided(0), packer: Packer::default(), streams }
    }

    /// Looks at what was read so far: the rest of what `buffer` has after `before` bytes is taken back if
    /// it is more than the preface.
    fn decide(&mut self, seen: usize, buffer: &mut ReadBuf<'_>, before: usize) {
        let fresh = &buffer.filled()[before..];
        let wanted = &PREFACE[seen..];
        let length = wanted.len().min(fresh.len());
        self.protocol = if fresh[..length] != wanted[..length] {
            Protocol::Other
        } else if length < wanted.len() {
            Protocol::Undecided(seen + length)
        } else {
            Protocol::Http2
        };
        if matches!(self.protocol, Protocol::Http2) {
            self.packer.input.extend_from_slice(&fresh[length..]);
            buffer.set_filled(before + length);
        }
    }
}

impl<T: AsyncRead + Unpin> Packing<T> {
    fn poll_packed(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while buffer.remaining() > 0 {
            let packer = &mut self.packer;
            if !packer.output.is_empty() {
                hand_over(&mut packer.output, usize::MAX, buffer);
                return Poll::Ready(Ok(()));
            }
            if packer.passing > 0 && !packer.input.is_empty() {
                packer.passing -= hand_over(&mut packer.input, packer.passing, buffer);
                return Poll::Ready(Ok(()));
            }
            if packer.passing == 0 {
                let mut streams = self.streams.lock();
                streams.register(context);
                match packer.advance(&mut streams) {
                    Step::Pass => continue,
                    Step::Read => (),
                    Step::Yield => {
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
        self.packer.input.extend_from_slice(chunk.filled());
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

impl<T: AsyncRead + Unpin> AsyncRead for Packing<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.protocol {
            Protocol::Http2 => self.poll_packed(context, buffer),
            Protocol::Other => Pin::new(&mut self.inner).poll_read(context, buffer),
            Protocol::Undecided(seen) => {
                let before = buffer.filled().len();
                ready!(Pin::new(&mut self.inner).poll_read(context, buffer))?;
                self.decide(seen, buffer, before);
                Poll::Ready(Ok(()))
            }
        }
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Packing<T> {
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
