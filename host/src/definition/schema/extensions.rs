//! Settings of features and kinds in the JSON Schema.
//!
//! Does not know what they mean: their types say.

use schemars::SchemaGenerator;
use serde_json::{Map, Value as Json, json};

use super::super::catalogue::{Catalogue, SettingsType, Stage};
use super::super::derived::{adapt, add_definitions, generator, variable};

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

fn of(generator: &mut SchemaGenerator, settings: &SettingsType) -> Json {
    let mut schema = Json::from((settings.schema)(generator));
    adapt(&mut schema);
    schema
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
        "anyOf": [{ "type": "boolean" }, variable()],
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
