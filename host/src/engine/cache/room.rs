//! Keeps the cache within bounds: what was not used for the longest time goes.
//!
//! Several hosts may do so at once, and load components meanwhile. None waits for another: a file that was
//! used just now is left to whoever uses it, whoever has loaded a file keeps it, and whoever looks for one in
//! vain compiles.

use std::cmp::Reverse;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::entry::Key;

/// What a cache may hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) bytes: u64,
    pub(super) files: usize,
    /// Longest time for which a file is kept that nobody uses.
    pub(super) unused: Duration,
}

/// After so long a file that was not finished is one of a host that was killed.
const UNFINISHED_FOR: Duration = Duration::from_hours(1);
/// For so long after its last use a file may be needed by a start that is reading it.
const IN_USE_FOR: Duration = Duration::from_mins(1);
/// How the names of files begin that are being written.
pub(super) const UNFINISHED: &str = "unfinished-";

struct CachedFile {
    path: PathBuf,
    bytes: u64,
    used: SystemTime,
}

/// Removes what is beyond `bounds`, but never `newest`, nor what was used within the last minute.
///
/// # Errors
/// When the directory cannot be listed. Files that cannot be removed stay.
pub(super) fn make(directory: &Path, newest: &Path, bounds: Bounds) -> io::Result<()> {
    let now = SystemTime::now();
    let mut kept = Vec::new();
    for entry in fs::read_dir(directory)? {
        let Some(entry) = entry.ok() else { continue };
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let Some(file) = look(entry.path()) else { continue };
        if name.starts_with(UNFINISHED) && file.age(now) > UNFINISHED_FOR {
            file.remove();
        } else if Key::is_one(&name) && file.path != newest {
            kept.push(file);
        }
    }
    kept.sort_by_key(|file| Reverse(file.used));
    let mut bytes = newest.metadata().map_or(0, |metadata| metadata.len());
    // `newest` is the first one.
    for (index, file) in (1..).zip(&kept) {
        bytes += file.bytes;
        let is_beyond = bytes > bounds.bytes || index >= bounds.files;
        if (is_beyond || file.age(now) > bounds.unused) && !file.is_in_use() {
            file.remove();
        }
    }
    Ok(())
}

impl CachedFile {
    /// Since its last use; none when that is in the future, as clocks differ.
    fn age(&self, now: SystemTime) -> Duration {
        now.duration_since(self.used).unwrap_or_default()
    }

    /// Looked up once more: the list of files may be older than the last use.
    fn is_in_use(&self) -> bool {
        let used = look(self.path.clone()).map(|file| file.used);
        let age = used.and_then(|used| SystemTime::now().duration_since(used).ok());
        age.is_some_and(|age| age < IN_USE_FOR)
    }

    fn remove(&self) {
        // Another host may have done it.
        drop(fs::remove_file(&self.path));
    }
}

/// A regular file.
fn look(path: PathBuf) -> Option<CachedFile> {
    let metadata = path.symlink_metadata().ok().filter(Metadata::is_file)?;
    Some(CachedFile { path, bytes: metadata.len(), used: metadata.modified().ok()? })
}
