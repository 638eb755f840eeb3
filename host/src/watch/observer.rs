//! The thread that waits for hints, looks, and tells what has changed.
//!
//! Does not know who asks.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::Shared;
use super::changes::{Changes, Difference};
use super::content::look;
use super::events::{Events, Hint};
use super::limitation::Limitation;
use super::snapshot::{Excess, Snapshot};
use super::watched_path::{WatchedPath, normal};

/// Without a hint for so long, whatever writes is taken to be done.
const QUIET: Duration = Duration::from_millis(20);

/// Whoever writes without a pause has to bear a look in between.
const MOST_DELAY: Duration = Duration::from_millis(200);

/// Time between two looks where the system does not tell about changes. A look that finds nothing
/// reads nothing but directories: a few microseconds per file.
pub(super) const POLL_INTERVAL: Duration = Duration::from_secs(2);

/// Directories that are replaced again and again while watches are set: then it looks again later.
const MOST_LOOKS: usize = 5;

#[derive(Debug)]
pub(super) enum Message {
    /// It is time to look.
    Hint,
    Set(Vec<WatchedPath>, oneshot::Sender<()>),
    Accept(PathBuf, oneshot::Sender<()>),
    Look(oneshot::Sender<()>),
    End,
}

pub(super) struct Observer {
    /// What relative paths are relative to.
    base: PathBuf,
    places: Vec<WatchedPath>,
    snapshot: Snapshot,
    how: How,
    shared: Arc<Shared>,
    /// Whether a hint waits in the inbox: one is as good as a thousand.
    is_hinted: Arc<AtomicBool>,
    reported: Reported,
    /// Whether the last look has missed something for reasons that pass.
    is_unsure: bool,
}

/// What the user knows already.
#[derive(Default)]
struct Reported {
    too_many: bool,
    silent: bool,
}

/// Makes a source of events; tests replace it by one that fails.
pub(super) type Subscribe = fn(Hint) -> Result<Events, Limitation>;

/// How it learns that it is time to look.
enum How {
    Events(Events),
    /// By the clock.
    Polling,
}

/// What came out of waiting.
enum Wake {
    Look,
    /// Everything that there was to do is done.
    Idle,
    End,
}

impl Observer {
    pub(super) fn new(
        base: PathBuf,
        messages: Sender<Message>,
        shared: Arc<Shared>,
        subscribe: Subscribe,
    ) -> Self {
        let is_hinted = Arc::new(AtomicBool::new(false));
        let own = Arc::clone(&is_hinted);
        let hint: Hint = Box::new(move || {
            if !own.swap(true, Ordering::SeqCst) {
                let _ = messages.send(Message::Hint);
            }
        });
        let how = subscribe(hint).map_or_else(
            |limitation| {
                shared.pending().limitations.push(limitation);
                How::Polling
            },
            How::Events,
        );
        Self {
            base,
            places: Vec::new(),
            snapshot: Snapshot::default(),
            how,
            shared,
            is_hinted,
            reported: Reported::default(),
            is_unsure: false,
        }
    }

    pub(super) fn run(mut self, inbox: &Receiver<Message>) {
        loop {
            let patience = self.is_polling().then_some(POLL_INTERVAL);
            match self.wait(inbox, patience) {
                Wake::End => return,
                Wake::Idle => (),
                Wake::Look => match self.settle(inbox) {
                    Wake::End => return,
                    Wake::Idle | Wake::Look => self.look_again(),
                },
            }
        }
    }

    fn is_polling(&self) -> bool {
        // Events are for what this system does itself.
        self.is_unsure || matches!(self.how, How::Polling) || self.snapshot.silence.is_some()
    }

    /// Waits for one message, and does what it asks for unless that is to look.
    fn wait(&mut self, inbox: &Receiver<Message>, patience: Option<Duration>) -> Wake {
        let message = match patience {
            Some(patience) => inbox.recv_timeout(patience),
            None => inbox.recv().map_err(RecvTimeoutError::from),
        };
        match message {
            Ok(Message::Hint) => {
                self.is_hinted.store(false, Ordering::SeqCst);
                return Wake::Look;
            }
            Err(RecvTimeoutError::Timeout) => return Wake::Look,
            Ok(Message::Set(places, done)) => {
                self.set(places);
                // Nobody waits any more: it is done nevertheless.
                let _ = done.send(());
            }
            Ok(Message::Accept(path, done)) => {
                self.accept(&normal(&path));
                let _ = done.send(());
            }
            Ok(Message::Look(done)) => {
                self.look_again();
                let _ = done.send(());
            }
            Ok(Message::End) | Err(RecvTimeoutError::Disconnected) => return Wake::End,
        }
        Wake::Idle
    }

    /// Waits until nothing happens any more, within bounds.
    fn settle(&mut self, inbox: &Receiver<Message>) -> Wake {
        let first = Instant::now();
        let mut last = first;
        loop {
            let quiet = QUIET.saturating_sub(last.elapsed());
            let patience = quiet.min(MOST_DELAY.saturating_sub(first.elapsed()));
            if patience.is_zero() {
                return Wake::Look;
            }
            // Running out of patience is found out above.
            match self.wait(inbox, Some(patience)) {
                Wake::End => return Wake::End,
                Wake::Look if last.elapsed() < QUIET => last = Instant::now(),
                Wake::Look | Wake::Idle => (),
            }
        }
    }

    fn set(&mut self, places: Vec<WatchedPath>) {
        let places = places.into_iter().map(WatchedPath::normal).collect();
        let before = std::mem::replace(&mut self.places, places);
        let covers =
            |places: &[WatchedPath], path: &Path| places.iter().any(|one| one.covers(path));
        self.shared.pending().changes.retain(|path| covers(&self.places, path));
        let last = self.look();
        let in_both = |path: &Path| covers(&before, path) && covers(&self.places, path);
        let mut changes = self.compare(&last);
        changes.retain(in_both);
        self.tell(changes);
    }

    fn accept(&mut self, path: &Path) {
        if !self.places.iter().any(|place| place.covers(path)) {
            return;
        }
        let known = self.snapshot.files.get(path);
        // An error says nothing about the file: it stays as it was known.
        let Ok(now) = look(&self.base.join(path), known) else { return };
        // Also what was seen of a file that was still being written.
        self.shared.pending().changes.take(path);
        match now {
            Some(now) => self.snapshot.files.insert(path.to_owned(), now),
            None => self.snapshot.files.remove(path),
        };
    }

    fn look_again(&mut self) {
        let last = self.look();
        let changes = self.compare(&last);
        self.tell(changes);
    }

    /// Looks until everything that was seen is also watched. Returns what was seen before.
    fn look(&mut self) -> Snapshot {
        let take = |last: &Snapshot, this: &Self| {
            Snapshot::take(&this.places, &this.base, last, &this.shared)
        };
        let mut now = take(&self.snapshot, self);
        self.is_unsure = self.follow(&now);
        for _ in 1..MOST_LOOKS {
            if !self.is_unsure {
                break;
            }
            now = take(&now, self);
            self.is_unsure = self.follow(&now);
        }
        self.is_unsure |= now.is_incomplete;
        self.say_too_many(&now);
        self.say_silent(&now);
        std::mem::replace(&mut self.snapshot, now)
    }

    /// Sets the watches that a snapshot asks for. Whether to look again.
    fn follow(&mut self, snapshot: &Snapshot) -> bool {
        let How::Events(events) = &mut self.how else { return false };
        events.follow(&snapshot.directories).unwrap_or_else(|limitation| {
            self.shared.pending().limitations.push(limitation);
            // For good: a limit that is reached stays within reach.
            self.how = How::Polling;
            false
        })
    }

    fn say_too_many(&mut self, snapshot: &Snapshot) {
        let limitation = match snapshot.excess {
            Some(Excess::Directories) => Limitation::TooManyDirectories,
            Some(Excess::Files) => Limitation::TooManyFiles,
            None => return,
        };
        if !std::mem::replace(&mut self.reported.too_many, true) {
            self.shared.pending().limitations.push(limitation);
        }
    }

    fn say_silent(&mut self, snapshot: &Snapshot) {
        // Who looks by the clock anyway has said so.
        let is_news = matches!(self.how, How::Events(_)) && !self.reported.silent;
        if let Some(silence) = snapshot.silence.as_ref().filter(|one| is_news && one.is_likely()) {
            self.reported.silent = true;
            self.shared.pending().limitations.push(Limitation::Silent { silence: silence.clone() });
        }
    }

    /// What is different from the last look.
    fn compare(&self, last: &Snapshot) -> Changes {
        let mut changes = Changes::default();
        if self.shared.is_over() {
            // The look was not finished.
            return changes;
        }
        let (before, after) = (&last.files, &self.snapshot.files);
        let gone = before.iter().filter(|(path, _)| !after.contains_key(*path));
        for (path, known) in gone {
            let before = Some(known.content.clone());
            changes.add(path.clone(), Difference { before, after: None });
        }
        for (path, known) in after {
            let before = before.get(path).map(|known| &known.content);
            if before != Some(&known.content) {
                let (before, after) = (before.cloned(), Some(known.content.clone()));
                changes.add(path.clone(), Difference { before, after });
            }
        }
        changes
    }

    fn tell(&self, changes: Changes) {
        if !changes.is_empty() {
            self.shared.pending().changes.extend(changes);
            self.shared.notify.notify_one();
        }
    }
}
