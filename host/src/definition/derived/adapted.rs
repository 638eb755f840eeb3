//! A schema that types derive, fitted to TOML: nothing is `null`, and a string may be the name of a variable.
//!
//! Does not know which types there are.

use serde_json::{Map, Value as Json, json};

/// Fits a schema and all below it.
pub(in crate::definition) fn adapt(schema: &mut Json) {
    let Some(members) = schema.as_object_mut() else { return };
    members.shift_remove("title");
    if let Some(Json::String(text)) = members.get_mut("description") {
        // Doc comments are wrapped; descriptions are not.
        *text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    }
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
    members.insert("anyOf".to_owned(), json!([rules, variable()]));
}

/// `NAME@env`.
pub(in crate::definition) fn variable() -> Json {
    json!({ "type": "string", "pattern": "^.+@env$" })
}
