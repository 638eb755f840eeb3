//! Free-form tables as JSON: `[service]` and `[features.<name>]`.
//!
//! Does not know what is in them; the service and the features do.

use serde_json::{Map, Value as Json};
use toml::de::{DeFloat, DeInteger, DeValue};

use super::catalogue::{Catalogue, Places};
use super::document::{Place, Table, Value, entries, spelled};
use super::indirection::quoted;
use super::reader::{Reader, Section};
use super::reference::join;
use super::{Feature, FeatureSource, Settings, suggestion};

/// `[service]`.
pub(super) fn read<'t>(reader: &mut Reader<'t>, root: &Section<'t>) -> Settings {
    let table = root.value("service").and_then(|value| value.get_ref().as_table());
    Settings(table.map(|table| object(reader, table, "service")).unwrap_or_default())
}

/// `[features.<name>]`, in the order of the file.
pub(super) fn read_features<'t>(
    reader: &mut Reader<'t>,
    root: &Section<'t>,
    catalogue: &Catalogue,
) -> Vec<Feature> {
    let known: Vec<_> = catalogue.features.iter().map(|entry| entry.name).collect();
    let features = root.section("features");
    let mut tables = Vec::new();
    for (name, place) in features.names() {
        let table = features.value(name).and_then(|value| value.get_ref().as_table());
        let Some(table) = table else { continue };
        let label = join("features", &spelled(name));
        let mut settings = object(reader, table, &label);
        settings.shift_remove("enabled");
        let is_enabled = is_enabled(reader, table, &label);
        if is_enabled && !known.contains(&name) {
            note_unknown(reader, name, place, &known);
        }
        tables.push(Feature {
            name: name.to_owned(),
            is_enabled,
            settings: Settings(settings),
            source: FeatureSource::Absent,
            places: Places::default(),
        });
    }
    tables
}

fn is_enabled<'t>(reader: &mut Reader<'t>, table: &'t Table<'t>, label: &str) -> bool {
    match table.get("enabled") {
        None => false,
        Some(value) => value.get_ref().as_bool().unwrap_or_else(|| {
            let found = reader.indirections().describe(value);
            let message = format!("`{label}.enabled` must be `true` or `false`, found {found}");
            reader.problem(Place::of(value), message, None);
            false
        }),
    }
}

fn note_unknown(reader: &mut Reader<'_>, name: &str, place: Place, known: &[&str]) {
    let help = suggestion::did_you_mean(name, known.iter().copied())
        .unwrap_or_else(|| "remove it, or write `enabled = false`".to_owned());
    reader.problem(place, format!("unknown feature {}", quoted(name)), Some(help));
}

fn object<'t>(reader: &mut Reader<'t>, table: &'t Table<'t>, label: &str) -> Map<String, Json> {
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
    let shown = reader.shown(value, &json);
    let origin = reader.origin(value);
    reader.note(label.to_owned(), &shown, origin);
    json
}

fn json<'t>(reader: &mut Reader<'t>, value: &'t Value<'t>, label: &str) -> Json {
    match value.get_ref() {
        DeValue::String(text) => Json::from(text.as_ref()),
        DeValue::Boolean(on) => Json::from(*on),
        DeValue::Datetime(date) => Json::from(date.to_string()),
        DeValue::Integer(number) => integer(number)
            .unwrap_or_else(|| not_a_number(reader, value, label, "fit into 64 bits")),
        DeValue::Float(number) => float(number)
            .unwrap_or_else(|| not_a_number(reader, value, label, "be a finite number")),
        DeValue::Array(items) => items.iter().map(|item| json(reader, item, label)).collect(),
        DeValue::Table(table) => entries(table)
            .into_iter()
            .map(|(key, value)| (key.get_ref().to_string(), json(reader, value, label)))
            .collect(),
    }
}

fn integer(number: &DeInteger<'_>) -> Option<Json> {
    i64::from_str_radix(number.as_str(), number.radix()).ok().map(Json::from)
}

/// JSON has neither infinities nor "not a number".
fn float(number: &DeFloat<'_>) -> Option<Json> {
    serde_json::Number::from_f64(number.as_str().parse().ok()?).map(Json::Number)
}

fn not_a_number(reader: &mut Reader<'_>, value: &Value<'_>, label: &str, rule: &str) -> Json {
    let found = reader.indirections().describe(value);
    reader.problem(Place::of(value), format!("`{label}` must {rule}, found {found}"), None);
    Json::Null
}
