//! Who could have written a file: compiled code of somebody else is not run.

use std::fmt;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;

/// Bits of a mode that let the group, and all others, write.
const GROUP_WRITES: u32 = 0o020;
const OTHERS_WRITE: u32 = 0o002;

/// Why a file or directory is not trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum UntrustedError {
    /// It is neither this user's nor root's.
    Foreign { owner: u32 },
    /// Others than its owner can write to it; `is_own`: this user can change that.
    Shared { with: Writers, is_own: bool },
    /// It stands for another one.
    Link,
    /// It is no directory, where one should be.
    NotDirectory,
    /// It is a pipe, a device or the like.
    NotFile,
}

/// Who beside the owner can write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Writers {
    Group,
    Everybody,
}

impl fmt::Display for UntrustedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Foreign { owner } => write!(f, "it belongs to another user ({owner})"),
            Self::Shared { with: Writers::Group, .. } => write!(f, "its group can write to it"),
            Self::Shared { with: Writers::Everybody, .. } => {
                write!(f, "every user can write to it")
            }
            Self::Link => write!(f, "it is a symbolic link"),
            Self::NotDirectory => write!(f, "it is not a directory"),
            Self::NotFile => write!(f, "it is not a regular file"),
        }
    }
}

/// Whether nobody but this user and root can have written what `metadata` is about, which is not that of
/// the target of a link.
pub(super) fn examine(metadata: &Metadata) -> Result<(), UntrustedError> {
    if metadata.is_symlink() {
        return Err(UntrustedError::Link);
    }
    let owner = metadata.uid();
    let is_own = owner == rustix::process::geteuid().as_raw();
    // Root can change what this user runs anyway.
    if !is_own && owner != 0 {
        return Err(UntrustedError::Foreign { owner });
    }
    let with = match metadata.mode() {
        mode if mode & OTHERS_WRITE != 0 => Writers::Everybody,
        mode if mode & GROUP_WRITES != 0 => Writers::Group,
        _ => return Ok(()),
    };
    Err(UntrustedError::Shared { with, is_own })
}
