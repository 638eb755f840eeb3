//! What may be a secret, judged by its name: it is not shown, although it is written in the file.
//!
//! Does not know values of variables: those are never shown.

use std::borrow::Cow;

use serde_json::Value as Json;

use super::suggestion::did_you_mean;

/// What is shown instead of a value that may be a secret.
pub(super) const MASK: &str = "***";

/// Parts of the names of secrets, in lower case.
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

/// Whether a line of the file may hold a secret: one of its keys is named, or nearly named, like one, or a URL
/// in it has a password.
pub(super) fn is_in(line: &str) -> bool {
    let is_end = |c: char| c.is_whitespace() || "\"'}],".contains(c);
    if line.trim_end_matches(is_end).ends_with("@env") {
        // The name of a variable.
        return false;
    }
    if without_passwords(line) != line {
        return true;
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

/// The text with the passwords in its URLs masked: `postgres://ada:***@db/orders`. So are the values of
/// parameters that are named like secrets, and what stands for a user of `http`, which is a token.
pub(super) fn without_passwords(text: &str) -> Cow<'_, str> {
    let mut shown = String::new();
    let mut rest = text;
    while let Some(scheme_end) = rest.find("://") {
        let (before, url) = rest.split_at(scheme_end + "://".len());
        let is_end = |c: char| c.is_whitespace() || "\"'`,<>".contains(c);
        let (url, after) = url.split_at(url.find(is_end).unwrap_or(url.len()));
        shown.push_str(before);
        let is_http = before.ends_with("http://") || before.ends_with("https://");
        let (user, address) = url.split_at(user_end(url));
        match user.split_once(':') {
            Some((name, _password)) => shown.extend([name, ":", MASK]),
            None if is_http && !user.is_empty() => shown.push_str(MASK),
            None => shown.push_str(user),
        }
        push_masking_parameters(&mut shown, address);
        rest = after;
    }
    if shown.is_empty() {
        return Cow::Borrowed(text);
    }
    shown.push_str(rest);
    Cow::Owned(shown)
}

/// Where the part of a URL that says who calls ends. Passwords may hold what they must not, such as `/`.
fn user_end(url: &str) -> usize {
    let authority = &url[..url.find(['/', '?', '#']).unwrap_or(url.len())];
    if let Some(end) = authority.rfind('@') {
        return end;
    }
    let is_host = authority.rsplit_once(':').is_none_or(|(_, port)| {
        !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) || port.ends_with(']')
    });
    if is_host { 0 } else { url.rfind('@').unwrap_or(0) }
}

fn push_masking_parameters(shown: &mut String, address: &str) {
    for (index, part) in address.split_inclusive(['?', '&', ';']).enumerate() {
        let end = part.len() - usize::from(part.ends_with(['?', '&', ';']));
        match part[..end].split_once('=') {
            Some((name, _value)) if index > 0 && is_secret(name) => {
                shown.extend([name, "=", MASK, &part[end..]]);
            }
            _ => shown.push_str(part),
        }
    }
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
    fn passwords_in_urls_are_masked() {
        for (text, shown) in [
            ("postgres://ada:hunter2@db/orders", "postgres://ada:***@db/orders"),
            ("redis://:hunter2@[::1]:6379", "redis://:***@[::1]:6379"),
            ("amqp://a:hunter2/@host:1/x", "amqp://a:***@host:1/x"),
            ("https://hunter2@api.example/x", "https://***@api.example/x"),
            ("jdbc:pg://db/x?user=a&password=hunter2", "jdbc:pg://db/x?user=a&password=***"),
            ("a://u:hunter2@x, b://v:hunter2@y end", "a://u:***@x, b://v:***@y end"),
        ] {
            assert_eq!(without_passwords(text), shown);
        }
        for plain in [
            "postgres://ada@db/orders",
            "http://host:80/a@b?next=x",
            "https://[::1]/a:b@c",
            "no url with a:b@c",
            "x://",
        ] {
            assert_eq!(without_passwords(plain), plain);
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
