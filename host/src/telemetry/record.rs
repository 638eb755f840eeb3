//! What one line says, and which value a key has when several groups name it.
//!
//! Does not know how a line looks.

use std::borrow::Cow;

use serde_json::Value;

use super::{Attributes, Level};

/// Fields that belong to the line itself; nobody can replace them.
const RESERVED: [&str; 3] = ["time", "level", "msg"];

/// Bounds of a shortened record. Even if every byte needed six to be written, all of it together
/// stays below [`super::line::LONGEST_LINE_BYTES`] with room for the fixed fields.
const SHORT_MESSAGE_BYTES: usize = 8 * 1024;
const SHORT_VALUE_BYTES: usize = 512;
const SHORT_KEY_BYTES: usize = 128;
const SHORT_GROUP_LENGTH: usize = 16;

/// What one line says, apart from the fields that all lines have in common.
#[derive(Clone, Copy)]
pub(super) struct Record<'a> {
    pub(super) level: Level,
    pub(super) message: &'a str,
    /// What the caller said.
    pub(super) attributes: &'a Attributes,
    /// On behalf of what the caller was running.
    pub(super) context: &'a Attributes,
}

impl Record<'_> {
    /// All fields after `msg`, when a key is in more than one group or is a reserved one.
    ///
    /// The last value of a key wins, at the place of the first. `None` means that writing the
    /// groups one after the other gives the same, which is nearly always so and much cheaper.
    pub(super) fn merged(&self, fixed: &Attributes) -> Option<Attributes> {
        let clashes = |key: &String| is_reserved(key) || fixed.contains_key(key);
        let is_plain = !self.attributes.keys().any(clashes)
            && !self.context.keys().any(|key| clashes(key) || self.attributes.contains_key(key));
        if is_plain {
            return None;
        }
        let mut merged = fixed.clone();
        for (key, value) in self.attributes.iter().chain(self.context) {
            insert(&mut merged, key, value.clone());
        }
        Some(merged)
    }
}

/// Adds a field, or replaces its value where it is; a reserved key gets the prefix `attributes.`.
pub(super) fn insert(fields: &mut Attributes, key: &str, value: Value) {
    let key = if is_reserved(key) { format!("attributes.{key}") } else { key.to_owned() };
    fields.insert(key, value);
}

fn is_reserved(key: &str) -> bool {
    RESERVED.contains(&key)
}

/// The beginning of a message that made its line too long.
pub(super) fn shorten_message(message: &str) -> Cow<'_, str> {
    shorten(message, SHORT_MESSAGE_BYTES)
}

/// What is kept of a group of attributes whose line was too long: the first ones, the beginning of
/// each text, and no lists or objects.
pub(super) fn shorten_group(group: &Attributes) -> Attributes {
    let shorten_value = |value: &Value| match value {
        Value::String(text) => shorten(text, SHORT_VALUE_BYTES).into(),
        Value::Array(_) | Value::Object(_) => "…".into(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    };
    group
        .iter()
        .take(SHORT_GROUP_LENGTH)
        .map(|(key, value)| (shorten(key, SHORT_KEY_BYTES).into_owned(), shorten_value(value)))
        .collect()
}

fn shorten(text: &str, bytes: usize) -> Cow<'_, str> {
    if text.len() <= bytes {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("{}…", &text[..text.floor_char_boundary(bytes)]))
}
