//! Real directories and the events of the real system.
//!
//! They wait for changes with a bound. That something is no change is shown by a second thing that
//! is one: the answer holds only that.

mod contents;
mod directories;
mod links;
mod places;
mod trees;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::timeout;

use super::changes::Change;
use super::{Changes, Watch, WatchedPath};

/// Longer than a loaded machine takes, including a few looks by the clock.
const PATIENCE: Duration = Duration::from_secs(20);

/// A directory that is gone, with all that is in it, when the value is dropped.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("mikros-watch-{}", uuid::Uuid::now_v7()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Writes a file, with the directories it needs, and returns its path.
    fn write(&self, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, contents).unwrap();
        path
    }

    fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path(from), self.path(to)).unwrap();
    }

    fn file(&self, name: &str) -> WatchedPath {
        WatchedPath::File(self.path(name))
    }

    fn tree(&self, name: &str) -> WatchedPath {
        WatchedPath::Tree { root: self.path(name), except: Vec::new() }
    }

    /// The next changes, each as a sign and a path in this directory, with a check that this system
    /// tells about changes: the tests would pass without, too slowly to be of use.
    async fn next(&self, watch: &mut Watch) -> String {
        let changes = next(watch).await;
        assert!(watch.limitations().is_empty(), "this system does not tell about changes");
        self.listed(&changes)
    }

    fn listed(&self, changes: &Changes) -> String {
        let shown = |(path, change): (&Path, Change)| {
            let sign = match change {
                Change::Appeared => '+',
                Change::Changed => '*',
                Change::Vanished => '-',
            };
            format!("{sign}{}", path.strip_prefix(&self.0).unwrap_or(path).display())
        };
        changes.iter().map(shown).collect::<Vec<_>>().join(" ")
    }

    /// Changes until a file called `end`, made now, is among them, without that. Whatever else has
    /// happened is found as well, whether or not anybody was told of it.
    async fn rest(&self, watch: &mut Watch) -> String {
        self.write("end", "");
        let mut all = Changes::default();
        while all.take(&self.path("end")).is_none() {
            all.extend(next(watch).await);
        }
        fs::remove_file(self.path("end")).unwrap();
        while all.take(&self.path("end")).is_none() {
            all.extend(next(watch).await);
        }
        self.listed(&all)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

async fn next(watch: &mut Watch) -> Changes {
    timeout(PATIENCE, watch.changed()).await.expect("a change is noticed")
}

async fn watch(places: impl Into<Vec<WatchedPath>>) -> Watch {
    Watch::start(places.into(), false).await.unwrap()
}
