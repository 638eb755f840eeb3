//! Values as queries and forms have them.
//! Deliberately flat: a browser knows no nested values.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde_json::Value;

/// What <https://url.spec.whatwg.org/#application-x-www-form-urlencoded-percent-encode-set> leaves as it is.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'*').remove(b'-').remove(b'.').remove(b'_');

/// The fields of a struct or a map, or a list of pairs. A list of values repeats its name; `None` is left out. The
/// error says which values have no such form.
pub(crate) fn write(values: &(impl Serialize + ?Sized)) -> Result<String, String> {
    let values = serde_json::to_value(values)
        .map_err(|error| format!("the values must fit into JSON: {error}"))?;
    let mut text = String::new();
    let mut add = |name: &str, value: &Value| match value {
        Value::Array(values) => values.iter().try_for_each(|value| pair(&mut text, name, value)),
        value => pair(&mut text, name, value),
    };
    match values {
        Value::Object(fields) => fields.iter().try_for_each(|(name, value)| add(name, value))?,
        Value::Array(pairs) => {
            for pair in pairs {
                match pair.as_array().map(Vec::as_slice) {
                    Some([Value::String(name), value]) => add(name, value)?,
                    _ => {
                        return Err(format!(
                            "a list must consist of pairs of a name and a value: `{pair}`"
                        ));
                    }
                }
            }
        }
        other => {
            return Err(format!(
                "the values must be a struct, a map or a list of pairs: `{other}`"
            ));
        }
    }
    Ok(text)
}

fn pair(text: &mut String, name: &str, value: &Value) -> Result<(), String> {
    let value = match value {
        Value::Null => return Ok(()),
        Value::String(value) => value.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(_) | Value::Object(_) => {
            return Err(format!("`{name}` must not have values within values"));
        }
    };
    if !text.is_empty() {
        text.push('&');
    }
    text.push_str(&encoded(name));
    text.push('=');
    text.push_str(&encoded(&value));
    Ok(())
}

fn encoded(text: &str) -> String {
    // A blank is `+`, and a plus `%2B`.
    utf8_percent_encode(text, ENCODED).to_string().replace("%20", "+")
}
