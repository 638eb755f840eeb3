//! Ways from a table to a value in it.
//!
//! Does not know what is at their ends.

use serde_json::Value as Json;
use serde_path_to_error::{Path as Tracked, Segment};
use toml::de::DeValue;

use super::super::document::join;
use super::super::document::{Place, Table, Value, spelled};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

/// Where a path leads that was taken through what is present of `json`.
pub(super) fn resolve(path: &Tracked, json: &Json) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut here = Some(json);
    for segment in path {
        let step = match segment {
            Segment::Seq { index } => here.and_then(|here| nth_present(here, *index)),
            Segment::Map { key } => Some(Step::Key(key.clone())),
            // The name of a variant may be written as a key.
            Segment::Enum { variant } => {
                here.and_then(|here| here.get(variant)).map(|_present| Step::Key(variant.clone()))
            }
            Segment::Unknown => None,
        };
        let Some(step) = step else { continue };
        here = here.and_then(|here| child(here, &step));
        steps.push(step);
    }
    steps
}

fn nth_present(json: &Json, index: usize) -> Option<Step> {
    let items = json.as_array()?.iter().enumerate();
    items.filter(|(_, item)| !item.is_null()).nth(index).map(|(index, _)| Step::Index(index))
}

fn child<'j>(json: &'j Json, step: &Step) -> Option<&'j Json> {
    match step {
        Step::Key(key) => json.get(key),
        Step::Index(index) => json.get(index),
    }
}

pub(super) fn at<'j>(json: &'j Json, path: &[Step]) -> Option<&'j Json> {
    path.iter().try_fold(json, child)
}

pub(super) fn at_mut<'j>(json: &'j mut Json, path: &[Step]) -> Option<&'j mut Json> {
    path.iter().try_fold(json, |json, step| match step {
        Step::Key(key) => json.get_mut(key),
        Step::Index(index) => json.get_mut(index),
    })
}

/// The path in the words of the file, behind the name of the table.
pub(super) fn label(table: &str, path: &[Step]) -> String {
    path.iter().fold(table.to_owned(), |label, step| match step {
        Step::Key(key) => join(&label, &spelled(key)),
        Step::Index(index) => format!("{label}[{index}]"),
    })
}

/// A value of the file.
#[derive(Clone, Copy)]
pub(super) struct Located<'t> {
    /// Of the key, when there is one.
    pub(super) key: Place,
    pub(super) value: &'t Value<'t>,
}

impl Located<'_> {
    /// Where a problem with the value is; tables are where their key is.
    pub(super) fn place(&self) -> Place {
        if self.value.get_ref().is_table() { self.key } else { Place::of(self.value) }
    }
}

/// What is at the end of a path; `None` for the table itself.
pub(super) fn locate<'t>(table: &'t Table<'t>, path: &[Step]) -> Option<Located<'t>> {
    let (first, rest) = path.split_first()?;
    let Step::Key(name) = first else { return None };
    let start = located_key(table, name)?;
    rest.iter().try_fold(start, |here, step| match (here.value.get_ref(), step) {
        (DeValue::Table(table), Step::Key(name)) => located_key(table, name),
        (DeValue::Array(items), Step::Index(index)) => {
            let value = items.get(*index)?;
            Some(Located { key: Place::of(value), value })
        }
        _ => None,
    })
}

fn located_key<'t>(table: &'t Table<'t>, name: &str) -> Option<Located<'t>> {
    let (key, value) = table.get_key_value(name)?;
    Some(Located { key: Place::of(key), value })
}
