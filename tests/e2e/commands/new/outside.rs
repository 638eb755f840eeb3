//! A directory outside of the repository, and `mikros-host` in it.
//! Does not know what is made there.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::command::Finished;
use crate::support::{Command, workspace};

/// A temporary directory that no workspace surrounds. It is gone when the value is dropped.
#[derive(Debug)]
pub(super) struct Outside(PathBuf);

/// Runs a command line, whose words have no spaces in them.
pub(super) fn run_in(directory: &Path, command: &str) -> Finished {
    Command::new(command.split(' ')).within(directory).run()
}

impl Outside {
    pub(super) fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        Self::called(&format!("mikros-host-test-{}-{count}", std::process::id()))
    }

    /// The same with one path for all runs with this target directory, so that cargo does not keep what it
    /// has made in each of them.
    pub(super) fn at_the_same_path(name: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        env!("CARGO_TARGET_TMPDIR").hash(&mut hasher);
        Self::called(&format!("mikros-host-test-{:x}-{name}", hasher.finish()))
    }

    fn called(name: &str) -> Self {
        let path = std::env::temp_dir().join(name);
        // A process that had it may have been killed before it could clean up.
        drop(fs::remove_dir_all(&path));
        fs::create_dir_all(&path).expect("temporary files can be written");
        Self(path.canonicalize().expect("it is there"))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Runs a command line. What it makes takes the SDK from this checkout, whatever git would say of that.
    pub(super) fn run(&self, command: &str) -> Finished {
        let mut line = Command::new(command.split(' ')).within(&self.0);
        let makes_a_crate = command.starts_with("new") || command.starts_with("init");
        if makes_a_crate && !command.contains("--sdk") {
            line.arguments([OsStr::new("--sdk"), workspace().as_os_str()]);
        }
        line.run()
    }

    pub(super) fn read(&self, path: &str) -> String {
        let text = fs::read_to_string(self.0.join(path));
        text.unwrap_or_else(|error| panic!("cannot read `{path}`: {error}"))
    }

    /// Writes a file, and the directories it is in.
    pub(super) fn write(&self, path: &str, text: &str) {
        let path = self.0.join(path);
        let directory = path.parent().expect("it is in this directory");
        fs::create_dir_all(directory).expect("temporary files can be written");
        fs::write(path, text).expect("temporary files can be written");
    }

    /// The paths of all that is there.
    pub(super) fn files(&self) -> BTreeSet<PathBuf> {
        let mut files = BTreeSet::new();
        let mut left = vec![self.0.clone()];
        while let Some(directory) = left.pop() {
            for entry in fs::read_dir(directory).expect("temporary files can be read") {
                let entry = entry.expect("temporary files can be read");
                if entry.file_type().expect("temporary files can be read").is_dir() {
                    left.push(entry.path());
                }
                files.insert(entry.path());
            }
        }
        files
    }

    /// What came of a command, for snapshots.
    pub(super) fn outline(&self, finished: &Finished) -> String {
        self.mask(&finished.outline())
    }

    /// `text` without paths that differ from machine to machine.
    pub(super) fn mask(&self, text: &str) -> String {
        let masked = text.replace(&self.0.display().to_string(), "$DIR");
        masked.replace(&workspace().display().to_string(), "$REPOSITORY")
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        // What stays is removed with all temporary files.
        drop(fs::remove_dir_all(&self.0));
    }
}
