//! A line of `service.toml` with carets below the part that a problem is about.
//!
//! Does not know what the problem is. Libraries for this spread each problem over seven lines and put its
//! place on another line than its message, which twenty problems at once make unreadable.

use std::fmt;

use unicode_width::UnicodeWidthChar;

use super::place::Place;
use crate::text::harmless;

/// Most columns of a line that are shown.
const MOST: usize = 100;
/// Most of them from where the marked part begins, when the line does not fit.
const MOST_AFTER: usize = 60;

/// What is shown for a tab, which would move the cursor by a different distance in every terminal.
const TAB: &str = "    ";
const CUT: &str = "…";

/// One line of the file, ready to be shown: harmless in a terminal and not endless.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snippet {
    line: usize,
    text: String,
    /// Columns before the carets.
    indent: usize,
    carets: usize,
}

impl Snippet {
    /// `place` within `text`, which is line `line` without its line break, is what is marked.
    ///
    /// `None`: there is nothing to be seen on the line.
    pub(super) fn new(line: usize, text: &str, place: Place) -> Option<Self> {
        if text.trim().is_empty() {
            return None;
        }
        let (before, rest) = text.split_at_checked(place.start)?;
        let marked = rest.get(..place.end.saturating_sub(place.start)).unwrap_or(rest);
        let after = &rest[marked.len()..];

        let mut shown = Shown::default();
        shown.extend(rest, MOST_AFTER);
        let mut shown = Shown::tail(before, MOST - shown.columns);
        let indent = shown.columns;
        let is_whole = shown.extend(marked, MOST);
        let carets = (shown.columns - indent).max(1);
        let is_whole = is_whole && shown.extend(after, MOST);
        if !is_whole {
            shown.text.push_str(CUT);
        }
        let text = shown.text.trim_end().to_owned();
        Some(Self { line, text, indent, carets })
    }

    /// The line, and the carets below it.
    pub fn lines(&self) -> [String; 2] {
        let number = self.line.to_string();
        let (gutter, indent) = (" ".repeat(number.len()), " ".repeat(self.indent));
        let carets = "^".repeat(self.carets);
        [format!("{number} | {}", self.text), format!("{gutter} | {indent}{carets}")]
    }

    /// Writes the lines, each after a line break and `indent`.
    pub(crate) fn write(&self, f: &mut fmt::Formatter<'_>, indent: &str) -> fmt::Result {
        self.lines().iter().try_for_each(|line| write!(f, "\n{indent}{line}"))
    }
}

/// Text as a terminal shows it.
#[derive(Default)]
struct Shown {
    text: String,
    columns: usize,
}

impl Shown {
    /// The last `most` columns of `text`.
    fn tail(text: &str, most: usize) -> Self {
        let (mut columns, mut start) = (0, text.len());
        for (at, character) in text.char_indices().rev().take(most) {
            columns += columns_of(&cell(character));
            if columns > most {
                break;
            }
            start = at;
        }
        let mut shown = Self::default();
        if start > 0 {
            shown.push(CUT);
        }
        text[start..].chars().for_each(|character| shown.push(&cell(character)));
        shown
    }

    /// Adds characters up to a total of `most` columns and says whether those were all.
    fn extend(&mut self, text: &str, most: usize) -> bool {
        let mut characters = text.chars();
        // As many characters as columns, because marks that are drawn over others take none.
        for character in characters.by_ref().take(most) {
            let cell = cell(character);
            if self.columns + columns_of(&cell) > most {
                return false;
            }
            self.push(&cell);
        }
        characters.next().is_none()
    }

    fn push(&mut self, cell: &str) {
        self.text.push_str(cell);
        self.columns += columns_of(cell);
    }
}

/// What is shown for a character.
fn cell(character: char) -> String {
    match character {
        '\t' => TAB.to_owned(),
        _ => harmless(character.encode_utf8(&mut [0; 4])),
    }
}

fn columns_of(cell: &str) -> usize {
    cell.chars().filter_map(UnicodeWidthChar::width).sum()
}
