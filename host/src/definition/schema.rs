//! The JSON Schema of `service.toml`, for editors.
//!
//! Does not know more than the reference and the types of settings: rules between keys are not in it.

mod extensions;

use serde_json::{Map, Value as Json, json};
use toml::de::DeValue;

pub(super) use self::extensions::of_settings;
use super::catalogue::Catalogue;
use super::kinds;
use super::quantity::{DURATION_PATTERN, SIZE_PATTERN};
use super::reference::{Entry, Key, Requirement, children, entry, join};
use super::shape::Shape;

/// `SemVer` as on semver.org with an optional `v`, or `v` and one to three short numbers.
const VERSION_PATTERN: &str = r"v?(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-((0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(\+([0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*))?|v\d{1,2}(\.\d{1,2}){0,2}";

/// The schema, draft 2020-12, with the features and kinds of a host.
pub fn schema(catalogue: &Catalogue) -> Json {
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "service.toml",
        "description": "One Mikros service and how mikros-host runs it.",
    });
    merge(&mut schema, table("", catalogue));
    schema["properties"]["services"]["description"] = "Settings of each kind.".into();
    schema["properties"]["runtime"] = json!({
        "description": "Another word for `services`.",
        "$ref": "#/properties/services",
    });
    schema["properties"]["services"]["properties"]["worker"] = json!({
        "description": "Another word for `native`.",
        "$ref": "#/properties/services/properties/native",
    });
    extensions::add(&mut schema, catalogue);
    schema
}

/// The table whose keys the reference lists under `pattern`.
fn table(pattern: &str, catalogue: &Catalogue) -> Json {
    let mut properties = Map::new();
    let mut required = Vec::new();
    let mut others = Json::Bool(false);
    for name in children(pattern) {
        let path = join(pattern, name);
        let (schema, is_required) = match entry(&path) {
            Some(Entry::Key(key)) => {
                (value(key, catalogue), matches!(key.presence, Requirement::Required))
            }
            _ => (table(&path, catalogue), is_table_required(&path)),
        };
        if name == "*" {
            others = schema;
            continue;
        }
        properties.insert(name.to_owned(), schema);
        if is_required {
            required.push(name);
        }
    }
    let mut table = json!({ "type": "object" });
    if !properties.is_empty() {
        table["properties"] = Json::Object(properties);
    }
    if !required.is_empty() {
        table["required"] = required.into();
    }
    table["additionalProperties"] = others;
    table
}

fn is_table_required(pattern: &str) -> bool {
    // A key of a table the user names is required only when there is such a table.
    children(pattern).filter(|name| *name != "*").any(|name| match entry(&join(pattern, name)) {
        Some(Entry::Key(key)) => matches!(key.presence, Requirement::Required),
        _ => is_table_required(&join(pattern, name)),
    })
}

fn value(key: &Key, catalogue: &Catalogue) -> Json {
    let mut value = json!({ "description": key.meaning });
    match &key.shape {
        Shape::Kinds => merge(&mut value, kinds_rule(catalogue)),
        Shape::Feature => merge(&mut value, feature_rule(key.path, catalogue)),
        shape => merge(&mut value, rule(shape)),
    }
    if let Requirement::Default(default) = key.presence {
        value["default"] = literal(default);
    }
    value["examples"] = json!([literal(key.example)]);
    value
}

fn rule(shape: &Shape) -> Json {
    let text = |pattern: &str| json!({ "type": "string", "pattern": or_variable(pattern) });
    let or_text = |other: Json, pattern: &str| json!({ "anyOf": [other, text(pattern)] });
    match shape {
        Shape::Text => json!({ "type": "string", "pattern": "\\S" }),
        Shape::Version => text(VERSION_PATTERN),
        Shape::Switch => json!({ "anyOf": [{ "type": "boolean" }, variable()] }),
        Shape::Integer { least, most } => json!({ "anyOf": [integer(*least, *most), variable()] }),
        Shape::IntegerOr { least, most, word } => or_text(integer(*least, *most), word),
        Shape::Duration { nanoseconds: false, .. } => text(DURATION_PATTERN),
        Shape::DurationOr { word, .. } => text(&format!("{DURATION_PATTERN}|{word}")),
        Shape::Duration { least, most, nanoseconds: true } => {
            let nanoseconds = |bound: &std::time::Duration| u64::try_from(bound.as_nanos());
            let (least, most) = (nanoseconds(least), nanoseconds(most));
            or_text(integer(least.unwrap_or(0), most.unwrap_or(u64::MAX)), DURATION_PATTERN)
        }
        Shape::Size { bytes: false, .. } => text(SIZE_PATTERN),
        Shape::Size { least, most, bytes: true } => or_text(integer(*least, *most), SIZE_PATTERN),
        Shape::Choice(words) => or_text(json!({ "enum": words }), words[0]),
        Shape::Address => text("[0-9a-fA-F:.]+"),
        Shape::BasePath => json!({ "type": "string" }),
        Shape::HealthPath => or_text(json!({ "type": "boolean" }), "/.*"),
        Shape::Names => json!({
            "type": "array",
            "uniqueItems": true,
            "items": { "type": "string", "pattern": "^[A-Z][A-Z0-9_]*$" },
        }),
        Shape::Paths => json!({
            "type": "array",
            "items": { "type": "string", "pattern": "\\S" },
        }),
        Shape::Texts => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        Shape::Nothing => json!({ "type": "object", "additionalProperties": false }),
        Shape::Features => json!({ "type": "array", "items": { "type": "string" } }),
        Shape::Free | Shape::Feature => json!({ "type": "object" }),
        Shape::Kinds => json!({ "type": "array" }),
    }
}

/// Only a component's table has no keys but the host's.
fn feature_rule(pattern: &str, catalogue: &Catalogue) -> Json {
    let mut rule = table(pattern, catalogue);
    let names = children(pattern).collect::<Vec<_>>();
    rule["additionalProperties"] = true.into();
    rule["if"] = json!({ "required": ["component"] });
    rule["then"] = json!({ "propertyNames": { "enum": names } });
    rule
}

fn kinds_rule(catalogue: &Catalogue) -> Json {
    let kinds = kinds::spellings(catalogue).collect::<Vec<_>>().join("|");
    let pattern = or_variable(&format!("({kinds})(:[0-9]+)?"));
    let item = json!({ "type": "string", "pattern": pattern });
    json!({ "type": "array", "minItems": 1, "items": item })
}

/// The whole text, which may also be a variable's name.
fn or_variable(pattern: &str) -> String {
    format!("^({pattern}|.+@env)$")
}

/// `NAME@env`.
fn variable() -> Json {
    json!({ "type": "string", "pattern": "^.+@env$" })
}

fn integer(least: u64, most: u64) -> Json {
    json!({ "type": "integer", "minimum": least, "maximum": most })
}

/// A TOML value of the reference as JSON.
fn literal(text: &str) -> Json {
    DeValue::parse(text).map_or(Json::Null, |value| json_of(value.get_ref()))
}

fn json_of(value: &DeValue<'_>) -> Json {
    match value {
        DeValue::String(text) => Json::from(text.as_ref()),
        DeValue::Boolean(on) => Json::from(*on),
        DeValue::Integer(number) => number.as_str().parse::<u64>().map_or(Json::Null, Json::from),
        DeValue::Float(number) => number.as_str().parse::<f64>().map_or(Json::Null, Json::from),
        DeValue::Datetime(date) => Json::from(date.to_string()),
        DeValue::Array(items) => items.iter().map(|item| json_of(item.get_ref())).collect(),
        DeValue::Table(table) => {
            table.iter().map(|(key, value)| (key.to_string(), json_of(value.get_ref()))).collect()
        }
    }
}

/// Adds the members of one object to another.
fn merge(target: &mut Json, source: Json) {
    if let (Json::Object(target), Json::Object(source)) = (target, source) {
        target.extend(source);
    }
}
