//! What is to be watched, and what is never of interest.
//!
//! Does not look at the disk.

use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

/// Something to watch. It need not exist; paths may be relative to the current directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    File(PathBuf),
    /// All files below a directory, or one file if `root` is one.
    ///
    /// Not of interest: what is hidden, called `target`, `node_modules` or `__pycache__`, or what
    /// editors write beside a file; and what is below directories with a `CACHEDIR.TAG` and those
    /// in `except`. `root` itself may have any name. Links to directories are followed.
    Tree {
        root: PathBuf,
        except: Vec<PathBuf>,
    },
}

impl Place {
    /// With paths in the form in which the snapshot knows them.
    pub(super) fn normal(self) -> Self {
        match self {
            Self::File(path) => Self::File(normal(&path)),
            Self::Tree { root, except } => Self::Tree { root: normal(&root), except },
        }
    }

    /// Whether a file at `path` would belong here.
    pub(super) fn covers(&self, path: &Path) -> bool {
        match self {
            Self::File(file) => file == path,
            Self::Tree { root, .. } => path
                .strip_prefix(root)
                .is_ok_and(|inside| inside.iter().all(|name| !is_ignored(name))),
        }
    }
}

/// The path without `.` in it, so that two spellings of a path are the same.
pub(super) fn normal(path: &Path) -> PathBuf {
    path.components().filter(|component| *component != Component::CurDir).collect()
}

/// What tools make (`target`, `node_modules`), what is hidden, and what editors write beside the file
/// that they edit: `.lib.rs.swp`, `.#lib.rs`, `lib.rs~`, `#lib.rs#`.
///
/// Not for the names of roots. The same for files and directories: an event does not tell which it
/// is about.
pub(super) fn is_ignored(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    matches!(name, b"target" | b"node_modules" | b"__pycache__")
        || name.starts_with(b".")
        || name.ends_with(b"~")
        || name.starts_with(b"#") && name.ends_with(b"#")
}
