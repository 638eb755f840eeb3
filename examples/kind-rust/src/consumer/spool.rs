//! Messages as files of a directory. A message is claimed by a lock on its file, which ends with the process that
//! holds it: no message is lost, and none is handled twice at a time, whatever happens to a host.
//!
//! Does not know what is done with messages.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use mikros_host::extension::ExtensionError;
use rustix::fs::OFlags;

/// A directory with messages, and the one where dead letters go.
#[derive(Debug)]
pub(super) struct Spool {
    directory: PathBuf,
    dead_letters: PathBuf,
}

/// A message that nobody else has, until this is dropped.
#[derive(Debug)]
pub(super) struct Claim {
    name: OsString,
    /// Locked.
    file: File,
}

impl Claim {
    pub(super) fn name(&self) -> &OsStr {
        &self.name
    }

    /// What is in it; `None` when that is more than `most` bytes.
    pub(super) fn read(&mut self, most: u64) -> io::Result<Option<Vec<u8>>> {
        let mut body = Vec::new();
        (&mut self.file).take(most + 1).read_to_end(&mut body)?;
        Ok((body.len() as u64 <= most).then_some(body))
    }
}

impl Spool {
    /// # Errors
    /// When one of the directories cannot be used, or a file cannot be renamed from one to the other.
    pub(super) fn open(directory: PathBuf, dead_letters: PathBuf) -> Result<Self, ExtensionError> {
        let device = device("directory", &directory)?;
        if device != self::device("dead_letter", &dead_letters)? {
            let message = format!(
                "`{}` is on another file system than `{}`",
                dead_letters.display(),
                directory.display()
            );
            let help = "choose a directory next to it: messages are renamed, not copied";
            return Err(ExtensionError::new(message).at("dead_letter").with_help(help));
        }
        Ok(Self { directory, dead_letters })
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// The names of all messages, in their order.
    pub(super) fn messages(&self) -> Result<Vec<OsString>, ExtensionError> {
        let names = || -> io::Result<Vec<OsString>> {
            let mut names = Vec::new();
            for entry in fs::read_dir(&self.directory)? {
                let entry = entry?;
                let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
                if !is_hidden && entry.file_type()?.is_file() {
                    names.push(entry.file_name());
                }
            }
            names.sort_unstable();
            Ok(names)
        };
        names().map_err(|error| {
            let message = format!("cannot look for messages in `{}`", self.directory.display());
            ExtensionError::new(message).at("directory").caused_by(error)
        })
    }

    /// `None` when it is gone, or somebody else has it.
    pub(super) fn claim(&self, name: OsString) -> io::Result<Option<Claim>> {
        let path = self.directory.join(&name);
        // What was a file a moment ago may be a link or a pipe now, which would lead or wait elsewhere.
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
        let file = match File::options().read(true).custom_flags(flags).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        match file.try_lock() {
            Ok(()) => (),
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        // Whoever had it may have finished with it after it was opened here.
        let is_still_there = match fs::symlink_metadata(&path) {
            Ok(there) => there.is_file() && there.ino() == file.metadata()?.ino(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(error),
        };
        Ok(is_still_there.then_some(Claim { name, file }))
    }

    /// Removes a message that is done with; somebody may have done so by hand.
    pub(super) fn remove(&self, claim: &Claim) -> Result<(), ExtensionError> {
        match fs::remove_file(self.directory.join(&claim.name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                let name = claim.name.display();
                Err(ExtensionError::new(format!("cannot remove the message `{name}`"))
                    .with_help("it has been handled and will be again; remove it by hand")
                    .caused_by(error))
            }
            _ => Ok(()),
        }
    }

    /// Moves a message to the dead letters, and returns its name there: another one if one is there already.
    /// `None` when it is gone.
    pub(super) fn bury(&self, name: &OsStr) -> Result<Option<OsString>, ExtensionError> {
        let path = self.directory.join(name);
        let bury = || -> io::Result<OsString> {
            let mut buried = name.to_owned();
            let mut count = 1_u32;
            while self.dead_letters.join(&buried).try_exists()? {
                count += 1;
                name.clone_into(&mut buried);
                buried.push(format!(".{count}"));
            }
            fs::rename(&path, self.dead_letters.join(&buried))?;
            Ok(buried)
        };
        match bury() {
            Ok(buried) => Ok(Some(buried)),
            Err(_) if fs::symlink_metadata(&path).is_err() => Ok(None),
            Err(error) => {
                let name = name.display();
                let message = format!("cannot move the message `{name}` to the dead letters");
                Err(ExtensionError::new(message).at("dead_letter").caused_by(error))
            }
        }
    }
}

/// The file system of a directory.
fn device(key: &str, path: &Path) -> Result<u64, ExtensionError> {
    let cannot = |error: io::Error| {
        ExtensionError::new(format!("cannot use the directory `{}`", path.display()))
            .at(key)
            .with_help("create it, or correct the path")
            .caused_by(error)
    };
    // Reading it now tells whether it will be possible later.
    fs::read_dir(path).map_err(cannot)?;
    Ok(fs::metadata(path).map_err(cannot)?.dev())
}

#[cfg(test)]
mod tests;
