//! Where the values of a table are, by their path below it: `keys[0].secret`.
//!
//! Does not know what the values mean.

use toml::de::DeValue;

use super::document::join;
use super::document::{Place, Table, Value, entries, spelled};
use super::problem::Position;
use super::reader::Reader;

/// Positions of the values of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    table: Position,
    values: Vec<(String, Position)>,
}

impl Places {
    /// `place` is that of the table itself.
    pub(super) fn new(reader: &Reader<'_>, table: Option<&Table<'_>>, place: Place) -> Self {
        let values = table.map(values).unwrap_or_default();
        let values = values.into_iter().map(|one| (one.path, reader.position(one.place))).collect();
        Self { table: reader.position(place), values }
    }

    /// Where `path` is, or else the closest table or array around it.
    pub fn of(&self, path: &str) -> Position {
        let find = |path: &str| self.values.iter().find(|(known, _)| known == path);
        nearest(path, find).map_or(self.table, |(_, position)| *position)
    }
}

/// A value somewhere below a table.
pub(super) struct Placed<'t> {
    pub(super) path: String,
    /// Of the value, or of the key of a table.
    pub(super) place: Place,
    pub(super) value: &'t Value<'t>,
}

/// Everything below a table, tables and arrays included.
pub(super) fn values<'t>(table: &'t Table<'t>) -> Vec<Placed<'t>> {
    let mut all = Vec::new();
    collect_table(table, "", &mut all);
    all
}

fn collect_table<'t>(table: &'t Table<'t>, parent: &str, all: &mut Vec<Placed<'t>>) {
    for (key, value) in entries(table) {
        let path = join(parent, &spelled(key.get_ref()));
        // A table may be in several parts of the file; its key is where it begins.
        let is_table = value.get_ref().is_table();
        let place = if is_table { Place::of(key) } else { Place::of(value) };
        collect(Placed { path, place, value }, all);
    }
}

fn collect<'t>(placed: Placed<'t>, all: &mut Vec<Placed<'t>>) {
    let (path, value) = (placed.path.clone(), placed.value);
    all.push(placed);
    match value.get_ref() {
        DeValue::Table(table) => collect_table(table, &path, all),
        DeValue::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                let path = format!("{path}[{index}]");
                collect(Placed { path, place: Place::of(value), value }, all);
            }
        }
        _ => (),
    }
}

/// What `find` knows about `path`, or else about the closest table or array around it.
pub(super) fn nearest<'a, T>(path: &str, find: impl Fn(&str) -> Option<&'a T>) -> Option<&'a T> {
    let mut path = path;
    loop {
        if let Some(found) = find(path) {
            return Some(found);
        }
        path = &path[..path.rfind(['.', '['])?];
    }
}
