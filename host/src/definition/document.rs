//! The text of a TOML file as a tree in which every key and value knows its place.
//!
//! Does not know which keys mean something.

use std::borrow::Cow;

use serde_json::Value as Json;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::nesting;
pub(super) use super::place::Place;
use super::problem::{Position, Problem};
use super::secrecy;
use super::snippet::Snippet;
use super::syntax;
use crate::text::harmless;

pub(super) type Value<'a> = Spanned<DeValue<'a>>;
pub(super) type Table<'a> = DeTable<'a>;

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

    /// A problem at a place.
    pub(super) fn problem(&self, place: Place, message: String, help: Option<String>) -> Problem {
        let snippet = Some(place).filter(|place| *place != Place::FILE);
        let snippet = snippet.and_then(|place| self.snippet(place));
        Problem { position: Some(self.position(place.start)), snippet, message, help }
    }

    /// The first line of a place.
    fn snippet(&self, place: Place) -> Option<Snippet> {
        let line = self.line(place.start);
        let mut start = self.starts[line - 1];
        let end = self.starts.get(line).map_or(self.text.len(), |next| next - 1);
        let mut text = self.text.get(start..end)?;
        if let Some(rest) = text.strip_prefix('\u{feff}') {
            start += text.len() - rest.len();
            text = rest;
        }
        text = text.strip_suffix('\r').unwrap_or(text);
        if secrecy::is_in(text) {
            return None;
        }
        let within = |offset: usize| offset.saturating_sub(start).min(text.len());
        Snippet::new(line, text, Place { start: within(place.start), end: within(place.end) })
    }
}

/// The tree of `text`, or why it has none.
pub(super) fn parse<'a>(text: &'a str, lines: &Lines<'_>) -> Result<Table<'a>, Vec<Problem>> {
    if let Some(place) = nesting::too_deep(text, MOST_NESTING) {
        let message = format!("tables and arrays must not nest deeper than {MOST_NESTING} levels");
        return Err(vec![lines.problem(place, message, None)]);
    }
    let (root, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        return Ok(root.into_inner());
    }
    Err(syntax_problems(text, &errors, lines))
}

fn syntax_problems(text: &str, errors: &[toml::de::Error], lines: &Lines<'_>) -> Vec<Problem> {
    let flaws = syntax::flaws(text, errors).into_iter();
    flaws.map(|flaw| lines.problem(flaw.place, flaw.message, flaw.help)).collect()
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

/// `parent.name`, or `name` at the root.
pub(super) fn join(parent: &str, name: &str) -> String {
    if parent.is_empty() { name.to_owned() } else { format!("{parent}.{name}") }
}

/// A number or a switch as JSON. `None` for all else, and for numbers that JSON cannot hold: those beyond 64 bits, and
/// those that are infinite or none.
pub(super) fn scalar(value: &DeValue<'_>) -> Option<Json> {
    match value {
        DeValue::Boolean(on) => Some(Json::from(*on)),
        DeValue::Integer(number) => {
            i64::from_str_radix(number.as_str(), number.radix()).ok().map(Json::from)
        }
        DeValue::Float(number) => {
            serde_json::Number::from_f64(number.as_str().parse().ok()?).map(Json::Number)
        }
        _ => None,
    }
}

/// The entries of a table in the order of the file.
pub(super) fn entries<'t, 'a>(
    table: &'t Table<'a>,
) -> Vec<(&'t Spanned<Cow<'a, str>>, &'t Value<'a>)> {
    let mut entries = table.iter().collect::<Vec<_>>();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}
