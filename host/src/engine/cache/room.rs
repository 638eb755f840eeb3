//! Keeps the cache within bounds: what was not used for the longest time goes.

use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::entry::Key;

/// What a cache may hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) bytes: u64,
    pub(super) files: usize,
}

/// After so long a file that was not finished is one of a host that was killed.
const UNFINISHED_FOR: Duration = Duration::from_hours(1);
/// How the names of files begin that are being written.
pub(super) const UNFINISHED: &str = "unfinished-";

struct CachedFile {
    path: PathBuf,
    bytes: u64,
    used: SystemTime,
}

/// Removes what is beyond `bounds`, but never `newest`. Another host may do the same; whoever has loaded a
/// file keeps it, and whoever looks for it in vain compiles.
///
/// # Errors
/// When the directory cannot be listed. Files that cannot be removed stay.
pub(super) fn make(directory: &Path, newest: &Path, bounds: Bounds) -> io::Result<()> {
    let now = SystemTime::now();
    let mut kept = Vec::new();
    for entry in fs::read_dir(directory)? {
        let Some(file) = entry.ok().and_then(|entry| Some((look(&entry)?, entry.file_name())))
        else {
            continue;
        };
        let (file, name) = file;
        let name = name.to_string_lossy();
        let age = now.duration_since(file.used).unwrap_or_default();
        if name.starts_with(UNFINISHED) && age > UNFINISHED_FOR {
            drop(fs::remove_file(&file.path));
        } else if Key::is_one(&name) {
            kept.push(file);
        }
    }
    kept.sort_by_key(|file| (file.path != newest, std::cmp::Reverse(file.used)));
    let mut bytes = 0;
    for (index, file) in kept.iter().enumerate() {
        bytes += file.bytes;
        if index > 0 && (bytes > bounds.bytes || index >= bounds.files) {
            drop(fs::remove_file(&file.path));
        }
    }
    Ok(())
}

fn look(entry: &DirEntry) -> Option<CachedFile> {
    let metadata = entry.metadata().ok().filter(fs::Metadata::is_file)?;
    Some(CachedFile { path: entry.path(), bytes: metadata.len(), used: metadata.modified().ok()? })
}
