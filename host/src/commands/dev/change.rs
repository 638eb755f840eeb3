//! A change on its way from a file to the service, and what builds seem to change themselves.
//!
//! Does not know what is done about it.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::screen::{Screen, Tone};
use crate::watch::Changes;

/// What changes so soon after a build may have been written by it.
const SETTLE: Duration = Duration::from_millis(250);
/// So many builds in a row are ended for the same file. Further ones come to their end before the file is
/// a reason for another one: somebody may save faster than the builds are.
const ENDED: usize = 3;
/// A file that changes during so many builds in a row is written by them.
const OWN_OUTPUT: usize = 8;

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
    ended: Option<Instant>,
    /// How many builds have begun.
    builds: usize,
    disturbances: BTreeMap<PathBuf, Disturbances>,
    /// Whether something is in the sources that the build that runs may have missed.
    is_late: bool,
}

/// The builds during which a file has changed.
#[derive(Default)]
struct Disturbances {
    count: usize,
    /// The number of the last one.
    last: usize,
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
    /// A build begins, with all changes so far.
    pub(super) fn begin(&mut self) {
        self.builds += 1;
        self.is_late = false;
    }

    /// A build has ended, or was ended.
    pub(super) fn end(&mut self) {
        self.ended = Some(Instant::now());
    }

    /// Whether the build that has ended is to be followed by another one; said once.
    pub(super) fn was_late(&mut self) -> bool {
        std::mem::take(&mut self.is_late)
    }

    /// Leaves out what builds write themselves, which would be built again for ever.
    pub(super) fn sort_out(&mut self, changes: &mut Changes, is_building: bool, screen: &Screen) {
        let own = changes.iter().filter(|(path, _)| is_own_output(path));
        for path in own.map(|(path, _)| path.to_owned()).collect::<Vec<_>>() {
            changes.take(&path);
        }
        let has_settled = self.ended.is_none_or(|ended| ended.elapsed() > SETTLE);
        if !is_building && has_settled {
            let is_changed = |path: &Path| changes.get(path).is_some();
            self.disturbances.retain(|path, one| one.count >= OWN_OUTPUT && !is_changed(path));
            return;
        }
        let paths = changes.iter().map(|(path, _)| path.to_owned()).collect::<Vec<_>>();
        for path in paths {
            if path.file_name().is_some_and(|name| name == "Cargo.lock") {
                changes.take(&path);
                continue;
            }
            let count = self.count(&path, screen);
            if count >= OWN_OUTPUT {
                changes.take(&path);
            } else if count > ENDED && is_building {
                changes.take(&path);
                self.wait(&path, screen);
            }
        }
    }

    /// Counts a file that has changed during the build that runs or has just ended. Says so when it
    /// is too often.
    fn count(&mut self, path: &Path, screen: &Screen) -> usize {
        let disturbances = self.disturbances.entry(path.to_owned()).or_default();
        if disturbances.last != self.builds {
            disturbances.last = self.builds;
            disturbances.count += 1;
            if disturbances.count == OWN_OUTPUT {
                let text = format!(
                    "`{}` changes during every build, so it does not lead to another one",
                    path.display()
                );
                screen.say(Tone::Bad, &text);
            }
        }
        disturbances.count
    }

    /// Lets the build that runs come to its end although a file has changed.
    fn wait(&mut self, path: &Path, screen: &Screen) {
        if !std::mem::replace(&mut self.is_late, true) {
            let text =
                format!("`{}` changed again, after this build comes another", path.display());
            screen.say(Tone::Plain, &text);
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
