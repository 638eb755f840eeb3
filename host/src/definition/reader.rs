//! The state of one pass over a definition: what is read of it, what is wrong with it, and which values count.
//!
//! Problems are collected, not returned, so that one run reports all of them. That is why a function that finds one
//! still returns a value: a default that nothing uses, because a definition with problems is discarded.
//!
//! Does not know what the keys mean: the modules named after the tables do.

use std::fmt;

use serde_json::Value as Json;

use super::catalogue::{Catalogue, KindEntry};
use super::document::{Lines, Place, Table, Value, entries, join, spelled};
use super::indirection::Indirections;
use super::problem::{Position, Problem};
use super::secrecy::{MASK, without_passwords};
use super::variables::{Found, Scope};
use super::{Effective, Origin};
use crate::text::harmless;

/// A file with more problems is not a definition, and a longer list does not help.
pub(super) const MOST_PROBLEMS: usize = 1000;

/// One table of the file, possibly absent.
#[derive(Clone)]
pub(super) struct Section<'t> {
    /// The path of the table in the schema, for example `services.http` or `clients.*`.
    pub(super) pattern: String,
    /// As the file spells it, for example `runtime.http` or `clients.orders`.
    pub(super) label: String,
    table: Option<&'t Table<'t>>,
    /// Where to say that a key is missing.
    pub(super) place: Place,
}

/// One text of a list.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) text: String,
    /// How a message shows it.
    pub(super) shown: String,
    /// Written in the file, not taken from a variable.
    pub(super) is_literal: bool,
    pub(super) place: Place,
}

/// The state of one pass over a definition.
pub(super) struct Reader<'t> {
    lines: &'t Lines<'t>,
    indirections: &'t Indirections,
    scope: &'t Scope<'t>,
    catalogue: &'t Catalogue,
    /// The schema of the whole file.
    pub(super) outline: fn() -> Json,
    /// See [`ValidationErrors::base_path`](super::ValidationErrors::base_path).
    pub(super) base_path: String,
    pub(super) problems: Vec<Problem>,
    /// What files of the other frameworks hold or lack.
    pub(super) foreign: Vec<Problem>,
    pub(super) warnings: Vec<Problem>,
    pub(super) effective: Vec<Effective>,
}

impl<'t> Section<'t> {
    pub(super) fn root(table: &'t Table<'t>) -> Self {
        Self {
            pattern: String::new(),
            label: String::new(),
            table: Some(table),
            place: Place::FILE,
        }
    }

    pub(super) fn is_present(&self) -> bool {
        self.table.is_some()
    }

    pub(super) fn table(&self) -> Option<&'t Table<'t>> {
        self.table
    }

    pub(super) fn value(&self, name: &str) -> Option<&'t Value<'t>> {
        self.table?.get(name)
    }

    /// The table `name` below this one.
    pub(super) fn section(&self, name: &str) -> Self {
        self.section_as(name, name)
    }

    /// The table `name`, which the schema describes at `pattern`.
    pub(super) fn section_as(&self, name: &str, pattern: &str) -> Self {
        let key_value = self.table.and_then(|table| table.get_key_value(name));
        let table = key_value.and_then(|(_, value)| value.get_ref().as_table());
        Self {
            pattern: join(&self.pattern, pattern),
            label: join(&self.label, &spelled(name)),
            table,
            place: key_value
                .filter(|_| table.is_some())
                .map_or(self.place, |(key, _)| Place::of(key)),
        }
    }

    /// The names of what this table holds, in the order of the file, each with its place.
    pub(super) fn names(&self) -> Vec<(&'t str, Place)> {
        let entries = self.table.map(entries).unwrap_or_default();
        entries.into_iter().map(|(key, _)| (key.get_ref().as_ref(), Place::of(key))).collect()
    }
}

impl<'t> Reader<'t> {
    pub(super) fn new(
        lines: &'t Lines<'t>,
        indirections: &'t Indirections,
        scope: &'t Scope<'t>,
        catalogue: &'t Catalogue,
        outline: fn() -> Json,
    ) -> Self {
        let (problems, warnings, effective) = (Vec::new(), Vec::new(), Vec::new());
        let base_path = String::new();
        let foreign = Vec::new();
        Self {
            lines,
            indirections,
            scope,
            catalogue,
            outline,
            base_path,
            problems,
            foreign,
            warnings,
            effective,
        }
    }

    /// The texts of a list, which has been checked; `None`: there is no list.
    pub(super) fn items(&self, section: &Section<'t>, name: &str) -> Option<Vec<Item>> {
        let items = section.value(name)?.get_ref().as_array()?.iter();
        let items = items.filter(|item| !self.indirections.is_missing(item));
        let item = |value: &Value<'_>| {
            Some(Item {
                text: value.get_ref().as_str()?.to_owned(),
                shown: self.indirections.describe(value),
                is_literal: !self.indirections.covers(value),
                place: Place::of(value),
            })
        };
        Some(items.filter_map(item).collect())
    }

    /// A switch that has been, or will be, checked.
    pub(super) fn switch(&self, value: &Value<'_>) -> Option<bool> {
        match value.get_ref().as_str().filter(|_| self.indirections.covers(value)) {
            Some(text) => text.trim().parse().ok(),
            None => value.get_ref().as_bool(),
        }
    }

    /// The names of the tables that this one holds, in the order of the file. Other values are noted as problems.
    pub(super) fn tables(&mut self, section: &Section<'t>) -> Vec<(&'t str, Place)> {
        let mut names = Vec::new();
        for (key, value) in section.table().map(entries).unwrap_or_default() {
            let name = key.get_ref().as_ref();
            if value.get_ref().is_table() {
                names.push((name, Place::of(key)));
                continue;
            }
            self.check_is_table(section, name, value);
        }
        names
    }

    /// Notes a value that should be a table below this one.
    pub(super) fn check_is_table(&mut self, section: &Section<'t>, name: &str, value: &Value<'_>) {
        if value.get_ref().is_table() {
            return;
        }
        let label = join(&section.label, &spelled(name));
        let found = self.indirections.describe(value);
        let message = format!("`{label}` must be a table, found {found}");
        self.problem(Place::of(value), message, Some(format!("write `[{label}]`")));
    }

    /// Remembers a value that counts.
    pub(super) fn note(&mut self, key: String, value: &str, origin: Origin) {
        let value =
            if value.is_empty() { "\"\"".to_owned() } else { harmless(&without_passwords(value)) };
        self.effective.push(Effective { key, value, origin });
    }

    /// A checked value for people, masked when it may be a secret.
    pub(super) fn shown(&self, value: &Value<'_>, checked: &dyn fmt::Display) -> String {
        if self.indirections.taints(value) { MASK.to_owned() } else { checked.to_string() }
    }

    /// Where a value of the file comes from.
    pub(super) fn origin(&self, value: &Value<'_>) -> Origin {
        match self.indirections.source(value) {
            Some(variable) => Origin::Variable(variable.to_owned()),
            None => self.origin_at(Place::of(value)),
        }
    }

    pub(super) fn origin_at(&self, place: Place) -> Origin {
        Origin::File(self.position(place))
    }

    pub(super) fn position(&self, place: Place) -> Position {
        self.lines.position(place.start)
    }

    /// The features and kinds that there are.
    pub(super) fn catalogue(&self) -> &'t Catalogue {
        self.catalogue
    }

    /// The kind of this name, unless it is built in.
    pub(super) fn kind(&self, name: &str) -> Option<&'t KindEntry> {
        self.catalogue.kinds.iter().find(|entry| entry.name == name)
    }

    pub(super) fn indirections(&self) -> &'t Indirections {
        self.indirections
    }

    pub(super) fn scope(&self) -> &'t Scope<'t> {
        self.scope
    }

    /// A variable as this service sees it; notes when two spellings contradict each other.
    pub(super) fn variable(&mut self, name: &str) -> Option<Found<'t>> {
        self.note_contradiction(name);
        self.scope.lookup(name)
    }

    pub(super) fn note_contradiction(&mut self, name: &str) {
        if let Some((winner, loser)) = self.scope.contradiction(name) {
            let message = format!(
                "`{}` and `{}` override `{name}` with different values, `{}` wins",
                winner.name, loser.name, winner.name
            );
            let help = Some(format!("unset `{}`", loser.name));
            self.warnings.push(Problem::of_environment(message, help));
        }
    }

    pub(super) fn problem(&mut self, place: Place, message: String, help: Option<String>) {
        if self.problems.len() < MOST_PROBLEMS {
            self.problems.push(self.lines.problem(place, message, help));
        }
    }

    /// A problem that a file of another framework has. Without `[host]`, all of them are one.
    pub(super) fn foreign(&mut self, place: Place, message: String, help: Option<String>) {
        if self.foreign.len() < MOST_PROBLEMS {
            self.foreign.push(self.lines.problem(place, message, help));
        }
    }

    pub(super) fn warning(&mut self, place: Place, message: String, help: Option<String>) {
        self.warnings.push(self.lines.problem(place, message, help));
    }

    /// A problem whose cause is an environment variable.
    pub(super) fn environment_problem(&mut self, message: String, help: Option<String>) {
        self.problems.push(Problem::of_environment(message, help));
    }

    pub(super) fn environment_warning(&mut self, message: String, help: Option<String>) {
        self.warnings.push(Problem::of_environment(message, help));
    }
}
