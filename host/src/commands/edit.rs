//! A change to a text file of the user: shown before it is made, and made as a whole or not at all.
//!
//! Does not know what the files are.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, fchown};
use std::path::{Path, PathBuf};

use crate::file::Draft;
use crate::text::harmless;

/// How the names of files begin that are not finished.
pub(super) const UNFINISHED: &str = ".mikros-host-";

/// Other text for a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) path: PathBuf,
    old: String,
    new: String,
}

impl Edit {
    /// What `change` makes of the text of a file; `None` when it cannot be read or stays as it is.
    pub(super) fn of(path: &Path, change: impl FnOnce(&str) -> Option<String>) -> Option<Self> {
        let old = fs::read_to_string(path).ok()?;
        let new = change(&old)?;
        (old != new).then(|| Self { path: path.to_owned(), old, new })
    }

    /// The text as it will be.
    pub(super) fn text(&self) -> &str {
        &self.new
    }

    /// The lines that go and those that come, each with its number and a sign.
    pub(super) fn lines(&self) -> Vec<String> {
        let (old, new): (Vec<_>, Vec<_>) = (self.old.lines().collect(), self.new.lines().collect());
        let shared = |pairs: &mut dyn Iterator<Item = (&str, &str)>| {
            pairs.take_while(|(a, b)| a == b).count()
        };
        let first = shared(&mut old.iter().copied().zip(new.iter().copied()));
        let (old, new) = (&old[first..], &new[first..]);
        let last = shared(&mut old.iter().rev().copied().zip(new.iter().rev().copied()));
        let signed = |sign: char, lines: &[&str]| {
            let lines = lines[..lines.len() - last].iter().enumerate();
            let line = |(at, line): (usize, &&str)| {
                let text = format!("{:>4} {sign} {}", first + at + 1, harmless(line));
                text.trim_end().to_owned()
            };
            lines.map(line).collect::<Vec<_>>()
        };
        [signed('-', old), signed('+', new)].concat()
    }

    /// Writes the new text, unless the file has changed since it was read.
    pub(super) fn apply(&self) -> io::Result<()> {
        // A link stays a link.
        let path = self.path.canonicalize()?;
        if fs::read_to_string(&path)? != self.old {
            return Err(io::Error::other("it has just been changed by somebody else"));
        }
        let kept = fs::metadata(&path)?;
        // Nobody else reads it before it has the owner and the mode of the other.
        let mut draft = Draft::open(&path, UNFINISHED, 0o600)?;
        let file = draft.file();
        fchown(&*file, Some(kept.uid()), Some(kept.gid()))?;
        file.set_permissions(kept.permissions())?;
        file.write_all(self.new.as_bytes())?;
        draft.replace()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use uuid::Uuid;

    use super::*;

    /// A file with this text, and an edit that replaces `from`.
    fn edit(text: &str, from: &str, to: &str) -> (PathBuf, Edit) {
        let directory = std::env::temp_dir().join(format!("mikros-edit-{}", Uuid::now_v7()));
        fs::create_dir(&directory).unwrap();
        let path = directory.join("Cargo.toml");
        fs::write(&path, text).unwrap();
        let edit = Edit::of(&path, |text| Some(text.replace(from, to))).unwrap();
        (directory, edit)
    }

    #[test]
    fn an_edit_shows_the_lines_that_change() {
        let (directory, edit) = edit("a\nb\nc\nb\n", "b\nc", "b\n\n\u{1b}x\nd");

        fs::remove_dir_all(directory).unwrap();
        assert_eq!(edit.lines(), ["   3 - c", "   3 +", r"   4 + \u{1b}x", "   5 + d"]);
    }

    #[test]
    fn an_edit_keeps_the_mode_of_the_file_and_leaves_nothing_else() {
        let (directory, edit) = edit("a\n", "a", "b");
        fs::set_permissions(&edit.path, fs::Permissions::from_mode(0o640)).unwrap();

        edit.apply().unwrap();

        let mode = fs::metadata(&edit.path).unwrap().permissions().mode() & 0o777;
        let text = fs::read_to_string(&edit.path).unwrap();
        let files = directory.read_dir().unwrap().count();
        fs::remove_dir_all(directory).unwrap();
        assert_eq!((mode, text.as_str(), files), (0o640, "b\n", 1));
    }

    #[test]
    fn a_file_that_has_changed_meanwhile_is_left_alone() {
        let (directory, edit) = edit("a\n", "a", "b");
        fs::write(&edit.path, "mine\n").unwrap();

        let error = edit.apply().unwrap_err();

        let text = fs::read_to_string(&edit.path).unwrap();
        fs::remove_dir_all(directory).unwrap();
        assert_eq!(text, "mine\n");
        assert_eq!(error.to_string(), "it has just been changed by somebody else");
    }
}
