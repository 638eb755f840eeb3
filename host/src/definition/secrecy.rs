//! What may be a secret by its name, and is not shown although it stands in the file.
//!
//! Does not know values of variables: those are never shown.

use serde_json::Value as Json;

use super::reader::MASK;

/// Parts of names, in lower case, of what nobody but its owner should see.
const SECRET: [&str; 7] =
    ["secret", "password", "passwd", "passphrase", "token", "credential", "private"];

/// The value of a key in a free table, for people: what may be a secret is masked, also deep inside.
pub(super) fn masked(name: &str, value: &Json) -> Json {
    match value {
        Json::Object(members) => {
            members.iter().map(|(inner, value)| (inner.clone(), masked(inner, value))).collect()
        }
        Json::Array(items) => items.iter().map(|item| masked(name, item)).collect(),
        Json::String(_) | Json::Number(_) if is_secret(name) => MASK.into(),
        Json::String(_) | Json::Number(_) | Json::Bool(_) | Json::Null => value.clone(),
    }
}

/// `password`, `db_password`, `api_key`, `key`, `key_sha256`, `accessToken`.
fn is_secret(name: &str) -> bool {
    let name = name.trim_matches('"').to_ascii_lowercase();
    SECRET.iter().any(|part| name.contains(part)) || name.ends_with("key") || name.contains("key_")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_tell_what_may_be_a_secret() {
        for name in ["password", "db_password", "key", "api_key", "key_sha256", "accessToken"] {
            assert_eq!(masked(name, &json!("x")), json!("***"), "{name}");
        }
        for name in ["user", "keys", "keyboard", "public", "origin"] {
            assert_eq!(masked(name, &json!("x")), json!("x"), "{name}");
        }
        assert_eq!(masked("allow_token", &json!(true)), json!(true));
    }

    #[test]
    fn what_is_deep_inside_is_masked_too() {
        let value = json!([{ "id": "a", "secret": "b", "more": { "password": ["c", 1] } }]);

        let shown = masked("keys", &value);

        let expected =
            json!([{ "id": "a", "secret": "***", "more": { "password": ["***", "***"] } }]);
        assert_eq!(shown, expected);
    }
}
