//! What flows between a connection and a guest over time, in either direction.
//!
//! Knows neither what it is made of nor who is at its ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{Notify, mpsc, oneshot};

use crate::bindings::errors::Error as ServiceError;

/// How many items may wait between a connection and a guest, per direction. When it is full the
/// faster side waits.
pub(crate) const ITEMS_IN_TRANSIT: usize = 2;

/// The reading side: items that arrive over time, then how they ended.
#[derive(Debug)]
pub(crate) struct Streamed<T, E> {
    /// Closes when there is no more, for whatever reason.
    pub data: mpsc::Receiver<T>,
    /// Why there is no more. A sender that is dropped means that its side is lost.
    pub end: oneshot::Receiver<E>,
    pub hold: Arc<Hold>,
    departure: Departure<T>,
    /// Dropped with the rest when nobody reads any more.
    _reader: oneshot::Sender<()>,
}

/// The writing side of a [`Streamed`].
#[derive(Debug)]
pub(crate) struct Feed<T, E> {
    pub data: mpsc::Sender<T>,
    pub end: oneshot::Sender<E>,
    /// Fails as soon as nobody reads any more, also while there is nothing to write.
    pub unread: oneshot::Receiver<()>,
}

impl<T, E> Streamed<T, E> {
    /// Calls `tell` when the reader leaves before the writer has come to its end.
    pub(crate) fn when_left(&mut self, tell: impl FnOnce() + Send + 'static) {
        self.departure.tell = Some(Box::new(tell));
    }
}

/// Tells that the reader has left.
struct Departure<T> {
    /// There for as long as the writer writes.
    writer: mpsc::WeakSender<T>,
    tell: Option<Box<dyn FnOnce() + Send>>,
}

impl<T> Drop for Departure<T> {
    fn drop(&mut self) {
        if let Some(tell) = self.tell.take().filter(|_| self.writer.upgrade().is_some()) {
            tell();
        }
    }
}

impl<T> std::fmt::Debug for Departure<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Departure").finish_non_exhaustive()
    }
}

/// Whether a reader takes nothing although there is something, because it has no room for it.
#[derive(Debug, Default)]
pub(crate) struct Hold {
    is_waiting: AtomicBool,
    refusal: Notify,
}

impl Hold {
    pub(crate) fn set_waiting(&self, is_waiting: bool) {
        self.is_waiting.store(is_waiting, Ordering::Relaxed);
    }

    pub(crate) fn is_waiting(&self) -> bool {
        self.is_waiting.load(Ordering::Relaxed)
    }

    /// There will be no room.
    pub(crate) fn refuse(&self) {
        self.refusal.notify_one();
    }

    /// Resolves when there will be no room.
    pub(crate) async fn refused(&self) {
        self.refusal.notified().await;
    }
}

/// A stream and the side that feeds it.
pub(crate) fn stream<T, E>() -> (Feed<T, E>, Streamed<T, E>) {
    let (data, data_receiver) = mpsc::channel(ITEMS_IN_TRANSIT);
    let (end, end_receiver) = oneshot::channel();
    let (reader, unread) = oneshot::channel();
    let hold = Arc::default();
    let departure = Departure { writer: data.downgrade(), tell: None };
    let streamed =
        Streamed { data: data_receiver, end: end_receiver, hold, departure, _reader: reader };
    (Feed { data, end, unread }, streamed)
}

/// Where the items of a stream come from.
pub(crate) trait Source {
    type Item;
    type Error;

    /// The next item; `None` after the last one.
    async fn next(&mut self) -> Result<Option<Self::Item>, Self::Error>;
}

/// Moves what a source has into a stream, as fast as it is read. Returns when there is no more, or nobody reads it.
/// `explain` says what the reader is told of an error.
pub(crate) async fn pump<S: Source>(
    mut source: S,
    feed: Feed<S::Item, Result<(), ServiceError>>,
    explain: impl FnOnce(&S::Error) -> ServiceError,
) -> Result<(), S::Error> {
    let Feed { data, end, unread: _ } = feed;
    let ended = loop {
        match source.next().await {
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
            Ok(Some(item)) => {
                if data.send(item).await.is_err() {
                    // Not to want the rest is the reader's right.
                    return Ok(());
                }
            }
        }
    };
    // A reader that is gone does not need to know.
    drop(end.send(ended.as_ref().map(|&()| ()).map_err(explain)));
    ended
}
