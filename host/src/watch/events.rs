//! Is told by the system when something may have happened in a directory.
//!
//! Does not know what has happened: an event is a reason to look, nothing more.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use notify::event::{AccessKind, AccessMode, ModifyKind};
use notify::{
    Error, ErrorKind, Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher,
    recommended_watcher,
};

use super::limitation::Limitation;
use super::snapshot::{Directory, Part};
use super::watched_path::is_ignored;

/// Says that it is time to look.
pub(super) type Hint = Box<dyn Fn() + Send>;

/// The watches of directories, each for itself.
pub(super) struct Events {
    watcher: RecommendedWatcher,
    /// With device and inode.
    watched: BTreeMap<PathBuf, Option<(u64, u64)>>,
    filter: Arc<Mutex<Filter>>,
}

/// What the thread of the events needs to know.
#[derive(Default)]
struct Filter {
    directories: BTreeMap<PathBuf, Directory>,
    /// Directories that were moved or removed: the watches of these and of all below them are gone,
    /// or are those of other directories.
    lost: BTreeSet<PathBuf>,
}

impl Events {
    /// `hint` is called, on a thread of its own, when it is time to look.
    pub(super) fn new(hint: Hint) -> Result<Self, Limitation> {
        let filter = Arc::new(Mutex::new(Filter::default()));
        let own = Arc::clone(&filter);
        let watcher = recommended_watcher(move |event: Result<Event, Error>| {
            if lock(&own).is_a_reason(event) {
                hint();
            }
        });
        let watcher =
            watcher.map_err(|error| Limitation::NoEvents { reason: io_error(error.kind) })?;
        Ok(Self { watcher, watched: BTreeMap::new(), filter })
    }

    /// Watches these directories and no others. Whether any of them was not watched before: then
    /// something may have happened in it that nobody was told of.
    pub(super) fn follow(
        &mut self,
        directories: &BTreeMap<PathBuf, Directory>,
    ) -> Result<bool, Limitation> {
        let lost = {
            let mut filter = lock(&self.filter);
            directories.clone_into(&mut filter.directories);
            std::mem::take(&mut filter.lost)
        };
        self.forget(directories, &lost);
        let mut is_any_new = false;
        for (path, directory) in directories {
            if self.watched.contains_key(path) || directory.identity.is_none() {
                continue;
            }
            match self.watcher.watch(path, RecursiveMode::NonRecursive) {
                Ok(()) => {
                    self.watched.insert(path.clone(), directory.identity);
                    is_any_new = true;
                }
                Err(error) => unwatchable(path, directory, error)?,
            }
        }
        Ok(is_any_new)
    }

    /// Ends the watches that are not wanted, and those that are not of the wanted directory.
    fn forget(&mut self, wanted: &BTreeMap<PathBuf, Directory>, lost: &BTreeSet<PathBuf>) {
        let is_lost = |path: &Path| path.ancestors().any(|ancestor| lost.contains(ancestor));
        let Self { watcher, watched, .. } = self;
        watched.retain(|path, identity| {
            let is_same = wanted.get(path).is_some_and(|wanted| wanted.identity == *identity);
            let is_kept = is_same && !is_lost(path);
            if !is_kept {
                // The library ends watches of directories that are gone by itself.
                let _ = watcher.unwatch(path);
            }
            is_kept
        });
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").field("watched", &self.watched).finish_non_exhaustive()
    }
}

/// What it means that a directory cannot be watched.
fn unwatchable(path: &Path, directory: &Directory, error: Error) -> Result<(), Limitation> {
    match error.kind {
        ErrorKind::MaxFilesWatch => Err(Limitation::NoMoreWatches),
        // It has just vanished. Its parent is watched, and tells.
        ErrorKind::PathNotFound => Ok(()),
        // A directory on the way, which may be anybody's, and is rarely replaced.
        _ if !directory.is_needed => Ok(()),
        kind => Err(Limitation::Unwatchable { directory: path.to_owned(), reason: io_error(kind) }),
    }
}

fn io_error(kind: ErrorKind) -> io::Error {
    match kind {
        ErrorKind::Io(error) => error,
        kind => io::Error::other(Error::new(kind)),
    }
}

fn lock(filter: &Mutex<Filter>) -> MutexGuard<'_, Filter> {
    filter.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Filter {
    /// Whether it is time to look.
    fn is_a_reason(&mut self, event: Result<Event, Error>) -> bool {
        // An error of the events themselves: who knows what was not told.
        let Ok(event) = event else { return self.lose_all() };
        if event.need_rescan() {
            return self.lose_all();
        }
        match event.kind {
            // Files that are read, by a compiler or by ourselves.
            EventKind::Access(kind) if kind != AccessKind::Close(AccessMode::Write) => {
                return false;
            }
            EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_)) => {
                let known = event.paths.iter().filter(|path| self.directories.contains_key(*path));
                self.lost.extend(known.cloned());
            }
            _ => (),
        }
        event.paths.iter().any(|path| self.concerns(path))
    }

    fn lose_all(&mut self) -> bool {
        self.lost.insert(PathBuf::from("/"));
        true
    }

    /// Whether anything watched depends on what is at `path`.
    fn concerns(&self, path: &Path) -> bool {
        if self.directories.contains_key(path) {
            return true;
        }
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return false };
        self.directories.get(parent).is_some_and(|directory| {
            directory.names.contains(name)
                || directory.part != Part::None && !is_ignored(name, directory.part == Part::Top)
        })
    }
}

#[cfg(test)]
mod tests {
    use notify::event::{CreateKind, Flag, RemoveKind};

    use super::*;

    fn filter() -> Filter {
        let tree = Directory { part: Part::Top, ..Directory::default() };
        let file = Directory { names: ["app.wasm".into()].into(), ..Directory::default() };
        let directories = [("/src".into(), tree), ("/out".into(), file)].into();
        Filter { directories, lost: BTreeSet::new() }
    }

    fn is_a_reason(kind: EventKind, path: &str) -> bool {
        filter().is_a_reason(Ok(Event::new(kind).add_path(path.into())))
    }

    /// Otherwise each look would be a reason for the next one.
    #[test]
    fn reading_is_no_reason_to_look() {
        let open = EventKind::Access(AccessKind::Open(AccessMode::Any));
        let close = |mode| EventKind::Access(AccessKind::Close(mode));

        assert!(!is_a_reason(open, "/src/lib.rs"));
        assert!(!is_a_reason(open, "/src"));
        assert!(!is_a_reason(close(AccessMode::Read), "/src/lib.rs"));
        assert!(is_a_reason(close(AccessMode::Write), "/src/lib.rs"));
    }

    #[test]
    fn only_what_is_watched_is_a_reason_to_look() {
        let create = EventKind::Create(CreateKind::File);

        assert!(is_a_reason(create, "/src/lib.rs"));
        assert!(is_a_reason(create, "/out/app.wasm"));
        assert!(!is_a_reason(create, "/out/app.d"));
        assert!(!is_a_reason(create, "/src/.lib.rs.swp"));
        assert!(!is_a_reason(create, "/src/node_modules"));
        assert!(!is_a_reason(create, "/elsewhere/app.wasm"));
    }

    #[test]
    fn watches_of_what_was_removed_are_lost_and_all_are_when_events_are() {
        let mut filter = filter();
        let remove =
            |path: &str| Ok(Event::new(EventKind::Remove(RemoveKind::Any)).add_path(path.into()));

        assert!(filter.is_a_reason(remove("/src/lib.rs")));
        assert!(filter.lost.is_empty());
        assert!(filter.is_a_reason(remove("/src")));
        assert_eq!(filter.lost, BTreeSet::from(["/src".into()]));
        let overflow = Event::new(EventKind::Other).set_flag(Flag::Rescan);
        assert!(filter.is_a_reason(Ok(overflow)));
        assert!(filter.lost.contains(Path::new("/")));
    }
}
