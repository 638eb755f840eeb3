//! One text or a list of texts, in one key.
//!
//! Does not know what is in the texts.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};

/// The texts, and whether they were written as a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Expressions(pub(super) Vec<String>, pub(super) bool);

impl Expressions {
    /// Each with the path of its key.
    pub(super) fn located(&self) -> impl Iterator<Item = (String, &String)> {
        let Self(texts, is_list) = self;
        texts.iter().enumerate().map(|(index, text)| {
            let path = if *is_list { format!("cron[{index}]") } else { "cron".to_owned() };
            (path, text)
        })
    }
}

struct OneOrMany;

impl<'de> Visitor<'de> for OneOrMany {
    type Value = Expressions;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a cron expression or a list of them")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Expressions, E> {
        Ok(Expressions(vec![text.to_owned()], false))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Expressions, A::Error> {
        let mut all = Vec::new();
        while let Some(text) = items.next_element()? {
            all.push(text);
        }
        Ok(Expressions(all, true))
    }
}

impl<'de> Deserialize<'de> for Expressions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrMany)
    }
}

impl JsonSchema for Expressions {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Expressions".into()
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                { "type": "string" },
                { "type": "array", "items": { "type": "string" }, "minItems": 1 }
            ]
        })
    }
}
