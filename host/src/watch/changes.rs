//! Which files have changed, and how.
//!
//! Does not know how that was found out.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::path::{Path, PathBuf};

use super::content::Content;
use super::watched_path::normal;
use crate::text::harmless;

/// A set of files with what has happened to them. Paths are spelled as the places are.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Changes(BTreeMap<PathBuf, Difference>);

/// What has happened to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Appeared,
    Changed,
    Vanished,
}

/// From before the first to after the last change that nobody has been told.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) before: Option<Content>,
    pub(super) after: Option<Content>,
}

impl Difference {
    /// A file that is again what it was has changed nevertheless: whoever read it in between does
    /// not know.
    fn change(&self) -> Change {
        match (&self.before, &self.after) {
            (Some(_), Some(_)) => Change::Changed,
            (None, Some(_)) => Change::Appeared,
            (_, None) => Change::Vanished,
        }
    }
}

impl Changes {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    #[cfg(test)]
    pub(crate) fn get(&self, path: &Path) -> Option<Change> {
        self.0.get(&normal(path)).map(Difference::change)
    }

    /// In the order of the paths.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Path, Change)> {
        self.0.iter().map(|(path, difference)| (path.as_path(), difference.change()))
    }

    /// Takes one file out of the set and returns what has happened to it.
    pub(crate) fn take(&mut self, path: &Path) -> Option<Change> {
        self.0.remove(&normal(path)).map(|difference| difference.change())
    }

    /// Takes those out of the set that are wanted, and returns them.
    #[must_use = "what is taken out is in neither set otherwise"]
    pub(crate) fn split_off(&mut self, mut is_wanted: impl FnMut(&Path) -> bool) -> Self {
        let all = std::mem::take(&mut self.0);
        let (wanted, rest) = all.into_iter().partition(|(path, _)| is_wanted(path));
        self.0 = rest;
        Self(wanted)
    }

    /// Adds what has happened to a file after all that is in the set.
    pub(super) fn add(&mut self, path: PathBuf, later: Difference) {
        match self.0.entry(path) {
            Entry::Vacant(entry) => {
                entry.insert(later);
            }
            Entry::Occupied(entry) => entry.into_mut().after = later.after,
        }
    }

    /// Adds a whole set that is later than this one.
    pub(crate) fn extend(&mut self, later: Self) {
        for (path, difference) in later.0 {
            self.add(path, difference);
        }
    }

    pub(super) fn retain(&mut self, mut is_kept: impl FnMut(&Path) -> bool) {
        self.0.retain(|path, _| is_kept(path));
    }
}

impl fmt::Debug for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// For one line: `` `src/lib.rs` ``, or `` `src/lib.rs` and 3 more ``.
impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(first) = self.0.keys().next() else { return write!(f, "nothing") };
        // A name may hold anything, and this goes to a terminal.
        let first = harmless(&first.to_string_lossy());
        write!(f, "`{first}`")?;
        match self.0.len() - 1 {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(before: Option<u8>, after: Option<u8>) -> Changes {
        let content = |byte: Option<u8>| byte.map(|byte| Content::Digest([byte; 32]));
        let mut changes = Changes::default();
        changes.add("a".into(), Difference { before: content(before), after: content(after) });
        changes
    }

    #[test]
    fn later_changes_are_put_on_top_of_earlier_ones() {
        let combined = |mut first: Changes, second| {
            first.extend(second);
            first.get(Path::new("./a"))
        };

        assert_eq!(combined(set(None, Some(1)), set(Some(1), Some(2))), Some(Change::Appeared));
        assert_eq!(combined(set(Some(1), None), set(None, Some(2))), Some(Change::Changed));
        assert_eq!(combined(set(Some(1), Some(2)), set(Some(2), None)), Some(Change::Vanished));
        // Whoever read it in between does not know that it is what it was.
        assert_eq!(combined(set(Some(1), Some(2)), set(Some(2), Some(1))), Some(Change::Changed));
        assert_eq!(combined(set(None, Some(1)), set(Some(1), None)), Some(Change::Vanished));
    }
}
