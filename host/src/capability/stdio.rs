//! Standard output of the process, for a script that has it.
//!
//! A thread of its own writes: a reader that takes nothing must not hold up the worker, which has signals to act on.
//! The guest waits for what it has flushed, so nothing is lost when it ends in order, and nothing gathers here that
//! nobody reads. Does not know what is written.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::thread;

use bytes::Bytes;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use tokio::io::AsyncWrite;
use tokio::sync::Notify;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};

/// Most bytes that are taken at once.
const MOST: usize = 64 * 1024;

/// Standard output as a guest sees it. All clones are one.
#[derive(Clone, Default)]
pub(super) struct Stdout(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// Bytes were written, or could not be.
    progress: Notify,
}

#[derive(Default)]
struct State {
    /// To the thread; `None` until there is something to write.
    sender: Option<Sender<Bytes>>,
    /// Chunks that the thread has yet to write.
    waiting: usize,
    /// Why nothing more is written.
    failure: Option<Errno>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_busy(&self) -> bool {
        let state = self.state();
        state.waiting > 0 && state.failure.is_none()
    }
}

impl Stdout {
    fn send(&self, bytes: Bytes) -> StreamResult<()> {
        let mut state = self.0.state();
        if state.sender.is_none() {
            let (sender, receiver) = channel();
            let shared = Arc::clone(&self.0);
            // Nobody joins it: it may stand still in its output when the process ends.
            thread::Builder::new()
                .name("script-output".to_owned())
                .spawn(move || write_all(&shared, &receiver))
                .map_err(|error| StreamError::LastOperationFailed(error.into()))?;
            state.sender = Some(sender);
        }
        if let Some(sender) = &state.sender
            && sender.send(bytes).is_ok()
        {
            state.waiting += 1;
        }
        Ok(())
    }
}

/// Writes what comes until there is no more, or it cannot be written.
fn write_all(shared: &Shared, chunks: &Receiver<Bytes>) {
    while let Ok(chunk) = chunks.recv() {
        let written = write(&chunk);
        let mut state = shared.state();
        state.waiting -= 1;
        state.failure = written.err();
        let is_over = state.failure.is_some();
        drop(state);
        shared.progress.notify_waiters();
        if is_over {
            return;
        }
    }
}

fn write(mut bytes: &[u8]) -> Result<(), Errno> {
    let stdout = io::stdout();
    while !bytes.is_empty() {
        match rustix::io::write(&stdout, bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(Errno::INTR) => (),
            Err(Errno::AGAIN) => {
                // What fails here fails above as well.
                let _ = poll(&mut [PollFd::new(&stdout, PollFlags::OUT)], None);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

impl IsTerminal for Stdout {
    fn is_terminal(&self) -> bool {
        io::stdout().is_terminal()
    }
}

impl StdoutStream for Stdout {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Stdout {
    async fn ready(&mut self) {
        loop {
            let progress = self.0.progress.notified();
            if !self.0.is_busy() {
                return;
            }
            progress.await;
        }
    }
}

impl OutputStream for Stdout {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.send(bytes)
    }

    /// What was written is on its way; [`OutputStream::check_write`] says when it is out.
    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        let state = self.0.state();
        match state.failure {
            // As if the other end were closed, which is what the guest is told by WASI.
            Some(Errno::PIPE) => Err(StreamError::Closed),
            Some(error) => Err(StreamError::LastOperationFailed(io::Error::from(error).into())),
            None if state.waiting > 0 => Ok(0),
            None => Ok(MOST),
        }
    }
}

/// For WASI 0.3, which nothing links yet.
impl AsyncWrite for Stdout {
    fn poll_write(
        self: Pin<&mut Self>,
        _context: &mut Context<'_>,
        _bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Err(ErrorKind::Unsupported.into()))
    }

    fn poll_flush(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
