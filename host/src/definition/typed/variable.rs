//! Variables are text: reads numbers and switches out of them where a type expects one.
//!
//! Does not know the type.

use serde_json::Value as Json;
use toml::de::DeValue;

use super::super::document::{Table, Value, scalar};
use super::super::indirection::Indirections;

/// Puts numbers and switches in the place of texts in `json` that came from variables and spell some;
/// `value` is the same in the file. False: there are none.
pub(super) fn read(json: &mut Json, value: &Value<'_>, indirections: &Indirections) -> bool {
    match (json, value.get_ref()) {
        (json, DeValue::Table(table)) => read_table(json, table, indirections),
        (Json::Array(all), DeValue::Array(values)) => {
            let mut has_changed = false;
            for (json, value) in all.iter_mut().zip(values.iter()) {
                has_changed |= read(json, value, indirections);
            }
            has_changed
        }
        (json, _) if indirections.source(value).is_some() => {
            let scalar = json.as_str().and_then(scalar_of);
            scalar.map(|scalar| *json = scalar).is_some()
        }
        _ => false,
    }
}

pub(super) fn read_table(json: &mut Json, table: &Table<'_>, indirections: &Indirections) -> bool {
    let Json::Object(members) = json else { return false };
    let mut has_changed = false;
    for (name, json) in members.iter_mut() {
        if let Some(value) = table.get(name.as_str()) {
            has_changed |= read(json, value, indirections);
        }
    }
    has_changed
}

/// The number or the switch that a text spells as TOML does.
fn scalar_of(text: &str) -> Option<Json> {
    const LONGEST: usize = 64;
    let text = Some(text.trim()).filter(|text| text.len() <= LONGEST)?;
    scalar(DeValue::parse(text).ok()?.get_ref())
}
