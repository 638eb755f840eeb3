//! Finds keys that mean nothing and tables that are not tables.
//!
//! Does not check values; those who read them do.

use toml::de::DeValue;

use super::document::{Place, Table, Value, entries, spelled};
use super::indirection::quoted;
use super::kinds::{self, KindName};
use super::reader::Reader;
use super::reference::{Entry, MOVED, REFERENCE, children, entry, join};
use super::shape::Shape;
use super::suggestion::did_you_mean;

/// Notes every key below `table` that the reference does not list.
pub(super) fn check<'t>(reader: &mut Reader<'t>, table: &'t Table<'t>) {
    check_table(reader, table, "", "");
}

/// The same for a table below the root: the reference lists its keys under `pattern`.
pub(super) fn check_below<'t>(
    reader: &mut Reader<'t>,
    table: &'t Table<'t>,
    pattern: &str,
    label: &str,
) {
    check_table(reader, table, pattern, label);
}

fn check_table<'t>(reader: &mut Reader<'t>, table: &'t Table<'t>, parent: &str, label: &str) {
    for (key, value) in entries(table) {
        let name = key.get_ref().as_ref();
        let (pattern, label) = (child_pattern(parent, name), join(label, &spelled(name)));
        if parent == "services" && reader.kind(name).is_some() {
            // Whoever owns the kind knows its keys.
            if value.get_ref().as_table().is_none() {
                not_a_table(reader, value, &label);
            }
            continue;
        }
        match entry(&pattern) {
            None => {
                let place = Place::of(key);
                let help = help(reader, parent, name);
                reader.foreign(place, message(parent, name, &label), help);
            }
            Some(Entry::Table) => check_child(reader, value, &pattern, &label),
            Some(Entry::Key(key)) => match key.shape {
                Shape::Nothing => check_child(reader, value, &pattern, &label),
                Shape::Free | Shape::Feature if value.get_ref().as_table().is_none() => {
                    not_a_table(reader, value, &label);
                }
                _ => (),
            },
        }
    }
}

fn check_child<'t>(reader: &mut Reader<'t>, value: &'t Value<'t>, pattern: &str, label: &str) {
    match value.get_ref() {
        DeValue::Table(table) => check_table(reader, table, pattern, label),
        _ => not_a_table(reader, value, label),
    }
}

fn not_a_table(reader: &mut Reader<'_>, value: &Value<'_>, label: &str) {
    let found = reader.indirections().describe(value);
    let message = format!("`{label}` must be a table, found {found}");
    reader.problem(Place::of(value), message, Some(format!("write `[{label}]`")));
}

fn message(parent: &str, name: &str, label: &str) -> String {
    match parent {
        "services" => format!("unknown kind {} in `[{label}]`", quoted(name)),
        _ => format!("unknown key `{label}`"),
    }
}

fn help(reader: &Reader<'_>, parent: &str, name: &str) -> Option<String> {
    let path = join(parent, name);
    if name.contains('.') && entry(&path).is_some() {
        return Some("remove the quotes".to_owned());
    }
    let moved = MOVED.iter().find(|(old, _)| *old == path).map(|(_, help)| (*help).to_owned());
    moved
        .or_else(|| {
            let known = kinds::spellings(reader.catalogue());
            kinds::suggest_kind(name, known).filter(|_| parent == "services")
        })
        .or_else(|| did_you_mean(name, children(parent).filter(|child| *child != "*")))
        .or_else(|| elsewhere(name))
}

/// The key of this name in another table.
fn elsewhere(name: &str) -> Option<String> {
    let is_it = |path: &&str| path.rsplit('.').next() == Some(name) && !path.contains('*');
    let path = REFERENCE.iter().map(|key| key.path).find(is_it)?;
    Some(format!("did you mean `{path}`?"))
}

/// Where the reference lists what the file spells `name` in the table at `parent`.
fn child_pattern(parent: &str, name: &str) -> String {
    let any = join(parent, "*");
    if entry(&any).is_some() {
        return any;
    }
    match (parent, KindName::built_in(name)) {
        ("", _) if name == "runtime" => "services".to_owned(),
        ("services", Some(kind)) => join(parent, kind.as_str()),
        // Quotes keep a name with a dot from being a path.
        _ => join(parent, &spelled(name)),
    }
}
