//! A change on its way from a file to the service, and what builds seem to change themselves.
//!
//! Does not know what is done about it.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use super::screen::{Screen, Tone};
use crate::watch::Changes;

/// How the builds of one file follow each other while it changes in each of them.
#[derive(Clone, Copy)]
struct Patience {
    /// So many builds in a row are ended for it. Further ones come to their end before it is a reason for
    /// another one: somebody may save faster than the builds are.
    ended: usize,
    /// When it has changed in so many builds, of which it alone was the reason for the last, builds write
    /// it.
    own: usize,
}
/// For a file that was edited while nothing was built.
const OF_PEOPLE: Patience = Patience { ended: 3, own: 6 };
/// For one that has changed during builds only.
const OF_BUILDS: Patience = Patience { ended: 1, own: 4 };
/// When such a file changes at about the same moment of two builds in a row, that is enough, if the builds
/// take so long that this is no accident.
const SAME_MOMENT: Duration = Duration::from_millis(300);
const LONG: Duration = Duration::from_secs(3);
/// A file that has not changed during so many builds is no longer taken to be written by them.
const CALM: usize = 3;

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
    build: Option<BuildNote>,
    /// How many builds have begun.
    builds: usize,
    disturbances: BTreeMap<PathBuf, Disturbances>,
    /// How long the last build took that came to its end.
    took: Duration,
    /// What the next build is for.
    pending: BTreeSet<PathBuf>,
    /// What is in the sources that the build that runs may have missed.
    late: BTreeSet<PathBuf>,
}

/// The build that runs, or else the last one.
struct BuildNote {
    began: (Instant, SystemTime),
    /// What has led to it.
    reasons: BTreeSet<PathBuf>,
}

/// The builds during which a file has changed.
#[derive(Default)]
struct Disturbances {
    /// How many in a row.
    count: usize,
    /// The number of the last one.
    last: usize,
    /// How long after the beginning of it.
    moment: Duration,
    /// The same of the one before.
    before: Option<Duration>,
    /// Whether it has also changed while nothing was built.
    is_by_people: bool,
    /// Whether builds write it.
    is_own: bool,
}

/// Whether something is built while files change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum During {
    Nothing,
    Build,
    /// It has ended, and its result is not served yet.
    End,
}

impl Change {
    /// Adds paths as the user would write them.
    pub(super) fn note<'a>(
        &mut self,
        directory: &Path,
        changed: impl IntoIterator<Item = &'a Path>,
    ) {
        for path in changed {
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
        let (began, reasons) = ((Instant::now(), SystemTime::now()), self.pending.clone());
        self.build = Some(BuildNote { began, reasons });
        for one in self.disturbances.values_mut().filter(|one| one.last + CALM < self.builds) {
            one.is_own = false;
        }
    }

    /// A build has ended; `is_whole`: by itself.
    pub(super) fn end(&mut self, is_whole: bool) {
        if is_whole {
            self.took = self.build.as_ref().map_or(Duration::ZERO, |one| one.began.0.elapsed());
            self.pending.clear();
        }
    }

    /// Notes what leads to the next build.
    pub(super) fn note(&mut self, changes: &Changes) {
        self.pending.extend(changes.iter().map(|(path, _)| path.to_owned()));
    }

    /// A file that the build has read, and of which nobody was told before. It may have changed since.
    pub(super) fn note_input(&mut self, path: &Path) {
        let modified = path.metadata().and_then(|metadata| metadata.modified());
        let began = self.build.as_ref().map(|build| build.began.1);
        if let (Ok(modified), Some(began)) = (modified, began)
            && modified > began
        {
            self.late.insert(path.to_owned());
        }
    }

    /// What the build that has ended may have missed, which leads to another one.
    pub(super) fn take_late(&mut self) -> BTreeSet<PathBuf> {
        let late = std::mem::take(&mut self.late);
        self.pending.extend(late.iter().cloned());
        late
    }

    /// Leaves out what builds write themselves, which would be built again for ever.
    pub(super) fn sort_out(&mut self, changes: &mut Changes, during: During, screen: &Screen) {
        let paths = changes.iter().map(|(path, _)| path.to_owned()).collect::<Vec<_>>();
        for path in paths {
            if is_own_output(&path) {
                changes.take(&path);
            } else if during == During::Nothing {
                self.disturbances.entry(path).or_default().is_by_people = true;
            } else if path.file_name().is_some_and(|name| name == "Cargo.lock") {
                changes.take(&path);
            } else {
                self.disturb(changes, &path, during, screen);
            }
        }
    }

    /// Decides about a file that has changed during the build that runs, or was found changed at its end.
    fn disturb(&mut self, changes: &mut Changes, path: &Path, during: During, screen: &Screen) {
        self.count(path);
        let (is_only_reason, is_long) = (self.is_only_reason(), self.took >= LONG);
        let one = self.disturbances.entry(path.to_owned()).or_default();
        let patience = if one.is_by_people { OF_PEOPLE } else { OF_BUILDS };
        let is_same_moment =
            one.before.is_some_and(|before| before.abs_diff(one.moment) <= SAME_MOMENT);
        let is_proven = one.count >= patience.own
            || !one.is_by_people && one.count > OF_BUILDS.ended && is_long && is_same_moment;
        if !one.is_own && is_proven && is_only_reason {
            one.is_own = true;
            let text = format!(
                "`{}` changes during every build, so it does not lead to another one",
                path.display()
            );
            screen.say(Tone::Bad, &text);
        }
        let waits = during == During::End || during == During::Build && one.count > patience.ended;
        if one.is_own {
            changes.take(path);
        } else if waits {
            changes.take(path);
            if during == During::Build && self.late.is_empty() {
                let path = path.display();
                let text = format!("`{path}` changed again, after this build comes another");
                screen.say(Tone::Plain, &text);
            }
            self.late.insert(path.to_owned());
        }
    }

    /// Counts a build for a file, once.
    fn count(&mut self, path: &Path) {
        let moment = self.build.as_ref().map_or(Duration::ZERO, |build| build.began.0.elapsed());
        let one = self.disturbances.entry(path.to_owned()).or_default();
        if one.last == self.builds {
            return;
        }
        let is_in_a_row = one.last + 1 == self.builds && one.count > 0;
        one.count = if is_in_a_row { one.count + 1 } else { 1 };
        one.before = is_in_a_row.then_some(one.moment);
        (one.last, one.moment) = (self.builds, moment);
    }

    /// Whether nothing has led to the last build but files that have changed during the one before.
    fn is_only_reason(&self) -> bool {
        let is_suspect = |path: &PathBuf| {
            let one = self.disturbances.get(path);
            one.is_some_and(|one| one.count > 0 && one.last + 1 >= self.builds)
        };
        self.build
            .as_ref()
            .is_some_and(|build| !build.reasons.is_empty() && build.reasons.iter().all(is_suspect))
    }
}

/// Whether it is where this process writes to, as in `mikros-host dev > dev.log`: each line would be a
/// change.
fn is_own_output(path: &Path) -> bool {
    let Ok(file) = std::fs::metadata(path) else { return false };
    let outputs = [rustix::fs::fstat(std::io::stdout()), rustix::fs::fstat(std::io::stderr())];
    outputs.iter().flatten().any(|own| own.st_dev == file.dev() && own.st_ino == file.ino())
}
