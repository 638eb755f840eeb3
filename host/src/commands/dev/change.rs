//! A change on its way from a file to the service, and what builds seem to change themselves.
//!
//! Does not know what is done about it.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use super::screen::{Screen, Tone};
use crate::definition::Definition;
use crate::watch::Changes;

/// What changes so soon after a build may have been written by it.
const SETTLE: Duration = Duration::from_millis(250);
/// A file that changes during so many builds in a row is written by them.
const OWN_OUTPUT: usize = 4;

/// A change on its way.
#[derive(Default)]
pub(super) struct Change {
    pub(super) paths: Vec<PathBuf>,
    /// Whether a build has to follow.
    pub(super) wants_build: bool,
    pub(super) built: Option<Duration>,
    /// Since when the supervisor has it.
    pub(super) handed_over: Option<Instant>,
}

/// What builds seem to write themselves.
#[derive(Default)]
pub(super) struct Written {
    /// When the last build ended.
    pub(super) ended: Option<Instant>,
    /// During how many builds in a row a file has changed.
    times: BTreeMap<PathBuf, usize>,
}

impl Change {
    /// Adds paths as the user would write them.
    pub(super) fn note(&mut self, directory: &Path, changes: &Changes) {
        for (path, _) in changes.iter() {
            let path = path.strip_prefix(directory).unwrap_or(path).to_owned();
            if !self.paths.contains(&path) {
                self.paths.push(path);
            }
        }
    }
}

impl Written {
    /// Leaves out what builds write themselves, which would be built again for ever.
    pub(super) fn sort_out(&mut self, changes: &mut Changes, is_building: bool, screen: &Screen) {
        let own = changes.iter().filter(|(path, _)| is_own_output(path));
        for path in own.map(|(path, _)| path.to_owned()).collect::<Vec<_>>() {
            changes.take(&path);
        }
        let has_settled = self.ended.is_none_or(|ended| ended.elapsed() > SETTLE);
        if !is_building && has_settled {
            self.times.clear();
            return;
        }
        let paths = changes.iter().map(|(path, _)| path.to_owned()).collect::<Vec<_>>();
        for path in paths {
            if path.file_name().is_some_and(|name| name == "Cargo.lock") {
                changes.take(&path);
                continue;
            }
            let times = self.times.entry(path.clone()).or_default();
            *times += 1;
            if *times >= OWN_OUTPUT {
                changes.take(&path);
            }
            if *times == OWN_OUTPUT {
                let text = format!(
                    "`{}` changes during every build, so it does not lead to another one",
                    path.display()
                );
                screen.say(Tone::Bad, &text);
            }
        }
    }
}

/// Whether it is where this process writes to, as in `mikros-host dev > dev.log`: each line would be a
/// change.
fn is_own_output(path: &Path) -> bool {
    let Ok(file) = std::fs::metadata(path) else { return false };
    let outputs = [rustix::fs::fstat(std::io::stdout()), rustix::fs::fstat(std::io::stderr())];
    outputs.iter().flatten().any(|own| own.st_dev == file.dev() && own.st_ino == file.ino())
}

/// What is the same when two versions are.
pub(super) fn fingerprint(path: &Path, definition: &Definition) -> Option<Vec<u8>> {
    let mut hash = Sha256::new();
    for path in [path, &definition.host.component] {
        let bytes = std::fs::read(path).ok()?;
        hash.update(bytes.len().to_le_bytes());
        hash.update(bytes);
    }
    Some(hash.finalize().to_vec())
}
