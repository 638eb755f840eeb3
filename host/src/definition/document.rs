//! The text of a TOML file as a tree in which every key and value knows its place.
//!
//! Does not know which keys mean something.

use std::borrow::Cow;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::nesting;
use super::problem::{Position, Problem};

pub(super) type Value<'a> = Spanned<DeValue<'a>>;
pub(super) type Table<'a> = DeTable<'a>;

/// Syntax errors beyond this number are consequences of the first ones more often than not.
const MOST_SYNTAX_ERRORS: usize = 20;

/// Deeper nesting has no use, and reading it would make the stack the limit.
const MOST_NESTING: usize = 64;

/// Where lines begin: turns byte offsets into [`Position`]s.
pub(super) struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(0).chain(breaks.map(|(index, _)| index + 1)).collect();
        Self { text, starts }
    }

    pub(super) fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset)
    }

    pub(super) fn position(&self, offset: usize) -> Position {
        let line = self.line(offset);
        let start = self.starts[line - 1];
        let before =
            self.text.get(start..offset).unwrap_or_default().trim_start_matches('\u{feff}');
        Position { line, column: before.chars().count() + 1 }
    }
}

/// The tree of `text`, or every syntax error in it.
pub(super) fn parse<'a>(text: &'a str, lines: &Lines<'_>) -> Result<Table<'a>, Vec<Problem>> {
    if let Some(place) = nesting::too_deep(text, MOST_NESTING) {
        let message = format!("tables and arrays must not nest deeper than {MOST_NESTING} levels");
        let position = Some(lines.position(place));
        return Err(vec![Problem { position, message, help: None }]);
    }
    let (root, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() { Ok(root.into_inner()) } else { Err(syntax_problems(&errors, lines)) }
}

fn syntax_problems(errors: &[toml::de::Error], lines: &Lines<'_>) -> Vec<Problem> {
    let place = |error: &toml::de::Error| error.span().map_or(0, |span| span.start);
    let mut errors = errors.iter().collect::<Vec<_>>();
    errors.sort_by_key(|error| place(error));
    let problem = |error: &toml::de::Error| Problem {
        position: Some(lines.position(place(error))),
        message: format!("invalid TOML: {}", error.message()),
        help: None,
    };
    errors.into_iter().take(MOST_SYNTAX_ERRORS).map(problem).collect()
}

/// A key as TOML spells it: bare where that is possible, else in quotes, and in any case harmless
/// in a terminal.
pub(super) fn spelled(key: &str) -> String {
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if !key.is_empty() && key.bytes().all(is_bare) {
        return key.to_owned();
    }
    format!("\"{}\"", harmless(key))
}

/// The text without control characters.
pub(super) fn harmless(text: &str) -> String {
    let escaped = |character: char| {
        let is_control = character.is_control();
        let escape = is_control.then(|| character.escape_default());
        (!is_control).then_some(character).into_iter().chain(escape.into_iter().flatten())
    };
    text.chars().flat_map(escaped).collect()
}

/// The entries of a table in the order of the file.
pub(super) fn entries<'t, 'a>(
    table: &'t Table<'a>,
) -> Vec<(&'t Spanned<Cow<'a, str>>, &'t Value<'a>)> {
    let mut entries = table.iter().collect::<Vec<_>>();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}
