//! Files that are all written, or none of them; and never in place of another.
//!
//! Does not know what is in them.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::super::edit::UNFINISHED;
use super::CreateError;
use crate::file::{Draft, USUAL_MODE};

/// A file of a new service.
#[derive(Debug)]
pub(super) struct File {
    /// Relative to the directory of the crate.
    pub(super) path: &'static str,
    pub(super) text: String,
}

/// Those of `files` that are in `directory` already, whatever they are there.
pub(super) fn existing(directory: &Path, files: &[File]) -> Vec<PathBuf> {
    let paths = files.iter().map(|file| directory.join(file.path));
    paths.filter(|path| path.symlink_metadata().is_ok()).collect()
}

/// Writes `files` into `directory`, which is made when it is missing.
pub(super) fn write(directory: &Path, files: &[File]) -> Result<(), CreateError> {
    let mut made = Made::default();
    for file in files {
        let path = directory.join(file.path);
        if let Err(source) = made.file(&path, &file.text) {
            made.undo();
            return Err(CreateError::Write { path, source });
        }
    }
    Ok(())
}

/// What was not there before, in the order in which it was made.
#[derive(Default)]
struct Made {
    files: Vec<PathBuf>,
    directories: Vec<PathBuf>,
}

impl Made {
    fn file(&mut self, path: &Path, text: &str) -> io::Result<()> {
        if let Some(directory) = path.parent() {
            self.directory(directory)?;
        }
        let mut draft = Draft::open(path, UNFINISHED, USUAL_MODE)?;
        draft.file().write_all(text.as_bytes())?;
        // Fails when somebody else has made it meanwhile.
        draft.create()?;
        self.files.push(path.to_owned());
        Ok(())
    }

    fn directory(&mut self, path: &Path) -> io::Result<()> {
        if path == Path::new("") || path.is_dir() {
            return Ok(());
        }
        if let Some(parent) = path.parent() {
            self.directory(parent)?;
        }
        match fs::create_dir(path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
            Err(error) => Err(error),
            Ok(()) => {
                self.directories.push(path.to_owned());
                Ok(())
            }
        }
    }

    fn undo(self) {
        // What cannot be removed stays: the error that is reported came first.
        for file in &self.files {
            let _ = fs::remove_file(file);
        }
        for directory in self.directories.iter().rev() {
            let _ = fs::remove_dir(directory);
        }
    }
}
