//! Values as queries and forms have them.
//! Deliberately flat: a browser knows no nested values.

use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde_json::Value;

/// What <https://url.spec.whatwg.org/#application-x-www-form-urlencoded-percent-encode-set> leaves as it is.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'*').remove(b'-').remove(b'.').remove(b'_');

/// The fields of a struct or a map, or a list of pairs. A list of values repeats its name; `None` is left out.
pub(super) fn write(values: &(impl Serialize + ?Sized)) -> String {
    let mut text = String::new();
    let mut add = |name: &str, value: &Value| match value {
        Value::Array(values) => values.iter().for_each(|value| pair(&mut text, name, value)),
        value => pair(&mut text, name, value),
    };
    match serde_json::to_value(values).expect("the values must fit into JSON") {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| add(name, value)),
        Value::Array(pairs) => {
            for pair in pairs {
                match pair.as_array().map(Vec::as_slice) {
                    Some([Value::String(name), value]) => add(name, value),
                    _ => panic!("a list must consist of pairs of a name and a value: `{pair}`"),
                }
            }
        }
        other => panic!("the values must be a struct, a map or a list of pairs: `{other}`"),
    }
    text
}

fn pair(text: &mut String, name: &str, value: &Value) {
    let value = match value {
        Value::Null => return,
        Value::String(value) => value.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(_) | Value::Object(_) => panic!("`{name}` must not have values within values"),
    };
    let separator = if text.is_empty() { "" } else { "&" };
    let (name, value) = (encoded(name), encoded(&value));
    write!(text, "{separator}{name}={value}").expect("a text takes everything");
}

fn encoded(text: &str) -> String {
    // A blank is `+`, and a plus `%2B`.
    utf8_percent_encode(text, ENCODED).to_string().replace("%20", "+")
}
