//! Reads the file of keys again from time to time, and when a token names a key that nobody knows. On a thread
//! of its own: threads that serve requests never wait for a disk.
//!
//! Does not know what is in the file.

use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::watch;

use super::key::UseKeyError;
use super::key_set::{Found, KeyRing, KeySet, read};
use super::{KeyFile, MOST_TOLD};
use crate::extension::{Attributes, ExtensionError, Level, Logger};
use crate::telemetry::Event;

/// Between two looks that requests ask for: who makes up names of keys should not keep the disk busy.
const LEAST_BETWEEN: Duration = Duration::from_secs(1);

/// Longest time that a request waits for a look: the file may be on a disk that does not answer.
const LONGEST_WAIT: Duration = Duration::from_millis(500);

/// A thread that looks at a file. It ends when this is dropped, after its next look at the latest: nobody waits
/// for it.
pub(super) struct Watcher {
    ask: SyncSender<()>,
    /// How many looks are over.
    pub(super) looks: watch::Receiver<u64>,
    asked: Mutex<Option<Asked>>,
}

/// The last look that a request has asked for.
#[derive(Clone, Copy)]
struct Asked {
    at: Instant,
    /// How many looks were over then.
    after: u64,
}

impl Watcher {
    pub(super) fn start(mut look: Look) -> Result<Self, ExtensionError> {
        let (ask, asked) = sync_channel::<()>(1);
        let (looked, looks) = watch::channel(0);
        let run = move || {
            let refresh = look.file.refresh;
            while let Ok(()) | Err(RecvTimeoutError::Timeout) = asked.recv_timeout(refresh) {
                look.again();
                looked.send_modify(|looks| *looks += 1);
            }
        };
        thread::Builder::new().name("token-keys".to_owned()).spawn(run).map_err(|error| {
            ExtensionError::new("cannot start the thread that reads keys again").caused_by(error)
        })?;
        Ok(Self { ask, looks, asked: Mutex::new(None) })
    }

    /// Returns after a look at the file, or at once if there was one a moment ago.
    pub(super) async fn look_now(&self) {
        let Some(after) = self.ask() else { return };
        let mut looks = self.looks.clone();
        let over = looks.wait_for(|looks| *looks > after);
        let _: Result<_, tokio::time::error::Elapsed> =
            tokio::time::timeout(LONGEST_WAIT, over).await;
    }

    /// After which look there is one that knows more; `None` when that is not worth waiting for.
    fn ask(&self) -> Option<u64> {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let over = *self.looks.borrow();
        if let Some(last) = *asked
            && last.at.elapsed() < LEAST_BETWEEN
        {
            // Others wait for the same look.
            let is_under_way = over == last.after && last.at.elapsed() < LONGEST_WAIT;
            return is_under_way.then_some(last.after);
        }
        *asked = Some(Asked { at: Instant::now(), after: over });
        // A thread that hangs has not taken the last one.
        self.ask.try_send(()).ok()?;
        Some(over)
    }
}

/// What looks at the file.
pub(in super::super) struct Look {
    pub(super) file: KeyFile,
    pub(super) ring: Arc<KeyRing>,
    pub(super) logger: Logger,
    /// What was wrong the last time, which is told once.
    pub(in super::super) trouble: Option<String>,
}

impl Look {
    /// Takes over what the file holds, if that is different. What cannot be used changes nothing: tokens are
    /// checked with the keys from before.
    pub(in super::super) fn again(&mut self) {
        match self.changed() {
            Ok(None) => self.trouble = None,
            Ok(Some(found)) => {
                self.trouble = None;
                let count = ("keys", json!(found.keys.len()));
                self.log(Event::KeysReloaded, Level::Info, "keys for tokens read again", [count]);
                self.warn_of_unusable(&found);
            }
            Err(error) => {
                let trouble = error.to_string();
                if self.trouble.as_ref() != Some(&trouble) {
                    let message = "keys for tokens cannot be read again, keeping those from before";
                    let cause = Value::from(format!("`jwks_file` {trouble}"));
                    self.log(
                        Event::KeysReloadFailed,
                        Level::Warn,
                        message,
                        [("error.message", cause)],
                    );
                    self.trouble = Some(trouble);
                }
            }
        }
    }

    /// What is now in the file, if it is something else than before.
    fn changed(&mut self) -> Result<Option<Found>, UseKeyError> {
        let content = read(&self.file.path)?;
        if content == self.file.content {
            return Ok(None);
        }
        let file = KeyFile { content, ..self.file.clone() };
        let found = file.keys()?;
        let keys = file.fixed.iter().chain(&found.keys).cloned().collect();
        self.ring.replace(KeySet::new(keys));
        self.file = file;
        Ok(Some(found))
    }

    fn warn_of_unusable(&self, found: &Found) {
        for unusable in found.unusable.iter().take(MOST_TOLD) {
            let cause =
                Value::from(format!("`jwks_file` holds a key that cannot be used, {unusable}"));
            self.log(
                Event::KeysUnusable,
                Level::Warn,
                "a key for tokens cannot be used",
                [("error.message", cause)],
            );
        }
        let more = found.unusable.len().saturating_sub(MOST_TOLD);
        if more > 0 {
            self.log(
                Event::KeysUnusable,
                Level::Warn,
                "more keys for tokens cannot be used",
                [("keys", json!(more))],
            );
        }
    }

    fn log<const N: usize>(
        &self,
        event: Event,
        level: Level,
        message: &str,
        about: [(&str, Value); N],
    ) {
        let mut attributes = Attributes::from_iter([
            ("feature".to_owned(), Value::from("http_auth")),
            ("path".to_owned(), Value::from(self.file.path.display().to_string())),
        ]);
        attributes.extend(about.map(|(name, value)| (name.to_owned(), value)));
        self.logger.event(event).log(level, message, &attributes, &Attributes::new());
    }
}
