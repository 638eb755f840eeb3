//! Settings of features and kinds in the JSON Schema.
//!
//! Does not know what they mean: their types say.

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value as Json, json};

use super::super::catalogue::{Catalogue, SettingsType, Stage};

/// The schema of one type, with the definitions that it refers to.
pub(in crate::definition) fn of_settings(settings: &SettingsType) -> Json {
    let mut generator = generator();
    let mut schema = of(&mut generator, settings);
    add_definitions(&mut schema, &mut generator);
    schema
}

/// Adds every feature and every kind to the schema of the file.
pub(super) fn add(schema: &mut Json, catalogue: &Catalogue) {
    let mut generator = generator();
    for entry in &catalogue.features {
        let mut table = of(&mut generator, &entry.settings);
        describe(&mut table, entry.summary);
        require_when_enabled(&mut table, entry.stage);
        schema["properties"]["features"]["properties"][entry.name] = table;
    }
    for entry in &catalogue.kinds {
        let mut table = of(&mut generator, &entry.settings);
        describe(&mut table, entry.summary);
        schema["properties"]["services"]["properties"][entry.name] = table;
    }
    add_definitions(schema, &mut generator);
}

fn generator() -> SchemaGenerator {
    SchemaSettings::draft2020_12()
        .with(|settings| settings.inline_subschemas = true)
        .into_generator()
}

fn of(generator: &mut SchemaGenerator, settings: &SettingsType) -> Json {
    let mut schema = Json::from((settings.schema)(generator));
    adapt(&mut schema);
    schema
}

/// Types that hold themselves cannot be written out where they are used.
fn add_definitions(schema: &mut Json, generator: &mut SchemaGenerator) {
    let mut definitions = generator.take_definitions(true);
    definitions.values_mut().for_each(adapt);
    if !definitions.is_empty() {
        schema["$defs"] = Json::Object(definitions);
    }
}

fn describe(table: &mut Json, summary: &str) {
    table["description"] = summary.into();
    if table.get("type").is_none() {
        table["type"] = "object".into();
    }
}

/// The host's own key; and what is not enabled is not read.
fn require_when_enabled(table: &mut Json, stage: Stage) {
    let Some(table) = table.as_object_mut() else { return };
    if let Some(required) = table.shift_remove("required") {
        let is_enabled =
            json!({ "properties": { "enabled": { "const": true } }, "required": ["enabled"] });
        table.insert("if".to_owned(), is_enabled);
        table.insert("then".to_owned(), json!({ "required": required }));
    }
    let own = table.shift_remove("properties");
    let mut properties = Map::new();
    let enabled = json!({
        "description": "Whether the feature runs.",
        "anyOf": [{ "type": "boolean" }, super::variable()],
        "default": false,
    });
    properties.insert("enabled".to_owned(), enabled);
    let stage = json!({
        "description": "Where the feature stands on the path of a request.",
        "enum": Stage::ALL.map(Stage::as_str),
        "default": stage.as_str(),
    });
    properties.insert("stage".to_owned(), stage);
    if let Some(Json::Object(own)) = own {
        properties.extend(own);
    }
    table.insert("properties".to_owned(), Json::Object(properties));
}

/// To what a file of TOML can hold: nothing is `null`, and a string may be the name of a variable.
fn adapt(schema: &mut Json) {
    let Some(members) = schema.as_object_mut() else { return };
    members.shift_remove("title");
    if members.get("default").is_some_and(Json::is_null) {
        members.shift_remove("default");
    }
    if members.get("type").is_some_and(|kind| kind != "string") {
        // Names of Rust's integers; the bounds say the same.
        members.shift_remove("format");
    }
    drop_null(members);
    let is_choice = is_choice(members);
    for (name, member) in members.iter_mut() {
        match (name.as_str(), member) {
            ("properties" | "$defs" | "patternProperties", Json::Object(all)) => {
                all.values_mut().for_each(adapt);
            }
            ("anyOf" | "oneOf" | "allOf" | "prefixItems", Json::Array(all)) if !is_choice => {
                all.iter_mut().for_each(adapt);
            }
            ("items" | "additionalProperties", one) => adapt(one),
            _ => (),
        }
    }
    if is_choice || is_restricted_text(members) || is_scalar(members) {
        admit_variable(members);
    }
}

/// `Option` in Rust is a key that may be left out.
fn drop_null(members: &mut Map<String, Json>) {
    if let Some(Json::Array(kinds)) = members.get_mut("type") {
        kinds.retain(|kind| kind != "null");
        if let [only] = kinds.as_slice() {
            members["type"] = only.clone();
        }
    }
    if let Some(Json::Array(words)) = members.get_mut("enum") {
        words.retain(|word| !word.is_null());
    }
    let Some(Json::Array(all)) = members.get_mut("anyOf") else { return };
    all.retain(|one| one.get("type").is_none_or(|kind| kind != "null"));
    if let [Json::Object(only)] = all.as_slice() {
        let only = only.clone();
        members.shift_remove("anyOf");
        for (name, value) in only {
            // The words beside the key say more than those on the type.
            members.entry(name).or_insert(value);
        }
    }
}

/// One of several words, each with its description.
fn is_choice(members: &Map<String, Json>) -> bool {
    let all = members.get("oneOf").and_then(Json::as_array);
    let is_word = |one: &Json| {
        let words = one.get("enum").and_then(Json::as_array);
        one.get("const").is_some_and(Json::is_string)
            && one.get("type").is_none_or(|kind| kind == "string")
            || words.is_some_and(|words| words.iter().all(Json::is_string))
    };
    all.is_some_and(|all| !all.is_empty() && all.iter().all(is_word))
}

fn is_scalar(members: &Map<String, Json>) -> bool {
    let kind = members.get("type").and_then(Json::as_str);
    matches!(kind, Some("boolean" | "integer" | "number"))
}

fn is_restricted_text(members: &Map<String, Json>) -> bool {
    let words = members.get("enum").and_then(Json::as_array);
    let is_word = words.is_some_and(|words| words.iter().all(Json::is_string));
    let is_text = members.get("type").is_some_and(|kind| kind == "string");
    let restricts = ["pattern", "format", "minLength", "maxLength"];
    is_word || is_text && restricts.iter().any(|rule| members.contains_key(*rule))
}

/// Puts the rules of a string beside `NAME@env`.
fn admit_variable(members: &mut Map<String, Json>) {
    const KEPT: [&str; 4] = ["description", "default", "examples", "deprecated"];
    let (kept, rules): (Map<_, _>, Map<_, _>) =
        std::mem::take(members).into_iter().partition(|(name, _)| KEPT.contains(&name.as_str()));
    *members = kept;
    members.insert("anyOf".to_owned(), json!([rules, super::variable()]));
}
