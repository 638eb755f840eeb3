//! Variables are text: what they hold where a type wants a number or a switch.
//!
//! Does not know the type.

use serde_json::Value as Json;
use toml::de::DeValue;

use super::super::document::{Table, Value};
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
            let scalar = json.as_str().and_then(|text| json_of(scalar_of(text)?.get_ref()));
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

fn json_of(scalar: &DeValue<'_>) -> Option<Json> {
    match scalar {
        DeValue::Boolean(on) => Some(Json::from(*on)),
        DeValue::Integer(number) => {
            i64::from_str_radix(number.as_str(), number.radix()).ok().map(Json::from)
        }
        DeValue::Float(number) => {
            serde_json::Number::from_f64(number.as_str().parse().ok()?).map(Json::Number)
        }
        _ => None,
    }
}

/// The number or the switch that a text spells as TOML does.
fn scalar_of(text: &str) -> Option<Value<'_>> {
    const LONGEST: usize = 64;
    let text = Some(text.trim()).filter(|text| text.len() <= LONGEST)?;
    let value = DeValue::parse(text).ok()?;
    let is_scalar =
        matches!(value.get_ref(), DeValue::Boolean(_) | DeValue::Integer(_) | DeValue::Float(_));
    is_scalar.then_some(value)
}
