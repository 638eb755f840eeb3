//! Files that appear as a whole or not at all: a process that is killed meanwhile leaves no part of one.
//!
//! Does not know what is in them.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

/// Mode of a file that everybody may use, as far as the umask allows.
pub(crate) const USUAL_MODE: u32 = 0o666;

/// A file that is being written under another name, in the directory of the path that it is for: only within
/// a file system is putting it in place one step. Dropped, it is removed.
#[derive(Debug)]
pub(crate) struct Draft {
    path: PathBuf,
    file: NamedTempFile,
}

impl Draft {
    /// Opens a file for `path`. Its name begins with `prefix`, its mode is `mode` without the umask.
    ///
    /// # Errors
    /// As the system says it.
    pub(crate) fn open(path: &Path, prefix: &str, mode: u32) -> io::Result<Self> {
        let directory = path.parent().unwrap_or(Path::new(""));
        // Opened here, because the errors of `tempfile` have a name in them that the user does not know.
        let open =
            |path: &Path| OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
        let file = Builder::new().prefix(prefix).make_in(directory, open)?;
        Ok(Self { path: path.to_owned(), file })
    }

    pub(crate) fn file(&mut self) -> &mut File {
        self.file.as_file_mut()
    }

    /// Puts the file in place, instead of what is there.
    ///
    /// # Errors
    /// As the system says it. What was there stays.
    pub(crate) fn replace(self) -> io::Result<()> {
        self.file.as_file().sync_all()?;
        self.file.persist(&self.path).map(drop).map_err(|failed| failed.error)
    }

    /// Puts the file in place, unless something is there.
    ///
    /// # Errors
    /// As the system says it.
    pub(crate) fn create(self) -> io::Result<()> {
        self.file.as_file().sync_all()?;
        self.file.persist_noclobber(&self.path).map(drop).map_err(|failed| failed.error)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::{ErrorKind, Write};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn draft(path: &Path, text: &str) -> Draft {
        let mut draft = Draft::open(path, ".draft-", 0o640).unwrap();
        draft.file().write_all(text.as_bytes()).unwrap();
        draft
    }

    /// The names in a directory.
    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_file_is_replaced_at_once() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        fs::write(&path, "old").unwrap();

        let draft = draft(&path, "new");
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        draft.replace().unwrap();

        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777 & !0o040, 0o600);
        assert_eq!(names(directory.path()), ["file"]);
    }

    #[test]
    fn a_file_that_somebody_else_has_made_meanwhile_stays() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");

        let draft = draft(&path, "ours");
        fs::write(&path, "theirs").unwrap();
        let error = draft.create().unwrap_err();

        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&path).unwrap(), "theirs");
        assert_eq!(names(directory.path()), ["file"]);
    }

    #[test]
    fn a_draft_that_is_given_up_leaves_nothing() {
        let directory = tempfile::tempdir().unwrap();

        let draft = draft(&directory.path().join("file"), "text");
        let unfinished = names(directory.path());
        drop(draft);

        assert!(unfinished.len() == 1 && unfinished[0].starts_with(".draft-"), "{unfinished:?}");
        assert!(names(directory.path()).is_empty());
    }

    #[test]
    fn an_error_is_that_of_the_system() {
        let error = Draft::open(Path::new("/nowhere/file"), "", USUAL_MODE).unwrap_err();

        assert_eq!(error.to_string(), "No such file or directory (os error 2)");
    }
}
