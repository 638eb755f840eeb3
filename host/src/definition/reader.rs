//! Reads declared keys from the tree: checks each, applies defaults, notes problems and origins.
//!
//! Does not know what the keys mean; rules that look at more than one value are in the modules
//! named after the tables.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use super::catalogue::{Catalogue, KindEntry};
use super::document::{Lines, Place, Table, Value, entries, spelled};
use super::indirection::Indirections;
use super::problem::{Position, Problem};
use super::reference::{Entry, Key, Requirement, entry, join};
use super::secrecy::without_passwords;
use super::shape::{self, Checked, Given, Item};
use super::variables::{Found, Scope};
use super::{Effective, Origin};
use crate::text::harmless;

/// What is shown instead of a value that may be a secret.
pub(super) const MASK: &str = "***";

/// Nobody reads on; what has so many problems is no definition but something else.
pub(super) const MOST_PROBLEMS: usize = 1000;

/// One table of the file, possibly absent.
#[derive(Clone)]
pub(super) struct Section<'t> {
    /// Where its keys are in the reference, for example `services.http` or `clients.*`.
    pub(super) pattern: String,
    /// As the file spells it, for example `runtime.http` or `clients.orders`.
    pub(super) label: String,
    table: Option<&'t Table<'t>>,
    /// Where to say that a key is missing.
    pub(super) place: Place,
}

/// The state of one pass over a definition.
pub(super) struct Reader<'t> {
    lines: &'t Lines<'t>,
    indirections: &'t Indirections,
    scope: &'t Scope<'t>,
    catalogue: &'t Catalogue,
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

    /// The table `name`, whose keys the reference lists under `pattern`.
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
    ) -> Self {
        let (problems, warnings, effective) = (Vec::new(), Vec::new(), Vec::new());
        let base_path = String::new();
        let foreign = Vec::new();
        Self {
            lines,
            indirections,
            scope,
            catalogue,
            base_path,
            problems,
            foreign,
            warnings,
            effective,
        }
    }

    pub(super) fn text(&mut self, section: &Section<'t>, name: &str) -> Option<String> {
        match self.read(section, name)? {
            Checked::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn switch(&mut self, section: &Section<'t>, name: &str) -> Option<bool> {
        match self.read(section, name)? {
            Checked::Switch(on) => Some(on),
            _ => None,
        }
    }

    /// An integer or a size in bytes.
    pub(super) fn number<N: TryFrom<u64>>(
        &mut self,
        section: &Section<'t>,
        name: &str,
    ) -> Option<N> {
        match self.read(section, name)? {
            Checked::Integer(number) | Checked::Size(number) => N::try_from(number).ok(),
            _ => None,
        }
    }

    /// `None` also for the word that stands for no duration.
    pub(super) fn duration(&mut self, section: &Section<'t>, name: &str) -> Option<Duration> {
        match self.read(section, name)? {
            Checked::Duration(duration) => Some(duration),
            _ => None,
        }
    }

    pub(super) fn address(&mut self, section: &Section<'t>, name: &str) -> Option<IpAddr> {
        match self.read(section, name)? {
            Checked::Address(address) => Some(address),
            _ => None,
        }
    }

    pub(super) fn path(&mut self, section: &Section<'t>, name: &str) -> Option<String> {
        match self.read(section, name)? {
            Checked::Path(path) => path,
            _ => None,
        }
    }

    pub(super) fn list(&mut self, section: &Section<'t>, name: &str) -> Vec<Item> {
        match self.read(section, name) {
            Some(Checked::List(items)) => items,
            _ => Vec::new(),
        }
    }

    /// The value of a key, or its default.
    ///
    /// `None`: there is neither, or what is wrong has been noted.
    pub(super) fn read(&mut self, section: &Section<'t>, name: &str) -> Option<Checked> {
        let Some(Entry::Key(key)) = entry(&join(&section.pattern, name)) else { return None };
        let label = join(&section.label, &spelled(name));
        let Some(value) = section.value(name) else {
            return self.absent(key, section, label);
        };
        let given = Given { value, indirections: self.indirections, label: &label };
        let mut mistakes = Vec::new();
        let checked = shape::check(key, given, &mut mistakes);
        for mistake in mistakes {
            self.problem(mistake.place, mistake.message, mistake.help);
        }
        let shown = self.shown(value, checked.as_ref()?);
        let origin = self.origin(value);
        self.note(label, &shown, origin);
        checked
    }

    fn absent(&mut self, key: &Key, section: &Section<'t>, label: String) -> Option<Checked> {
        if let Requirement::Required = key.presence {
            let name = label.rsplit('.').next().unwrap_or_default();
            let table = match section.label.as_str() {
                "" => String::new(),
                table => format!(" to `[{table}]`"),
            };
            let help = format!("add `{name} = {}`{table}", key.example);
            let message = format!("`{label}` is missing");
            match section.pattern.as_str() {
                "host" => self.foreign(section.place, message, Some(help)),
                _ => self.problem(section.place, message, Some(help)),
            }
            return None;
        }
        let checked = shape::default_of(key)?;
        self.note(label, &checked.to_string(), Origin::Default);
        Some(checked)
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
            None => self.line_of(Place::of(value)),
        }
    }

    pub(super) fn line_of(&self, place: Place) -> Origin {
        Origin::File { line: self.lines.line(place.start) }
    }

    pub(super) fn position(&self, place: Place) -> Position {
        self.lines.position(place.start)
    }

    /// The features and kinds that there are.
    pub(super) fn catalogue(&self) -> &'t Catalogue {
        self.catalogue
    }

    /// The kind of this name, when it is none of the built-in ones.
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
