//! Notices when files change: those that are named and all below directories that are named.
//!
//! Does not know what the files are for, nor what is done about a change.
//!
//! Events are hints, a snapshot decides. What the system tells about directories only says that it
//! is time to look; what has changed is found by comparing contents with those of the last look. So
//! it does not matter how a file came to be different, a `touch` is no change, and an event that
//! was lost or misunderstood costs nothing but time.

mod changes;
mod content;
mod events;
mod filesystem;
mod limitation;
mod observer;
mod resolve;
mod snapshot;
#[cfg(test)]
mod tests;
mod watched_path;

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, oneshot};

pub(crate) use self::changes::Changes;
use self::events::Events;
pub(crate) use self::limitation::Limitation;
use self::observer::{Message, Observer, Subscribe};
pub(crate) use self::watched_path::WatchedPath;

/// Files under observation. Ends, with its thread, when it is dropped.
#[derive(Debug)]
pub(crate) struct Watch {
    messages: Sender<Message>,
    shared: Arc<Shared>,
}

/// Why nothing is watched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum StartWatchError {
    #[error("cannot find out the current directory")]
    Directory { source: io::Error },
    #[error("cannot start the thread that watches files")]
    Thread { source: io::Error },
}

/// What the thread that looks and the one that asks have in common.
#[derive(Debug, Default)]
struct Shared {
    pending: Mutex<PendingReport>,
    /// Rung when there are changes.
    notify: Notify,
    /// Whether nobody asks any more: a long look ends early.
    is_over: AtomicBool,
}

/// What nobody has asked for yet.
#[derive(Debug, Default)]
struct PendingReport {
    changes: Changes,
    limitations: Vec<Limitation>,
}

impl Shared {
    fn pending(&self) -> MutexGuard<'_, PendingReport> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }
}

impl Watch {
    /// Watches `places`. Every change from when this resolves on is noticed.
    ///
    /// `polls`: files are looked at every 2 s, and the system is not asked for events.
    ///
    /// The files are read on a thread of its own, because disks may be slow or not answer at all,
    /// and whoever waits for changes has signals to attend to.
    ///
    /// # Errors
    /// Only without a current directory or a thread. That events cannot be had is no error: then
    /// files are looked at every 2 s, and [`Watch::limitations`] says so.
    pub(crate) async fn start(
        places: Vec<WatchedPath>,
        polls: bool,
    ) -> Result<Self, StartWatchError> {
        let by_the_clock: Subscribe = |_hint| Err(Limitation::Asked);
        Self::start_with(places, if polls { by_the_clock } else { Events::new }).await
    }

    async fn start_with(
        places: Vec<WatchedPath>,
        subscribe: Subscribe,
    ) -> Result<Self, StartWatchError> {
        let base =
            std::env::current_dir().map_err(|source| StartWatchError::Directory { source })?;
        let shared = Arc::new(Shared::default());
        let (messages, inbox) = channel();
        let observer = Observer::new(base, messages.clone(), Arc::clone(&shared), subscribe);
        // Not joined: on a disk that does not answer it would hold up the end of the process. It
        // ends soon after the message that `drop` sends.
        std::thread::Builder::new()
            .name("watch".to_owned())
            .spawn(move || observer.run(&inbox))
            .map_err(|source| StartWatchError::Thread { source })?;
        let mut watch = Self { messages, shared };
        watch.set(places).await;
        Ok(watch)
    }

    /// Watches other places from now on.
    ///
    /// What has changed in places that are in both sets is not lost. Files of new places count as
    /// they are now, and changes of places that are no longer there are forgotten.
    ///
    /// # Cancel safety
    /// When dropped, the places are set nevertheless.
    pub(crate) async fn set(&mut self, places: Vec<WatchedPath>) {
        self.ask(|done| Message::Set(places, done)).await;
    }

    /// Takes one file for known as it is now: what has happened to it so far is no change.
    ///
    /// Meant for what a build has written; to be called before the file is read, so that a change
    /// in between is a change. Does nothing for a file that is not in the watched places.
    ///
    /// # Cancel safety
    /// When dropped, the file is accepted nevertheless.
    pub(crate) async fn accept(&mut self, path: impl Into<PathBuf>) {
        let path = path.into();
        self.ask(|done| Message::Accept(path, done)).await;
    }

    /// Looks now. Returns what has changed since the last answer, which may be nothing.
    ///
    /// # Cancel safety
    /// Nothing is lost when dropped: the next answer has it.
    pub(crate) async fn look(&mut self) -> Changes {
        self.ask(Message::Look).await;
        std::mem::take(&mut self.shared.pending().changes)
    }

    /// Waits for changes: all since the last answer, never none.
    ///
    /// # Cancel safety
    /// Nothing is lost when dropped: the next call has it.
    pub(crate) async fn changed(&mut self) -> Changes {
        loop {
            let changes = std::mem::take(&mut self.shared.pending().changes);
            if !changes.is_empty() {
                return changes;
            }
            self.shared.notify.notified().await;
        }
    }

    /// What the user should know about what is not watched as it ought to be; each of it once.
    ///
    /// To be asked for after [`Watch::start`], [`Watch::set`] and [`Watch::changed`].
    pub(crate) fn limitations(&mut self) -> Vec<Limitation> {
        std::mem::take(&mut self.shared.pending().limitations)
    }

    async fn ask(&mut self, message: impl FnOnce(oneshot::Sender<()>) -> Message) {
        let (done, answer) = oneshot::channel();
        // The thread ends after this value only, or by a panic that has been reported.
        let _ = self.messages.send(message(done));
        let _ = answer.await;
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Relaxed);
        let _ = self.messages.send(Message::End);
    }
}
