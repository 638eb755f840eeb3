//! Tables whose keys are not the host's, as JSON: `[service]`, and those of features and kinds.
//!
//! Does not know what is in them; the service, the features and the kinds do.

use std::fmt;

use serde_json::{Map, Value as Json};
use toml::de::DeValue;

use super::document::{Place, Table, Value, entries, join, scalar, spelled};
use super::reader::{Reader, Section};
use super::secrecy::{self, MASK};

/// Free-form settings as a JSON object.
#[derive(Clone, Default, PartialEq)]
pub struct Settings {
    pub table: Map<String, Json>,
    /// Where in it a variable took the place of a string, as JSON Pointers, each with the variable.
    pub variables: Vec<(String, String)>,
}

impl Settings {
    /// The table as guests get it.
    pub fn to_json(&self) -> String {
        Json::from(self.table.clone()).to_string()
    }
}

/// Names only: values may come from the environment.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.table.keys()).finish()
    }
}

/// `[service]`.
pub(super) fn read<'t>(reader: &mut Reader<'t>, root: &Section<'t>) -> Settings {
    let table = root.value("service").and_then(|value| value.get_ref().as_table());
    let content = table.map(|table| object(reader, table, "service"));
    settings(reader, table, content.unwrap_or_default())
}

/// Settings whose content was read from `table`.
pub(super) fn settings(
    reader: &Reader<'_>,
    table: Option<&Table<'_>>,
    content: Map<String, Json>,
) -> Settings {
    let mut variables = Vec::new();
    if let Some(table) = table {
        collect_variables(reader, table, "", &mut variables);
    }
    Settings { table: content, variables }
}

fn collect_variables(
    reader: &Reader<'_>,
    table: &Table<'_>,
    pointer: &str,
    all: &mut Vec<(String, String)>,
) {
    for (key, value) in entries(table) {
        // RFC 6901 §3.
        let key = key.get_ref().replace('~', "~0").replace('/', "~1");
        collect_variables_of(reader, value, format!("{pointer}/{key}"), all);
    }
}

fn collect_variables_of(
    reader: &Reader<'_>,
    value: &Value<'_>,
    pointer: String,
    all: &mut Vec<(String, String)>,
) {
    match value.get_ref() {
        DeValue::Table(table) => collect_variables(reader, table, &pointer, all),
        DeValue::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                collect_variables_of(reader, item, format!("{pointer}/{index}"), all);
            }
        }
        _ => {
            let variable = reader.indirections().source(value);
            all.extend(variable.map(|variable| (pointer, variable.to_owned())));
        }
    }
}

/// A table as JSON; every value in it is noted as effective.
pub(super) fn object<'t>(
    reader: &mut Reader<'t>,
    table: &'t Table<'t>,
    label: &str,
) -> Map<String, Json> {
    let mut map = Map::new();
    for (key, value) in entries(table) {
        let name = key.get_ref().as_ref();
        let label = join(label, &spelled(name));
        let json = match value.get_ref() {
            DeValue::Table(table) => Json::Object(object(reader, table, &label)),
            _ => leaf(reader, value, &label),
        };
        map.insert(name.to_owned(), json);
    }
    map
}

/// Converts a value and notes it as effective.
fn leaf<'t>(reader: &mut Reader<'t>, value: &'t Value<'t>, label: &str) -> Json {
    let json = json(reader, value, label);
    let name = label.rsplit('.').next().unwrap_or_default();
    let shown = match secrecy::masked(name, &json) {
        Json::String(text) if text == MASK => text,
        masked => reader.shown(value, &masked),
    };
    let origin = reader.origin(value);
    reader.note(label.to_owned(), &shown, origin);
    json
}

fn json<'t>(reader: &mut Reader<'t>, value: &'t Value<'t>, label: &str) -> Json {
    match value.get_ref() {
        DeValue::String(text) => Json::from(text.as_ref()),
        DeValue::Datetime(date) => Json::from(date.to_string()),
        DeValue::Array(items) => items.iter().map(|item| json(reader, item, label)).collect(),
        DeValue::Table(table) => entries(table)
            .into_iter()
            .map(|(key, value)| (key.get_ref().to_string(), json(reader, value, label)))
            .collect(),
        number => scalar(number).unwrap_or_else(|| note_number(reader, value, label)),
    }
}

fn note_number(reader: &mut Reader<'_>, value: &Value<'_>, label: &str) -> Json {
    let is_integer = value.get_ref().is_integer();
    let rule = if is_integer { "fit into 64 bits" } else { "be a finite number" };
    let found = reader.indirections().describe(value);
    reader.problem(Place::of(value), format!("`{label}` must {rule}, found {found}"), None);
    Json::Null
}
