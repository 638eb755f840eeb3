//! All watched files with their contents, and the directories that decide which files these are.
//!
//! Does not know what has changed, nor how anybody learns that it is time to look.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::Shared;
use super::content::{FileState, found, look};
use super::filesystem::{self, Silence};
use super::resolve::resolve;
use super::watched_path::{WatchedPath, is_ignored, is_manifest};

/// Far below the system's usual limit of watches (8192 or more per user).
pub(super) const MOST_DIRECTORIES: usize = 4096;

/// What can be looked at, at a few microseconds each, before a person gets impatient.
pub(super) const MOST_FILES: usize = 50_000;

/// Marks a directory that holds nothing but what can be made again, such as cargo's.
const CACHE_MARK: &str = "CACHEDIR.TAG";

/// What one look at the disk has shown.
#[derive(Debug, Default)]
pub(super) struct Snapshot {
    pub(super) files: BTreeMap<PathBuf, FileState>,
    /// By their paths without symbolic links.
    pub(super) directories: BTreeMap<PathBuf, Directory>,
    /// What there was so much of that some was left out.
    pub(super) excess: Option<Excess>,
    /// The first place where changes may happen that the system does not tell about.
    pub(super) silence: Option<Silence>,
    /// Whether something could not be read for reasons that pass.
    pub(super) is_incomplete: bool,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Excess {
    Directories,
    Files,
}

/// What is of interest in a directory.
#[derive(Debug, Default, Clone)]
pub(super) struct Directory {
    /// Device and inode: a path may come to mean another directory.
    pub(super) identity: Option<(u64, u64)>,
    pub(super) names: BTreeSet<OsString>,
    pub(super) part: Part,
    /// Whether it holds something watched, or is where that is missing; others are on the way.
    pub(super) is_needed: bool,
}

/// Which part of a tree a directory is. In one, all names are of interest but those that [`is_ignored`]
/// leaves out.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    #[default]
    None,
    Inside,
    /// Its root, or the top of a project.
    Top,
}

/// A look at the disk.
pub(super) struct Look<'a> {
    base: &'a Path,
    last: &'a Snapshot,
    shared: &'a Shared,
    now: Snapshot,
    /// Directories without links in their paths that are never entered.
    except: Vec<PathBuf>,
    /// Still to be entered.
    open: Vec<Open>,
}

/// A directory in a tree.
struct Open {
    real: PathBuf,
    /// As the user sees it.
    shown: PathBuf,
    is_root: bool,
}

impl Snapshot {
    /// Looks at all of `places`; files that are the same as in `last` are not read again.
    pub(super) fn take(places: &[WatchedPath], base: &Path, last: &Self, shared: &Shared) -> Self {
        let now = Self::default();
        let mut look = Look { base, last, shared, now, except: Vec::new(), open: Vec::new() };
        for place in places {
            look.place(place);
        }
        let mut devices = BTreeSet::new();
        for (path, directory) in &mut look.now.directories {
            let metadata = fs::symlink_metadata(path).ok();
            directory.identity = metadata.map(|metadata| (metadata.dev(), metadata.ino()));
            let is_new = |(device, _): (u64, u64)| directory.is_needed && devices.insert(device);
            if look.now.silence.is_none() && directory.identity.is_some_and(is_new) {
                look.now.silence = filesystem::silence_of_directory(path);
            }
        }
        look.now
    }
}

impl Look<'_> {
    fn place(&mut self, place: &WatchedPath) {
        let (path, except) = match place {
            WatchedPath::File(path) => (path, None),
            WatchedPath::Tree { root, except } => (root, Some(except)),
        };
        let Some(real) = self.follow(&self.base.join(path)) else { return };
        match except {
            Some(except) if real.is_dir() => {
                let except = except.iter().map(|path| self.base.join(path).canonicalize());
                self.except = except.filter_map(Result::ok).collect();
                self.open.push(Open { real, shown: path.clone(), is_root: true });
                self.enter_all();
            }
            _ => {
                if self.now.silence.is_none() {
                    self.now.silence = filesystem::silence_of_file(&real);
                }
                self.file(&real, path);
            }
        }
    }

    /// Where a path leads that the user or a symbolic link names. The directories on the way become
    /// of interest.
    fn follow(&mut self, path: &Path) -> Option<PathBuf> {
        let directories = &mut self.now.directories;
        let mut last = PathBuf::new();
        let real = resolve(path, &mut |directory, name| {
            directory.clone_into(&mut last);
            let directory = directories.entry(directory.to_owned()).or_default();
            directory.names.insert(name.to_owned());
        });
        if let Some(last) = directories.get_mut(&last) {
            last.is_needed = true;
        }
        real
    }

    fn enter_all(&mut self) {
        while let Some(Open { real, shown, is_root }) = self.open.pop() {
            let is_known =
                self.now.directories.get(&real).is_some_and(|known| known.part != Part::None);
            if self.shared.is_over() || is_known || !is_root && self.except.contains(&real) {
                continue;
            }
            if self.now.directories.len() >= MOST_DIRECTORIES {
                self.now.excess = Some(Excess::Directories);
                return self.open.clear();
            }
            let directory = self.now.directories.entry(real.clone()).or_default();
            (directory.part, directory.is_needed) = (Part::Inside, true);
            match entries(&real) {
                Ok(entries) => {
                    let is_top =
                        is_root || entries.iter().any(|entry| is_manifest(&entry.file_name()));
                    if is_top {
                        directory.part = Part::Top;
                    }
                    self.enter((&real, &shown), is_top, entries);
                }
                // Not because of the directory: what is in it counts as it was.
                Err(_) => self.keep_below(&shown),
            }
        }
    }

    fn enter(&mut self, (real, shown): (&Path, &Path), is_top: bool, entries: Vec<fs::DirEntry>) {
        for entry in entries {
            let name = entry.file_name();
            if is_ignored(&name, is_top) {
                continue;
            }
            let (real, shown) = (real.join(&name), shown.join(&name));
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => self.directory(real, shown),
                Ok(kind) if kind.is_file() => self.file(&real, &shown),
                Ok(kind) if kind.is_symlink() => self.link(&real, shown),
                _ => (),
            }
        }
    }

    fn link(&mut self, link: &Path, shown: PathBuf) {
        let Some(real) = self.follow(link) else { return };
        if !real.is_dir() {
            self.file(&real, &shown);
        } else if !link.starts_with(&real) {
            // Otherwise a circle, or a way to the whole disk.
            self.directory(real, shown);
        }
    }

    fn directory(&mut self, real: PathBuf, shown: PathBuf) {
        if !real.join(CACHE_MARK).exists() {
            self.open.push(Open { real, shown, is_root: false });
        }
    }

    fn file(&mut self, real: &Path, shown: &Path) {
        // One that is named for itself may be part of a tree as well.
        if self.shared.is_over() || self.now.files.contains_key(shown) {
            return;
        }
        if self.now.files.len() >= MOST_FILES {
            self.now.excess = Some(Excess::Files);
            return;
        }
        let known = self.last.files.get(shown);
        let known = look(real, known).unwrap_or_else(|_not_because_of_the_file| {
            self.now.is_incomplete = true;
            known.cloned()
        });
        if let Some(known) = known {
            self.now.files.insert(shown.to_owned(), known);
        }
    }

    fn keep_below(&mut self, shown: &Path) {
        self.now.is_incomplete = true;
        let after = self.last.files.range(shown.to_owned()..);
        let below = after.take_while(|(path, _)| path.starts_with(shown));
        self.now.files.extend(below.map(|(path, known)| (path.clone(), known.clone())));
    }
}

/// Ordered, so that the same ones are left out when there are too many.
fn entries(directory: &Path) -> io::Result<Vec<fs::DirEntry>> {
    let Some(entries) = found(fs::read_dir(directory))? else { return Ok(Vec::new()) };
    let mut entries = entries.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    Ok(entries)
}
