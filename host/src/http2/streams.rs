//! Who reads the streams of a connection, and what waits for them.
//! Does not know frames.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};

use bytes::BytesMut;
use rustc_hash::FxBuildHasher;

/// The streams of one connection, shared between it and the requests on it. All of it runs on one thread;
/// the lock is there because tonic's services take only bodies that are `Send`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Streams(Arc<Mutex<State>>);

#[derive(Debug, Default)]
pub(super) struct State {
    open: HashMap<u32, Stream, FxBuildHasher>,
    /// The newest stream, until a request is made of it.
    opening: Option<OpeningStream>,
    /// Streams whose data is to be passed on as soon as possible.
    due: Vec<u32>,
    /// The task that reads the connection.
    task: Option<Waker>,
}

#[derive(Debug)]
struct OpeningStream {
    id: u32,
    /// `None`: there is no body.
    stream: Option<Stream>,
}

/// A stream that its client has not ended.
#[derive(Debug)]
pub(super) struct Stream {
    /// Data that waits.
    pub(super) held: BytesMut,
    pub(super) reader: ReaderState,
    is_answered: bool,
}

/// What the reader of a stream does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReaderState {
    /// It has read everything and wants more.
    Waiting,
    /// It has something to read.
    Busy,
    /// Nobody reads any more.
    Gone,
}

impl Stream {
    fn new() -> Self {
        Self { held: BytesMut::new(), reader: ReaderState::Waiting, is_answered: false }
    }

    pub(super) fn is_awaited(&self) -> bool {
        self.reader == ReaderState::Waiting
    }

    /// The reader gets something.
    pub(super) fn passes(&mut self) {
        if self.is_awaited() {
            self.reader = ReaderState::Busy;
        }
    }

    /// Whether nobody can want anything of it any more.
    pub(super) fn is_over(&self) -> bool {
        self.reader == ReaderState::Gone && self.is_answered
    }
}

impl Streams {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What belongs to the request that has just been made of the newest stream; `None` if it has no body,
    /// or this is not HTTP/2.
    pub(super) fn claim(&self) -> Option<(Reader, Exchange)> {
        let mut state = self.lock();
        let OpeningStream { id, stream } = state.opening.take()?;
        state.open.insert(id, stream?);
        drop(state);
        Some((Reader(self.clone(), id), Exchange(self.clone(), id)))
    }
}

impl State {
    /// Begins a stream. The one before must have been claimed or refused.
    pub(super) fn opens(&mut self, id: u32, has_body: bool) {
        self.opening = Some(OpeningStream { id, stream: has_body.then(Stream::new) });
    }

    pub(super) fn is_opening(&self) -> bool {
        self.opening.is_some()
    }

    /// The newest stream, if nobody has claimed it.
    pub(super) fn refused(&mut self) -> Option<(u32, Stream)> {
        let OpeningStream { id, stream } = self.opening.take()?;
        stream.map(|stream| (id, stream))
    }

    pub(super) fn get(&mut self, id: u32) -> Option<&mut Stream> {
        match &mut self.opening {
            Some(opening) if opening.id == id => opening.stream.as_mut(),
            _ => self.open.get_mut(&id),
        }
    }

    /// The client has ended it.
    pub(super) fn remove(&mut self, id: u32) -> Option<Stream> {
        match &mut self.opening {
            Some(opening) if opening.id == id => opening.stream.take(),
            _ => self.open.remove(&id),
        }
    }

    pub(super) fn next_due(&mut self) -> Option<u32> {
        self.due.pop()
    }

    /// `context` is told when a stream is due.
    pub(super) fn register(&mut self, context: &Context<'_>) {
        match &mut self.task {
            Some(task) => task.clone_from(context.waker()),
            None => self.task = Some(context.waker().clone()),
        }
    }

    fn hurry(&mut self, id: u32) {
        self.due.push(id);
        if let Some(task) = &self.task {
            task.wake_by_ref();
        }
    }

    /// Forgets a stream that is over, once nothing of it waits.
    fn settle(&mut self, id: u32) {
        let Some(stream) = self.open.get(&id).filter(|stream| stream.is_over()) else { return };
        if stream.held.is_empty() {
            self.open.remove(&id);
        } else {
            self.hurry(id);
        }
    }
}

/// Reads the body of a request; dropped when nobody does any more.
#[derive(Debug)]
pub(super) struct Reader(Streams, u32);

impl Reader {
    /// There is nothing to read; whatever arrives next is wanted at once.
    pub(super) fn wants_more(&self) {
        let mut state = self.0.lock();
        let Some(stream) = state.open.get_mut(&self.1) else { return };
        if stream.is_awaited() {
            return;
        }
        stream.reader = ReaderState::Waiting;
        if !stream.held.is_empty() {
            state.hurry(self.1);
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        if let Some(stream) = state.open.get_mut(&self.1) {
            stream.reader = ReaderState::Gone;
        }
        state.settle(self.1);
    }
}

/// A request and its answer; dropped when the answer is complete.
#[derive(Debug)]
pub(crate) struct Exchange(Streams, u32);

impl Drop for Exchange {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        if let Some(stream) = state.open.get_mut(&self.1) {
            stream.is_answered = true;
        }
        state.settle(self.1);
    }
}
