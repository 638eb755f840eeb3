//! Quantities in the settings of features and kinds, written as everywhere in `service.toml`: `"30s"`,
//! `"4MiB"`.

use std::borrow::Cow;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error};

use super::quantity::{DURATION_PATTERN, SIZE_PATTERN, parse_duration, parse_size};

/// A duration: an integer and `ms`, `s`, `m` or `h`, for example `1m30s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HumanDuration(pub Duration);

/// A size in bytes: an integer and `B`, `KiB`, `MiB`, `GiB`, `KB`, `MB` or `GB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HumanSize(pub u64);

impl<'de> Deserialize<'de> for HumanDuration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let parsed = parse_duration(&text);
        parsed.map(Self).ok_or_else(|| D::Error::custom("expected a duration such as `30s`"))
    }
}

impl<'de> Deserialize<'de> for HumanSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let parsed = parse_size(&text);
        parsed.map(Self).ok_or_else(|| D::Error::custom("expected a size such as `4MiB`"))
    }
}

impl JsonSchema for HumanDuration {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": format!("^{DURATION_PATTERN}$") })
    }
}

impl JsonSchema for HumanSize {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Size".into()
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": format!("^{SIZE_PATTERN}$") })
    }
}
