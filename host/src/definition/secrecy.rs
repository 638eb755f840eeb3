//! What may be a secret by its name, and is not shown although it stands in the file.
//!
//! Does not know values of variables: those are never shown.

use serde_json::Value as Json;

use super::reader::MASK;
use super::suggestion::did_you_mean;

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

/// Whether a line of the file may hold a secret: one of its keys is named, or nearly named, like one.
pub(super) fn is_in(line: &str) -> bool {
    let is_end = |c: char| c.is_whitespace() || "\"'}],".contains(c);
    if line.trim_end_matches(is_end).ends_with("@env") {
        // The name of a variable.
        return false;
    }
    let mut parts = line.split('=').collect::<Vec<_>>();
    // What follows the last `=` is a value.
    parts.pop();
    let names = parts.into_iter().filter_map(|part| {
        part.trim_end().rsplit(|c: char| !(c.is_alphanumeric() || "_-".contains(c))).next()
    });
    let mut names = names.filter(|name| !name.is_empty());
    names.any(|name| {
        is_secret(name) || did_you_mean(name, ["password", "secret", "token"]).is_some()
    })
}

/// `password`, `db_password`, `api_key`, `key`, `key_sha256`, `accessToken`.
pub(super) fn is_secret(name: &str) -> bool {
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
    fn a_line_is_known_by_its_keys() {
        for line in [
            "password = 'x'",
            "  pasword='x'",
            "keys = [{ id = 'a', secret = 'b' }]",
            "api-key = 1",
        ] {
            assert!(is_in(line), "{line}");
        }
        for line in
            ["key = 'A@env'", "user = 'password'", "port = 8080", "[features.x]", "password"]
        {
            assert!(!is_in(line), "{line}");
        }
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
