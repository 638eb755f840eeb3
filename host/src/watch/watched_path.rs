//! What is to be watched, and what is never of interest.
//!
//! Does not look at the disk.

use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

/// Something to watch. It need not exist; paths may be relative to the current directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum WatchedPath {
    File(PathBuf),
    /// All files below a directory, or one file if `root` is one.
    ///
    /// Left out: temporary files of editors and the directories of version control, at every depth;
    /// hidden names and `node_modules` at the root and wherever a project of its own begins; what is
    /// below directories with a `CACHEDIR.TAG` and those in `except`. `root` itself may have any
    /// name. Links to directories are followed.
    Tree {
        root: PathBuf,
        except: Vec<PathBuf>,
    },
}

impl WatchedPath {
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
            // The root of the current directory is empty, and every path begins with nothing.
            Self::Tree { root, .. } => path.strip_prefix(root).is_ok_and(|inside| {
                inside.components().enumerate().all(|(depth, part)| match part {
                    Component::Normal(name) => !is_ignored(name, depth == 0),
                    _ => false,
                })
            }),
        }
    }
}

/// The path without `.` in it, so that two spellings of a path are the same.
pub(super) fn normal(path: &Path) -> PathBuf {
    path.components().filter(|component| *component != Component::CurDir).collect()
}

/// A directory with one of these is the top of a project, where tools keep what is theirs.
const MANIFESTS: [&str; 4] = [".git", "Cargo.toml", "package.json", "pyproject.toml"];

pub(super) fn is_manifest(name: &OsStr) -> bool {
    MANIFESTS.iter().any(|manifest| name == *manifest)
}

/// Whether what has this name in a watched tree is left out.
///
/// `is_top`: in the root of the tree or of a project. Below that, a name says nothing: a module may be
/// called `target`, a template `.well-known`. The same for files and directories: an event does not
/// tell which it is about.
pub(super) fn is_ignored(name: &OsStr, is_top: bool) -> bool {
    let name = name.as_encoded_bytes();
    matches!(name, b".git" | b".hg" | b".svn" | b".jj" | b".DS_Store" | b"__pycache__")
        || is_top && (name.starts_with(b".") || name == b"node_modules")
        || is_temporary(name)
}

/// Whether a file of this name exists only while another one is edited or replaced.
fn is_temporary(name: &[u8]) -> bool {
    let ends_with_random = || {
        let last = name.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
        last.len() < name.len() - 1 && is_random(last)
    };
    // Backups of many editors; Emacs; what Vim probes a directory with.
    name.ends_with(b"~")
        || name.starts_with(b".#")
        || name.starts_with(b"#") && name.ends_with(b"#")
        || name == b"4913"
        // Vim and nano: `.lib.rs.swp`; GNOME: `.goutputstream-AbCdEf`; rsync: `.lib.rs.AbCdEf`.
        || name.starts_with(b".")
            && (is_swap(name) || name.starts_with(b".goutputstream-") || ends_with_random())
        // JetBrains: `lib.rs___jb_tmp___`, `lib.rs___jb_old___`.
        || name.ends_with(b"___") && name.windows(6).any(|part| part == b"___jb_")
        // `sed -i`.
        || name.strip_prefix(b"sed").is_some_and(is_random)
        || is_numbered(name)
}

/// `.lib.rs.swp`, `.swo` and so on.
fn is_swap(name: &[u8]) -> bool {
    matches!(name, [.., b'.', b's', b'w', b'a'..=b'z'])
}

/// The six characters that `mkstemp` makes up. One of them in two hundred has small letters only, like a
/// word, and is not recognised.
fn is_random(part: &[u8]) -> bool {
    part.len() == 6
        && part.iter().all(u8::is_ascii_alphanumeric)
        && part.iter().any(|byte| !byte.is_ascii_lowercase())
}

/// `lib.rs.tmp.1234`, with the number of a process, and perhaps a time.
fn is_numbered(name: &[u8]) -> bool {
    let parts = || name.rsplit(|byte| *byte == b'.');
    let is_number = |part: &&[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    let count = parts().take_while(is_number).count();
    count > 0 && parts().nth(count) == Some(b"tmp") && parts().nth(count + 1).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn ignores(is_top: bool, names: &[&str]) {
        for name in names {
            assert!(is_ignored(OsStr::new(name), is_top), "{name}");
        }
    }

    #[track_caller]
    fn counts(is_top: bool, names: &[&str]) {
        for name in names {
            assert!(!is_ignored(OsStr::new(name), is_top), "{name}");
        }
    }

    #[test]
    fn the_current_directory_does_not_hold_what_is_elsewhere() {
        let place = WatchedPath::Tree { root: ".".into(), except: Vec::new() }.normal();

        assert!(place.covers(Path::new("src/lib.rs")));
        assert!(!place.covers(Path::new("/elsewhere/src/lib.rs")));
        assert!(!place.covers(Path::new("../elsewhere/src/lib.rs")));
    }

    #[test]
    fn what_editors_write_beside_a_file_is_ignored_at_every_depth() {
        for is_top in [true, false] {
            ignores(
                is_top,
                &[
                    "lib.rs~",
                    ".lib.rs.swp",
                    ".lib.rs.swx",
                    ".#lib.rs",
                    "#lib.rs#",
                    "4913",
                    "lib.rs___jb_tmp___",
                    "lib.rs___jb_old___",
                    ".goutputstream-AbCdEf",
                    "sedAbCdEf",
                    "sed4bcdef",
                    ".lib.rs.Ab12Cd",
                    "lib.rs.tmp.1234",
                    "lib.rs.tmp.1234.1700000000000",
                ],
            );
            counts(
                is_top,
                &[
                    "lib.rs",
                    "sedative",
                    "sedate",
                    "sedation.rs",
                    "page.tmp",
                    "v.1.2",
                    "tmp.1",
                    "2024",
                ],
            );
        }
    }

    #[test]
    fn names_of_tools_are_ignored_at_the_top_only() {
        ignores(true, &[".git", ".idea", ".env", "node_modules", "__pycache__"]);
        ignores(false, &[".git", ".jj", "__pycache__", ".DS_Store"]);
        counts(false, &[".well-known", ".htaccess", ".sqlx", "node_modules", "target"]);
        counts(true, &["target", "src"]);
    }
}
