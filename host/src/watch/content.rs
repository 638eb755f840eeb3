//! What is in a file, as far as it takes to tell whether it has changed.
//!
//! Does not know which files matter.

use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sha2::{Digest, Sha256};

/// Larger files are told apart by length and time of modification only: a `touch` of them is a
/// change, but nobody waits for hundreds of megabytes to be read. No component that is fit for use
/// is so large.
const MOST_HASHED: u64 = 64 << 20;

/// A file that was written so shortly before it was read may be written again without a difference
/// in its times, whose resolution is that of the kernel's clock (up to 10 ms) or of the network's
/// file system. Its times are not trusted the next time.
const SETTLED_AFTER: Duration = Duration::from_millis(100);

const CHUNK: usize = 64 << 10;

/// What two files have in common exactly when neither has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    Digest([u8; 32]),
    /// Too large, or may not be read.
    Unread {
        length: u64,
        modified: (i64, i64),
    },
}

/// What is known about a file since the last look.
#[derive(Debug, Clone)]
pub(super) struct FileState {
    pub(super) content: Content,
    stamp: Stamp,
    is_settled: bool,
}

/// What says, without reading a file, that it is the same.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    length: u64,
    modified: (i64, i64),
    /// Of anything, which programs cannot set back.
    changed: (i64, i64),
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            length: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    fn is_older_than(&self, age: Duration) -> bool {
        let (Ok(seconds), Ok(nanoseconds)) =
            (u64::try_from(self.changed.0), u32::try_from(self.changed.1))
        else {
            return true;
        };
        let changed = UNIX_EPOCH + Duration::new(seconds, nanoseconds);
        // A clock that is ahead of ours belongs to another machine: never settled.
        SystemTime::now().duration_since(changed).is_ok_and(|elapsed| elapsed > age)
    }
}

/// Looks at the file at `path`, and reads it unless it is the one that is known.
///
/// `None`: there is no file.
///
/// # Errors
/// For reasons that say nothing about the file, such as too many open files.
pub(super) fn look(path: &Path, known: Option<&FileState>) -> io::Result<Option<FileState>> {
    // Checked before it is opened: to open a pipe means to wait.
    let Some(metadata) = found(std::fs::metadata(path))?.filter(Metadata::is_file) else {
        return Ok(None);
    };
    let stamp = Stamp::of(&metadata);
    if let Some(known) = known
        && known.is_settled
        && known.stamp == stamp
    {
        return Ok(Some(known.clone()));
    }
    let unread = Content::Unread { length: stamp.length, modified: stamp.modified };
    if stamp.length > MOST_HASHED {
        return Ok(Some(FileState { content: unread, stamp, is_settled: true }));
    }
    let is_settled = stamp.is_older_than(SETTLED_AFTER);
    let content = match digest(path) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => unread,
        digest => match found(digest)? {
            Some(digest) => Content::Digest(digest),
            None => return Ok(None),
        },
    };
    Ok(Some(FileState { content, stamp, is_settled }))
}

fn digest(path: &Path) -> io::Result<[u8; 32]> {
    let mut file = File::open(path)?.take(MOST_HASHED);
    let mut hasher = Sha256::new();
    let mut chunk = vec![0; CHUNK];
    loop {
        match file.read(&mut chunk) {
            Ok(0) => return Ok(hasher.finalize().into()),
            Ok(length) => hasher.update(&chunk[..length]),
            Err(error) if error.kind() == ErrorKind::Interrupted => (),
            Err(error) => return Err(error),
        }
    }
}

/// Takes what says that something is not there, or cannot be reached, for an answer.
pub(super) fn found<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) => match error.kind() {
            ErrorKind::NotFound
            | ErrorKind::NotADirectory
            | ErrorKind::IsADirectory
            | ErrorKind::PermissionDenied
            | ErrorKind::InvalidFilename => Ok(None),
            _ => Err(error),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// The kernel's clock ticks so rarely that the second write may have the time of the first one.
    #[test]
    fn the_times_of_a_file_are_trusted_only_when_they_are_old() {
        let path = std::env::temp_dir().join(format!("mikros-content-{}", uuid::Uuid::now_v7()));
        fs::write(&path, "one").unwrap();
        let mut known = look(&path, None).unwrap().unwrap();
        fs::write(&path, "two").unwrap();
        known.stamp = Stamp::of(&fs::metadata(&path).unwrap());

        let young = look(&path, Some(&known)).unwrap().unwrap();
        known.is_settled = true;
        let old = look(&path, Some(&known)).unwrap().unwrap();

        fs::remove_file(path).unwrap();
        assert_ne!(young.content, known.content);
        assert!(!young.is_settled);
        assert_eq!(old.content, known.content, "it was read once more");
    }
}
