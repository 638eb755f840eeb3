//! The values of a table that count: those of the file and the defaults of the others.
//!
//! Does not know the type of the table.

use serde_json::{Map, Value as Json};

use super::super::Origin;
use super::super::document::{Table, join, spelled};
use super::super::reader::Reader;

/// Notes what a table was read as, `members`; `null` is not there.
pub(super) fn note(
    reader: &mut Reader<'_>,
    label: &str,
    table: Option<&Table<'_>>,
    members: &Map<String, Json>,
) {
    for (name, json) in members {
        let label = join(label, &spelled(name));
        let value = table.and_then(|table| table.get(name.as_str()));
        match json {
            Json::Null => (),
            Json::Object(members) => {
                let table = value.and_then(|value| value.get_ref().as_table());
                note(reader, &label, table, members);
            }
            _ if value.is_some_and(|value| reader.indirections().is_missing(value)) => (),
            json => {
                let shown = shown(json);
                let shown = value.map_or(shown.clone(), |value| reader.shown(value, &shown));
                let origin = value.map_or(Origin::Default, |value| reader.origin(value));
                reader.note(label, &shown, origin);
            }
        }
    }
}

/// A value for people.
fn shown(json: &Json) -> String {
    match json {
        Json::String(text) => text.clone(),
        Json::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}
