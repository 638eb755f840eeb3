//! The schema of a type, and what messages and documentation take from it.
//!
//! Does not know which types there are.

mod adapted;

use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::Value as Json;

pub(super) use self::adapted::{adapt, variable};

/// Derives the schema of a type.
pub(super) type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// The schema of one type, with the definitions that it refers to.
pub(super) fn of(schema: SchemaOf) -> Json {
    let mut generator = generator();
    let mut schema = Json::from(schema(&mut generator));
    adapt(&mut schema);
    add_definitions(&mut schema, &mut generator);
    schema
}

/// The schema of the table or key at a dotted path, in which `*` matches any name.
pub(super) fn at<'s>(root: &'s Json, path: &str) -> Option<&'s Json> {
    path.split('.').filter(|name| !name.is_empty()).try_fold(root, |here, name| match name {
        "*" => here.get("additionalProperties"),
        name => here.get("properties")?.get(name),
    })
}

/// What a schema refers to, or itself.
pub(super) fn dereferenced<'s>(root: &'s Json, schema: &'s Json) -> &'s Json {
    let reference = schema.get("$ref").and_then(Json::as_str);
    let target = reference.and_then(|path| root.pointer(path.strip_prefix('#')?));
    target.unwrap_or(schema)
}

pub(super) fn generator() -> SchemaGenerator {
    SchemaSettings::draft2020_12()
        .with(|settings| settings.inline_subschemas = true)
        .into_generator()
}

/// Types that hold themselves cannot be written out where they are used.
pub(super) fn add_definitions(schema: &mut Json, generator: &mut SchemaGenerator) {
    let mut definitions = generator.take_definitions(true);
    definitions.values_mut().for_each(adapt);
    if !definitions.is_empty() {
        schema["$defs"] = Json::Object(definitions);
    }
}

/// A value as TOML spells it.
pub(super) fn literal(json: &Json) -> String {
    match json {
        Json::Object(members) => {
            let members =
                members.iter().map(|(name, value)| format!("{name} = {}", literal(value)));
            match members.collect::<Vec<_>>().join(", ").as_str() {
                "" => "{}".to_owned(),
                members => format!("{{ {members} }}"),
            }
        }
        Json::Array(items) => {
            format!("[{}]", items.iter().map(literal).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}
