//! A table of the file as a type that its owner knows: all that does not fit, at its place.
//!
//! Does not know which feature or kind the table belongs to.

mod mismatch;
mod node;
mod path;
mod required;
mod variable;
mod wording;

use std::path::Path as FilePath;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};
use serde_path_to_error::Path as Tracked;

use self::mismatch::Mismatch;
use self::node::Node;
use self::path::{Located, Step};
use self::wording::Misfit;
use super::Typed;
use super::catalogue::{SettingsType, ValidationErrors};
use super::document::{Place, Table, Value, spelled};
use super::places::{self, nearest};
use super::reader::{Reader, Section};
use super::reference::join;
use super::suggestion::did_you_mean;

/// Each round takes out what the one before found, and nobody reads on after so many.
const MOST_ROUNDS: usize = 100;

/// Why a value is none of a type.
pub(super) struct Failure {
    path: Tracked,
    mismatch: Mismatch,
}

/// Reads a value into a type.
pub(super) fn attempt<T: DeserializeOwned>(json: &Json) -> Result<T, Failure> {
    serde_path_to_error::deserialize(Node(json)).map_err(|error| {
        let path = error.path().clone();
        Failure { path, mismatch: error.into_inner() }
    })
}

/// What is read.
pub(super) struct Subject<'t, 'c> {
    pub(super) settings: &'c SettingsType,
    /// Where it is. Without a table, an empty one counts.
    pub(super) section: &'c Section<'t>,
    /// The content of the table, without the keys of the host.
    pub(super) content: Map<String, Json>,
    /// Keys of the host in the same table.
    pub(super) reserved: &'static [&'static str],
    /// The directory of the file.
    pub(super) directory: &'c FilePath,
}

/// The settings; `None` when something is wrong with them, which has been noted.
pub(super) fn read<'t>(reader: &mut Reader<'t>, subject: Subject<'t, '_>) -> Option<Typed> {
    let content = Json::Object(subject.content.clone());
    let mut reading = Reading { is_whole: !has_gaps(&content), reader, subject, content };
    let typed = reading.settings();
    match &typed {
        Some(typed) => reading.check(typed),
        None => reading.note_at_least_something(),
    }
    typed
}

/// Whether something was taken out.
fn has_gaps(json: &Json) -> bool {
    match json {
        Json::Null => true,
        Json::Array(items) => items.iter().any(has_gaps),
        Json::Object(members) => members.values().any(has_gaps),
        _ => false,
    }
}

struct Reading<'r, 't, 'c> {
    reader: &'r mut Reader<'t>,
    subject: Subject<'t, 'c>,
    /// What was wrong is taken out, so that what else is wrong can be seen.
    content: Json,
    is_whole: bool,
}

impl<'t> Reading<'_, 't, '_> {
    fn settings(&mut self) -> Option<Typed> {
        for _round in 0..MOST_ROUNDS {
            match (self.subject.settings.read)(&self.content) {
                Ok(typed) => return Some(Typed(typed)).filter(|_| self.is_whole),
                Err(Failure { path, mismatch }) => {
                    let path = path::resolve(&path, &self.content);
                    if self.read_variables(&path, &mismatch) {
                        continue;
                    }
                    if !self.note(path, mismatch) {
                        return None;
                    }
                    self.is_whole = false;
                }
            }
        }
        None
    }

    /// Takes what came from variables at `path` for numbers and switches, where it spells some and the type
    /// gets on with that. False: nothing has changed.
    fn read_variables(&mut self, path: &[Step], mismatch: &Mismatch) -> bool {
        if matches!(mismatch, Mismatch::UnknownKey { .. } | Mismatch::Missing(_)) {
            return false;
        }
        let Some(table) = self.subject.section.table() else { return false };
        let mut content = self.content.clone();
        let Some(json) = path::at_mut(&mut content, path) else { return false };
        let indirections = self.reader.indirections();
        let has_changed = match path::locate(table, path) {
            Some(located) => variable::read(json, located.value, indirections),
            None => variable::read_table(json, table, indirections),
        };
        let still_fails = || match (self.subject.settings.read)(&content) {
            Ok(_) => false,
            Err(failure) => path::resolve(&failure.path, &content) == path,
        };
        if !has_changed || still_fails() {
            return false;
        }
        self.content = content;
        true
    }

    /// Notes a mismatch and takes it out. False: no more can be found out.
    fn note(&mut self, path: Vec<Step>, mismatch: Mismatch) -> bool {
        match mismatch {
            Mismatch::UnknownKey { name, known } => self.note_unknown(path, &name, known),
            Mismatch::Missing(name) => self.note_missing(&path, name),
            other => self.note_misfit(&path, &other),
        }
    }

    fn note_misfit(&mut self, path: &[Step], mismatch: &Mismatch) -> bool {
        let (table, indirections) = (self.subject.section.table(), self.reader.indirections());
        let located = self.locate(path);
        let value = located.map(|located| located.value);
        let misses = |value: &Value<'_>| indirections.misses(value);
        let json = path::at(&self.content, path).unwrap_or(&Json::Null);
        // That its variable is not set is noted, or no problem. And where something was taken out the rest
        // need not fit.
        if !value.is_some_and(misses) && !has_gaps(json) {
            let misfit = Misfit {
                label: &path::label(&self.subject.section.label, path),
                json,
                value,
                is_tainted: table
                    .is_some_and(|table| table.iter().any(|(_, value)| indirections.taints(value))),
                indirections,
            };
            let (message, help) = misfit.explain(mismatch);
            self.reader.problem(self.place(located), message, help);
        }
        self.take_out(path)
    }

    /// `path` leads to the key, or to the table around it when its type reads that as a whole first.
    fn note_unknown(
        &mut self,
        mut path: Vec<Step>,
        name: &str,
        known: &'static [&'static str],
    ) -> bool {
        let key = Step::Key(name.to_owned());
        if path.last() != Some(&key) {
            path.push(key);
        }
        let reserved = if path.len() == 1 { self.subject.reserved } else { &[] };
        let known = known.iter().chain(reserved).copied();
        let help = did_you_mean(name, known.clone()).unwrap_or_else(|| {
            let known = known.collect::<Vec<_>>().join("`, `");
            match known.as_str() {
                "" => "remove it".to_owned(),
                known => format!("expected one of `{known}`"),
            }
        });
        let (label, table) = (&self.subject.section.label, &path[..path.len() - 1]);
        let (message, place) = if let Some(located) = self.locate(&path) {
            (format!("unknown key `{}`", path::label(label, &path)), located.key)
        } else {
            let (name, label) = (spelled(name), path::label(label, table));
            let place = self.place(self.locate(table));
            (format!("unknown key `{name}` somewhere in `{label}`"), place)
        };
        self.reader.problem(place, message, Some(help));
        self.take_out(&path) || self.take_out(table)
    }

    fn note_missing(&mut self, path: &[Step], first: &str) -> bool {
        let content = path::at(&self.content, path).unwrap_or(&Json::Null);
        let mut names = required::absent(self.subject.settings, path, content);
        if content.get(first).is_none() && !names.iter().any(|name| name == first) {
            names.push(first.to_owned());
        }
        let place = self.place(self.locate(path));
        let around = path::label(&self.subject.section.label, path);
        let has_header = path.iter().all(|step| matches!(step, Step::Key(_)));
        let table = if has_header { format!("[{around}]") } else { around.clone() };
        if names.is_empty() && !has_gaps(content) {
            let message = format!("`{first}` is missing somewhere in `{around}`");
            self.reader.problem(place, message, None);
        }
        for name in names {
            let label = join(&around, &name);
            let help = format!("add `{name}` to `{table}`");
            self.reader.problem(place, format!("`{label}` is missing"), Some(help));
        }
        self.take_out(path)
    }

    /// Settings that cannot be read must never pass for settings that are not there.
    fn note_at_least_something(&mut self) {
        let indirections = self.reader.indirections();
        let table = self.subject.section.table();
        let misses =
            table.is_some_and(|table| table.values().any(|value| indirections.misses(value)));
        if self.reader.problems.is_empty() && !misses {
            let message = format!("`{}` is not valid", self.subject.section.label);
            self.reader.problem(self.subject.section.place, message, None);
        }
    }

    /// False: it was out already, or it is the whole table.
    fn take_out(&mut self, path: &[Step]) -> bool {
        let value = path::at_mut(&mut self.content, path).filter(|_| !path.is_empty());
        let Some(value) = value.filter(|value| !value.is_null()) else { return false };
        *value = Json::Null;
        true
    }

    fn locate(&self, path: &[Step]) -> Option<Located<'t>> {
        path::locate(self.subject.section.table()?, path)
    }

    fn place(&self, located: Option<Located<'t>>) -> Place {
        located.map_or(self.subject.section.place, |located| located.place())
    }

    /// What types cannot say.
    fn check(&mut self, typed: &Typed) {
        let base_path = self.reader.base_path.clone();
        let mut errors = ValidationErrors::new(self.subject.directory).with_base_path(&base_path);
        (self.subject.settings.check)(&typed.0, &mut errors);
        let known = self.subject.section.table().map(|table: &'t Table<'t>| places::values(table));
        let known = known.unwrap_or_default();
        let ValidationErrors { all, warnings, .. } = errors;
        let all = all.into_iter().map(|one| (one, true));
        let warnings = warnings.into_iter().map(|one| (one, false));
        for (error, is_problem) in all.chain(warnings) {
            let found = nearest(&error.path, |path| known.iter().find(|one| one.path == path));
            // Nobody knows yet what will be in its place.
            if found.is_some_and(|one| self.reader.indirections().misses(one.value)) {
                continue;
            }
            let place = found.map_or(self.subject.section.place, |one| one.place);
            let label = match error.path.as_str() {
                "" => self.subject.section.label.clone(),
                path => join(&self.subject.section.label, path),
            };
            // Whoever wrote the check may have put the value into the message.
            let masked = |text: &str| match found {
                Some(one) => self.reader.indirections().masked(one.value, text),
                None => text.to_owned(),
            };
            let message = format!("`{label}` {}", masked(&error.message));
            let help = error.help.as_deref().map(masked);
            if is_problem {
                self.reader.problem(place, message, help);
            } else {
                self.reader.warning(place, message, help);
            }
        }
    }
}
