//! The JSON Schema of `service.toml`, for editors, and what messages and documentation take from it.
//!
//! Does not know more than the types that read the file: rules between keys are not in it.

mod extensions;

use schemars::SchemaGenerator;
use serde_json::{Value as Json, json};

use super::catalogue::Catalogue;
use super::derived;
use super::file::File;
use super::kinds;

/// The schema, draft 2020-12, with the features and kinds of a host.
pub fn schema(catalogue: &Catalogue) -> Json {
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "service.toml",
    });
    merge(&mut schema, of_file());
    schema["description"] = "One Mikros service and how mikros-host runs it.".into();
    let properties = &mut schema["properties"];
    properties["types"]["items"] = kind_rule(catalogue);
    // Names of variables: none of them is the value of another.
    properties["envs"]["items"]["pattern"] = "^[A-Z][A-Z0-9_]*$".into();
    close_components(&mut properties["features"]["additionalProperties"]);
    properties["runtime"] = json!({
        "description": "Another word for `services`.",
        "$ref": "#/properties/services",
    });
    properties["services"]["properties"]["worker"] = json!({
        "description": "Another word for `native`.",
        "$ref": "#/properties/services/properties/native",
    });
    extensions::add(&mut schema, catalogue);
    schema
}

/// The schema of the file without features and kinds that are not built in.
pub(super) fn of_file() -> Json {
    derived::of(SchemaGenerator::subschema_for::<File>)
}

/// Only a component's table has no keys but the host's.
fn close_components(feature: &mut Json) {
    let names = feature["properties"].as_object().map(|all| all.keys().cloned().collect());
    let names: Vec<String> = names.unwrap_or_default();
    feature["additionalProperties"] = true.into();
    feature["if"] = json!({ "required": ["component"] });
    feature["then"] = json!({ "propertyNames": { "enum": names } });
}

fn kind_rule(catalogue: &Catalogue) -> Json {
    let kinds = kinds::spellings(catalogue).collect::<Vec<_>>().join("|");
    json!({ "type": "string", "pattern": format!("^(({kinds})(:[0-9]+)?|.+@env)$") })
}

/// Adds the members of one object to another.
fn merge(target: &mut Json, source: Json) {
    if let (Json::Object(target), Json::Object(source)) = (target, source) {
        target.extend(source);
    }
}
