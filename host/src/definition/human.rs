//! Quantities in the settings of features and kinds, written as everywhere in `service.toml`: `"30s"`,
//! `"4MiB"`.

use std::borrow::Cow;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};
use serde_json::{Value as Json, json};

use super::quantity::{
    DURATION_PATTERN, SIZE_PATTERN, format_duration, format_size, parse_duration, parse_size,
};
use super::valid::{Rule, Valid};

/// A duration: an integer and `ms`, `s`, `m` or `h`, for example `1m30s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HumanDuration(pub Duration);

/// A size in bytes: an integer and `B`, `KiB`, `MiB`, `GiB`, `KB`, `MB` or `GB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HumanSize(pub u64);

/// A quantity without bounds, as the rule of its own values: what a message calls it, and how it is written.
macro_rules! quantity {
    ($type:ident($value:ty), $expected:literal, $pattern:ident, $parse:ident, $format:ident) => {
        impl Rule for $type {
            type Value = $value;

            fn expected() -> String {
                $expected.to_owned()
            }

            fn schema() -> Json {
                json!({ "type": "string", "pattern": format!("^{}$", $pattern) })
            }

            fn written(value: &$value) -> Json {
                $format(*value).into()
            }

            fn text(text: &str) -> Option<$value> {
                $parse(text)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Valid::<Self>::deserialize(deserializer).map(|valid| Self(valid.0))
            }
        }

        /// As a default in the schema.
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                Self::written(&self.0).serialize(serializer)
            }
        }

        impl JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                Valid::<Self>::json_schema(generator)
            }
        }
    };
}

quantity!(
    HumanDuration(Duration),
    "a duration such as `30s`",
    DURATION_PATTERN,
    parse_duration,
    format_duration
);
quantity!(HumanSize(u64), "a size such as `4MiB`", SIZE_PATTERN, parse_size, format_size);
