//! Reads the file of keys again from time to time, on a thread of its own: requests never wait for a file.
//!
//! Does not know what is in it.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;

use serde_json::{Value, json};

use super::KeyFile;
use super::key::UseKeyError;
use super::key_set::{KeyRing, KeySet, read};
use crate::extension::ExtensionError;
use crate::telemetry::{Attributes, Level, Logger};

/// A thread that looks at a file. It ends when this is dropped, at its next look at the latest: nobody waits
/// for it, since the file may be on a disk that does not answer.
#[derive(Debug)]
pub(in super::super) struct Watcher {
    _alive: Sender<Infallible>,
}

impl Watcher {
    pub(super) fn start(mut look: Look) -> Result<Self, ExtensionError> {
        let (alive, ended) = channel::<Infallible>();
        let run = move || {
            while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(look.file.refresh) {
                look.again();
            }
        };
        thread::Builder::new().name("token-keys".to_owned()).spawn(run).map_err(|error| {
            ExtensionError::new("cannot start the thread that reads keys again").caused_by(error)
        })?;
        Ok(Self { _alive: alive })
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
            Ok(Some(count)) => {
                self.trouble = None;
                self.log(Level::Info, "keys for tokens read again", ("keys", json!(count)));
            }
            Err(error) => {
                let trouble = error.to_string();
                if self.trouble.as_ref() != Some(&trouble) {
                    let message = "keys for tokens cannot be read again, keeping those from before";
                    let cause = Value::from(format!("`jwks_file` {trouble}"));
                    self.log(Level::Warn, message, ("error.message", cause));
                    self.trouble = Some(trouble);
                }
            }
        }
    }

    /// How many keys there are now in the file, if they are others than before.
    fn changed(&mut self) -> Result<Option<usize>, UseKeyError> {
        let content = read(&self.file.path)?;
        if content == self.file.content {
            return Ok(None);
        }
        let file = KeyFile { content, ..self.file.clone() };
        let found = file.keys()?;
        let count = found.len();
        let keys = file.fixed.iter().cloned().chain(found).collect();
        self.ring.replace(KeySet::new(keys));
        self.file = file;
        Ok(Some(count))
    }

    fn log(&self, level: Level, message: &str, (name, value): (&str, Value)) {
        let attributes = Attributes::from_iter([
            ("feature".to_owned(), Value::from("http_auth")),
            ("path".to_owned(), Value::from(self.file.path.display().to_string())),
            (name.to_owned(), value),
        ]);
        self.logger.log(level, message, &attributes, &Attributes::new());
    }
}
