//! A part of the text.
//!
//! Does not know the text.

use std::ops::Range;

use toml::Spanned;

/// A part of the text, as byte offsets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Place {
    /// The file as a whole.
    pub(super) const FILE: Self = Self { start: 0, end: 0 };

    pub(super) fn of<T>(spanned: &Spanned<T>) -> Self {
        spanned.span().into()
    }
}

impl From<Range<usize>> for Place {
    fn from(Range { start, end }: Range<usize>) -> Self {
        Self { start, end }
    }
}
