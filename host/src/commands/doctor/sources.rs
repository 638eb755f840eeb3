//! The source of a crate that was changed last.
//!
//! Does not know what is compiled: it looks where sources are as a rule.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Where the sources of a service are, relative to its directory.
const PLACES: [&str; 5] = ["src", "proto", "wit", "build.rs", "Cargo.toml"];

/// More files than any service has: a hint is not worth more time.
const MOST_FILES: usize = 10_000;

pub(super) struct Source {
    pub(super) path: PathBuf,
    pub(super) modified: SystemTime,
}

/// The one that was changed last, if there is any.
pub(super) fn newest(directory: &Path) -> Option<Source> {
    let mut left: Vec<_> = PLACES.iter().map(|place| directory.join(place)).collect();
    let mut newest: Option<Source> = None;
    for _ in 0..MOST_FILES {
        let Some(path) = left.pop() else { break };
        // Links are not followed: they may lead in circles.
        match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_dir() => {
                let entries = path.read_dir().into_iter().flatten().flatten();
                left.extend(entries.map(|entry| entry.path()));
            }
            Ok(metadata) if metadata.is_file() => {
                let one = metadata.modified().ok().map(|modified| Source { path, modified });
                newest = newest.into_iter().chain(one).max_by_key(|source| source.modified);
            }
            Ok(_) | Err(_) => (),
        }
    }
    newest
}
