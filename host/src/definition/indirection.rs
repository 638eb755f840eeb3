//! `"NAME@env"`: string values that are replaced by an environment variable.
//!
//! They are replaced in the tree, before any type reads it, so that every key accepts a variable. The price: code
//! that reports a problem has to ask here whether the text at its place is the file's own or may be a secret. A value
//! goes into the tree and nowhere else; messages name the variable.
//!
//! Does not know which keys the values belong to.

use std::collections::BTreeMap;

use toml::de::DeValue;

use super::document::{Place, Table, Value};
use super::secrecy::{MASK, without_passwords};
use super::variables::{Found, Scope};
use crate::text::harmless;

const MARK: &str = "@env";
/// In bytes. What is shorter is in many words, and no secret.
const SHORTEST: usize = 4;

/// What became of the indirections of one file, by the place of the string.
#[derive(Default)]
pub(super) struct Indirections(BTreeMap<Place, Indirection>);

struct Indirection {
    /// As in the file, without the mark.
    variable: String,
    /// The spelling that was found, if any was.
    source: Option<String>,
}

/// An indirection without a value.
pub(super) struct Missing {
    /// Where the string is.
    pub(super) place: Place,
    pub(super) variable: String,
}

impl Indirections {
    /// Puts variables in the place of every indirection below `table`.
    pub(super) fn resolve_table(&mut self, table: &mut Table<'_>, scope: &Scope<'_>) {
        for (_, value) in table.iter_mut() {
            self.resolve(value, scope);
        }
    }

    pub(super) fn resolve(&mut self, value: &mut Value<'_>, scope: &Scope<'_>) {
        let place = Place::of(value);
        match value.get_mut() {
            DeValue::Table(table) => self.resolve_table(table, scope),
            DeValue::Array(items) => {
                for item in items.iter_mut() {
                    self.resolve(item, scope);
                }
            }
            // What a variable holds is a value, even when it looks like an indirection.
            DeValue::String(text) if !self.0.contains_key(&place) => {
                let Some(variable) = text.strip_suffix(MARK).map(str::to_owned) else { return };
                let source = scope.lookup(&variable).map(|Found { name, value }| {
                    *text = value.to_owned().into();
                    name
                });
                self.0.insert(place, Indirection { variable, source });
            }
            _ => (),
        }
    }

    /// The variables that are asked for.
    pub(super) fn variables(&self) -> impl Iterator<Item = &str> {
        self.0.values().map(|indirection| indirection.variable.as_str())
    }

    /// The indirections whose variable is not set.
    pub(super) fn missing(&self) -> impl Iterator<Item = Missing> {
        self.0.iter().filter(|(_, indirection)| indirection.source.is_none()).map(
            |(place, indirection)| Missing {
                place: *place,
                variable: indirection.variable.clone(),
            },
        )
    }

    pub(super) fn is_missing(&self, value: &Value<'_>) -> bool {
        self.get(value).is_some_and(|indirection| indirection.source.is_none())
    }

    /// Whether the value came, or should have come, from a variable.
    pub(super) fn covers(&self, value: &Value<'_>) -> bool {
        self.get(value).is_some()
    }

    /// The variable, as spelled in the environment, that a value came from.
    pub(super) fn source(&self, value: &Value<'_>) -> Option<&str> {
        self.get(value)?.source.as_deref()
    }

    /// Whether the value or anything in it came from a variable.
    pub(super) fn taints(&self, value: &Value<'_>) -> bool {
        match value.get_ref() {
            DeValue::Array(items) => items.iter().any(|item| self.taints(item)),
            DeValue::Table(table) => table.values().any(|item| self.taints(item)),
            _ => self.covers(value),
        }
    }

    /// Whether the value or anything in it should have come from a variable that is not set.
    pub(super) fn misses(&self, value: &Value<'_>) -> bool {
        match value.get_ref() {
            DeValue::Array(items) => items.iter().any(|item| self.misses(item)),
            DeValue::Table(table) => table.values().any(|item| self.misses(item)),
            _ => self.is_missing(value),
        }
    }

    /// The value for a message: a literal of the file in backticks, or what kind of value it is.
    pub(super) fn describe(&self, value: &Value<'_>) -> String {
        if let Some(indirection) = self.get(value) {
            return format!("the value of `{}`", indirection.variable);
        }
        match value.get_ref() {
            DeValue::String(text) => quoted(&format!("\"{text}\"")),
            DeValue::Integer(number) => format!("the integer `{number}`"),
            DeValue::Float(number) => format!("the number `{number}`"),
            DeValue::Boolean(on) => format!("`{on}`"),
            DeValue::Datetime(date) => format!("the date `{date}`"),
            DeValue::Array(_) => "an array".to_owned(),
            DeValue::Table(_) => "a table".to_owned(),
        }
    }

    /// A text in which nothing shows that came from a variable, in `value` or below.
    pub(super) fn masked(&self, value: &Value<'_>, text: &str) -> String {
        match value.get_ref() {
            DeValue::Array(items) => {
                items.iter().fold(text.to_owned(), |text, item| self.masked(item, &text))
            }
            DeValue::Table(table) => {
                table.values().fold(text.to_owned(), |text, item| self.masked(item, &text))
            }
            DeValue::String(secret) if secret.len() >= SHORTEST && self.source(value).is_some() => {
                text.replace(&**secret, MASK)
            }
            _ => text.to_owned(),
        }
    }

    fn get(&self, value: &Value<'_>) -> Option<&Indirection> {
        value.get_ref().as_str().and_then(|_| self.0.get(&Place::of(value)))
    }
}

/// A text of the user in backticks: one line, no control characters, not endless.
pub(super) fn quoted(text: &str) -> String {
    const MOST: usize = 60;
    let text = without_passwords(text);
    let start = harmless(&text.chars().take(MOST).collect::<String>());
    let end = if text.chars().nth(MOST).is_some() { "…" } else { "" };
    format!("`{start}{end}`")
}
