//! What one line says, and which value a key has when several groups name it.
//!
//! Does not know how a line looks.

use serde_json::Value;

use super::{Attributes, Level};

/// Fields that belong to the line itself; nothing can replace them.
const RESERVED: [&str; 3] = ["time", "level", "msg"];

/// The field that belongs to the line if the host has written it. In lines of a service it is like any other.
const EVENT: &str = "event";

/// Of the keys of attributes whose names belong to somebody else.
const PREFIX: &str = "attributes.";

/// What one line says, apart from the fields that all lines have in common.
#[derive(Clone, Copy)]
pub(super) struct Record<'a> {
    pub(super) level: Level,
    pub(super) message: &'a str,
    /// What happened, for lines of the host.
    pub(super) event: Option<&'a str>,
    /// What the caller said.
    pub(super) attributes: &'a Attributes,
    /// On behalf of what the caller was running.
    pub(super) context: &'a Attributes,
}

impl Record<'_> {
    /// All fields after `msg`, when a key is in more than one group or is a reserved one.
    ///
    /// An attribute replaces a fixed field of its name, in its place. What an attribute of the context's name says
    /// is kept under another name. `None` means that writing the groups one after the other gives the same,
    /// which is nearly always so and much cheaper.
    pub(super) fn merged(&self, fixed: &Attributes) -> Option<Attributes> {
        let is_own = |key: &str| is_reserved(key) || (self.event.is_some() && key == EVENT);
        let clashes = |key: &String| is_own(key) || fixed.contains_key(key);
        let is_plain = !self.attributes.keys().any(clashes)
            && !self.context.keys().any(|key| clashes(key) || self.attributes.contains_key(key));
        if is_plain {
            return None;
        }
        let mut merged = fixed.clone();
        for (key, value) in self.attributes {
            match self.context.get(key) {
                Some(known) if known != value => {
                    merged.insert(format!("{PREFIX}{key}"), value.clone());
                }
                _ => insert(&mut merged, key, value.clone(), is_own(key)),
            }
        }
        for (key, value) in self.context {
            insert(&mut merged, key, value.clone(), is_own(key));
        }
        Some(merged)
    }
}

/// Adds a field of all lines, or replaces its value where it is. Those of the host are among them.
pub(super) fn insert_fixed(fields: &mut Attributes, key: &str, value: Value) {
    insert(fields, key, value, is_reserved(key) || key == EVENT);
}

/// Adds a field, or replaces its value where it is; a reserved key gets the prefix `attributes.`.
fn insert(fields: &mut Attributes, key: &str, value: Value, is_reserved: bool) {
    let key = if is_reserved { format!("{PREFIX}{key}") } else { key.to_owned() };
    fields.insert(key, value);
}

fn is_reserved(key: &str) -> bool {
    RESERVED.contains(&key)
}
