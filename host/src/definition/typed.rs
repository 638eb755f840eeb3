//! A table of the file as a type: all that does not fit, at its place.
//!
//! serde stops at the first mistake. So what is wrong is noted, taken out, and the rest read again, until nothing is
//! wrong any more. That way one derived type gives every message, the schema and the table in the documentation.
//!
//! Does not know which table it reads.

mod effective;
mod host;
mod path;
mod required;
mod variable;
mod wording;

use std::path::Path as FilePath;

use serde_json::{Map, Value as Json};

pub(super) use self::host::{DeclaredTable, read as read_host, read_only};
use self::path::{Located, Step};
use self::wording::Misfit;
use super::Typed;
use super::catalogue::{SettingsType, ValidationErrors};
use super::decode::{Failure, Mismatch};
use super::derived::{self, SchemaOf};
use super::document::{Place, Table, Value, join, spelled};
use super::places::{self, nearest};
use super::reader::{Reader, Section};
use super::suggestion::did_you_mean;

/// Each round finds one mistake and takes it out. A longer list of mistakes does not help.
const MOST_ROUNDS: usize = 100;

/// Settings of a feature or a kind.
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
    let Subject { settings, section, content, reserved, directory } = subject;
    let mut reading = Reading {
        reader,
        section,
        owner: Owner::Extension { reserved },
        schema: settings.schema,
        content: Json::Object(content),
    };
    let was_whole = !has_gaps(&reading.content);
    let typed = reading.read(|content| (settings.read)(content));
    let typed = typed.map(Typed).filter(|_| was_whole && !has_gaps(&reading.content));
    match &typed {
        Some(typed) => reading.check(typed, settings, directory),
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

/// Whose keys a table has.
enum Owner {
    /// Suggestions come from the whole file.
    Host,
    /// `reserved`: keys of the host in the same table.
    Extension { reserved: &'static [&'static str] },
}

struct Reading<'r, 't, 'c> {
    reader: &'r mut Reader<'t>,
    section: &'c Section<'t>,
    owner: Owner,
    schema: SchemaOf,
    /// What was wrong is taken out, so that what else is wrong can be seen.
    content: Json,
}

impl<'t> Reading<'_, 't, '_> {
    /// What `attempt` makes of the content without all that is wrong; `None` when that is too much.
    fn read<T>(&mut self, attempt: impl Fn(&Json) -> Result<T, Failure>) -> Option<T> {
        for _round in 0..MOST_ROUNDS {
            let Failure { path, mismatch } = match attempt(&self.content) {
                Ok(value) => return Some(value),
                Err(failure) => failure,
            };
            let path = path::resolve(&path, &self.content);
            let fails = |content: &Json| match attempt(content) {
                Ok(_) => false,
                Err(failure) => path::resolve(&failure.path, content) == path,
            };
            if self.read_variables(&path, &mismatch, fails) {
                continue;
            }
            if !self.note(path, mismatch) {
                return None;
            }
        }
        None
    }

    /// Reads texts at `path` that came from variables as numbers and switches, if they spell some and the type then
    /// accepts them. False: nothing has changed.
    fn read_variables(
        &mut self,
        path: &[Step],
        mismatch: &Mismatch,
        fails: impl Fn(&Json) -> bool,
    ) -> bool {
        if matches!(mismatch, Mismatch::UnknownKey { .. } | Mismatch::Missing(_)) {
            return false;
        }
        let Some(table) = self.section.table() else { return false };
        let mut content = self.content.clone();
        let Some(json) = path::at_mut(&mut content, path) else { return false };
        let indirections = self.reader.indirections();
        let has_changed = match path::locate(table, path) {
            Some(located) => variable::read(json, located.value, indirections),
            None => variable::read_table(json, table, indirections),
        };
        if !has_changed || fails(&content) {
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
        let (table, indirections) = (self.section.table(), self.reader.indirections());
        let located = self.locate(path);
        let value = located.map(|located| located.value);
        let misses = |value: &Value<'_>| indirections.misses(value);
        let json = path::at(&self.content, path).unwrap_or(&Json::Null);
        // That its variable is not set is noted, or no problem. And where something was taken out the rest
        // need not fit.
        if !value.is_some_and(misses) && !has_gaps(json) {
            let misfit = Misfit {
                label: &path::label(&self.section.label, path),
                json,
                value,
                is_tainted: table
                    .is_some_and(|table| table.iter().any(|(_, value)| indirections.taints(value))),
                indirections,
                example: self.example(path),
            };
            let (message, help) = misfit.explain(mismatch);
            let place = match (&self.owner, value) {
                (Owner::Host, Some(value)) => Place::of(value),
                _ => self.place(located),
            };
            self.reader.problem(place, message, help);
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
        let help = self.instead(&path, name, known);
        let (label, table) = (&self.section.label, &path[..path.len() - 1]);
        let (message, place) = if let Some(located) = self.locate(&path) {
            (format!("unknown key `{}`", path::label(label, &path)), located.key)
        } else {
            let (name, label) = (spelled(name), path::label(label, table));
            let place = self.place(self.locate(table));
            (format!("unknown key `{name}` somewhere in `{label}`"), place)
        };
        match self.owner {
            Owner::Host => self.reader.foreign(place, message, help),
            Owner::Extension { .. } => self.reader.problem(place, message, help),
        }
        self.take_out(&path) || self.take_out(table)
    }

    /// What to write instead of the unknown key at the end of `path`.
    fn instead(&self, path: &[Step], name: &str, known: &[&'static str]) -> Option<String> {
        let reserved = match self.owner {
            Owner::Host => return self.key_instead(path),
            Owner::Extension { reserved } if path.len() == 1 => reserved,
            Owner::Extension { .. } => &[],
        };
        let known = known.iter().chain(reserved).copied();
        did_you_mean(name, known.clone()).or_else(|| {
            let known = known.collect::<Vec<_>>().join("`, `");
            Some(match known.as_str() {
                "" => "remove it".to_owned(),
                known => format!("expected one of `{known}`"),
            })
        })
    }

    /// What the value at the end of a path may look like, as TOML spells it.
    fn example(&self, path: &[Step]) -> Option<String> {
        let root = derived::of(self.schema);
        let here = required::at(&root, path)?;
        here.get("examples")?.get(0).map(derived::literal)
    }

    fn note_missing(&mut self, path: &[Step], first: &str) -> bool {
        let content = path::at(&self.content, path).unwrap_or(&Json::Null);
        let mut names = required::absent(&derived::of(self.schema), path, content);
        if content.get(first).is_none() && !names.iter().any(|name| name == first) {
            names.push(first.to_owned());
        }
        let place = self.place(self.locate(path));
        let around = path::label(&self.section.label, path);
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
        let table = self.section.table();
        let misses =
            table.is_some_and(|table| table.values().any(|value| indirections.misses(value)));
        if self.reader.problems.is_empty() && !misses {
            let message = format!("`{}` is not valid", self.section.label);
            self.reader.problem(self.section.place, message, None);
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
        path::locate(self.section.table()?, path)
    }

    fn place(&self, located: Option<Located<'t>>) -> Place {
        located.map_or(self.section.place, |located| located.place())
    }

    /// What types cannot say.
    fn check(&mut self, typed: &Typed, settings: &SettingsType, directory: &FilePath) {
        let base_path = self.reader.base_path.clone();
        let mut errors = ValidationErrors::new(directory).with_base_path(&base_path);
        (settings.check)(&typed.0, &mut errors);
        let known = self.section.table().map(|table: &'t Table<'t>| places::values(table));
        let known = known.unwrap_or_default();
        let ValidationErrors { all, warnings, .. } = errors;
        let all = all.into_iter().map(|one| (one, true));
        let warnings = warnings.into_iter().map(|one| (one, false));
        for (error, is_problem) in all.chain(warnings) {
            let found = nearest(&error.path, |path| known.iter().find(|one| one.path == path));
            // Its value is not known yet.
            if found.is_some_and(|one| self.reader.indirections().misses(one.value)) {
                continue;
            }
            let place = found.map_or(self.section.place, |one| one.place);
            let label = match error.path.as_str() {
                "" => self.section.label.clone(),
                path => join(&self.section.label, path),
            };
            // The message is the check's own, and may contain the value.
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
