//! The stream of a connection: hyper reads and writes it, and the host looks at it meanwhile.
//!
//! Does not know what is said on it.

use std::io::{self, ErrorKind::WouldBlock};
use std::net::Shutdown;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

/// Ready when the other side sends nothing more, however many of its bytes are unread: for tokio, the end
/// of a stream is urgent.
#[cfg(target_os = "linux")]
const CLOSED: Interest = Interest::PRIORITY;
/// Elsewhere unread bytes are reported as well, and have to be told apart by looking again.
#[cfg(not(target_os = "linux"))]
const CLOSED: Interest = Interest::READABLE;

/// How often.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);

/// What is read at once to be thrown away, in bytes.
const DISCARDED_AT_ONCE: usize = 64 * 1024;

/// Shared by the parts of one connection, all of one task.
#[derive(Debug, Clone)]
pub(super) struct SharedStream(Rc<TcpStream>);

/// What is known of the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Peer {
    Present,
    /// It sends nothing more (FIN). It may still read or may have left: TCP does not tell.
    HalfClosed,
    /// It has left (RST), or does not answer any more.
    Gone,
}

impl SharedStream {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self(Rc::new(stream))
    }

    /// Waits until the other side is not what it was, whether or not anybody reads what it has sent.
    pub(super) async fn changed(&self, known: Peer) -> Peer {
        let interest = match known {
            Peer::Present => CLOSED | Interest::ERROR,
            Peer::HalfClosed | Peer::Gone => Interest::ERROR,
        };
        loop {
            match self.0.ready(interest).await {
                Ok(ready) if ready.is_error() => return Peer::Gone,
                Ok(ready) if ready.is_read_closed() => return Peer::HalfClosed,
                // Bytes are unread, and this is not Linux.
                Ok(_) => sleep(LOOK_INTERVAL).await,
                // The runtime ends.
                Err(_) => return Peer::Gone,
            }
        }
    }
}

impl SharedStream {
    /// Says that nothing more will be sent, and throws away what arrives until the other side is done as
    /// well, has sent more than `most` bytes, or nothing for `silence`.
    pub(super) async fn linger(&self, mut most: u64, silence: Duration) {
        let mut space = vec![0; DISCARDED_AT_ONCE];
        let mut is_open = SockRef::from(&*self.0).shutdown(Shutdown::Write).is_ok();
        while is_open && matches!(timeout(silence, self.0.readable()).await, Ok(Ok(()))) {
            match self.0.try_read(&mut space) {
                Ok(length) if (1..=most).contains(&(length as u64)) => most -= length as u64,
                Err(error) if error.kind() == WouldBlock => (),
                _ => is_open = false,
            }
        }
    }
}

impl AsyncRead for SharedStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let stream = &*self.0;
        loop {
            ready!(stream.poll_read_ready(context))?;
            let room = buffer.remaining();
            let mut length = 0;
            let read = stream.try_io(Interest::READABLE, || {
                length = stream.try_read_buf(buffer)?;
                // The socket is empty. To say so saves the attempt that would find it out.
                if (1..room).contains(&length) { Err(WouldBlock.into()) } else { Ok(()) }
            });
            match read {
                Err(error) if error.kind() == WouldBlock && length == 0 => (),
                Err(error) if error.kind() == WouldBlock => return Poll::Ready(Ok(())),
                read => return Poll::Ready(read),
            }
        }
    }
}

impl SharedStream {
    fn poll_written(
        &self,
        context: &mut Context<'_>,
        mut write: impl FnMut(&TcpStream) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.0.poll_write_ready(context))?;
            match write(&self.0) {
                Err(error) if error.kind() == WouldBlock => (),
                written => return Poll::Ready(written),
            }
        }
    }
}

impl AsyncWrite for SharedStream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_written(context, |stream| stream.try_write(bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_written(context, |stream| stream.try_write_vectored(slices))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    /// Nothing is held back here.
    fn poll_flush(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(SockRef::from(&*self.0).shutdown(Shutdown::Write))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::{Ipv4Addr, TcpListener};

    use tokio::io::AsyncReadExt;

    use super::*;

    fn pair() -> (std::net::TcpStream, SharedStream) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (stream, _) = listener.accept().unwrap();
        stream.set_nonblocking(true).unwrap();
        (client, SharedStream::new(TcpStream::from_std(stream).unwrap()))
    }

    #[tokio::test]
    async fn the_end_of_a_client_shows_behind_bytes_that_nobody_reads() {
        let (mut client, mut stream) = pair();
        let mut byte = [0];

        client.write_all(b"hello").unwrap();
        stream.read_exact(&mut byte).await.unwrap();
        client.shutdown(Shutdown::Write).unwrap();

        assert_eq!(stream.changed(Peer::Present).await, Peer::HalfClosed);
        let mut rest = String::new();
        stream.read_to_string(&mut rest).await.unwrap();
        assert_eq!(rest, "ello");
    }

    #[tokio::test]
    async fn a_reset_shows_behind_bytes_that_nobody_reads_also_after_the_end() {
        for is_half_closed in [false, true] {
            let (mut client, stream) = pair();
            client.write_all(b"hello").unwrap();
            let mut known = Peer::Present;
            if is_half_closed {
                client.shutdown(Shutdown::Write).unwrap();
                known = stream.changed(known).await;
                assert_eq!(known, Peer::HalfClosed);
            }

            SockRef::from(&client).set_linger(Some(Duration::ZERO)).unwrap();
            drop(client);

            assert_eq!(stream.changed(known).await, Peer::Gone);
        }
    }
}
