//! Names, paths, versions, and lists of texts.

use std::fmt;

use schemars::JsonSchema;
use serde::de::{self, Deserialize, Deserializer, MapAccess};
use serde::ser::{Serialize, Serializer};
use serde_json::{Value as Json, json};

use super::{Rule, Valid};

/// What a message says of an empty text.
pub(in crate::definition) const NOT_EMPTY: &str = "must not be empty";

/// A text that is more than blanks.
#[derive(Debug, Clone, Default, serde::Deserialize, serde::Serialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = "\\S"))]
pub(in crate::definition) struct Text(String);

#[derive(Debug, thiserror::Error)]
#[error("{NOT_EMPTY}")]
pub(in crate::definition) struct EmptyText;

impl TryFrom<String> for Text {
    type Error = EmptyText;

    fn try_from(text: String) -> Result<Self, EmptyText> {
        if text.trim().is_empty() { Err(EmptyText) } else { Ok(Self(text)) }
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.0
    }
}

pub(in crate::definition) type Version = Valid<VersionRule>;
/// With one slash in front and none at the end; the root is empty.
pub(in crate::definition) type BasePath = Valid<BasePathRule>;
/// `None` turns the health check off.
pub(in crate::definition) type HealthPath = Valid<HealthPathRule>;
pub(in crate::definition) type Kinds = Valid<KindsRule>;
/// Of environment variables.
pub(in crate::definition) type Names = Valid<NamesRule>;
/// Of files and directories.
pub(in crate::definition) type Paths = Valid<PathsRule>;
/// Names of features.
pub(in crate::definition) type Features = Valid<FeaturesRule>;

pub(in crate::definition) struct VersionRule;

/// `SemVer` as on semver.org with an optional `v`, or `v` and one to three short numbers.
const VERSION_PATTERN: &str = r"^(v?(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-((0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(\+([0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*))?|v\d{1,2}(\.\d{1,2}){0,2})$";

impl Rule for VersionRule {
    type Value = String;

    fn expected() -> String {
        "a version such as `v1.2.3`".to_owned()
    }

    fn schema() -> Json {
        json!({ "type": "string", "pattern": VERSION_PATTERN })
    }

    fn written(version: &String) -> Json {
        version.as_str().into()
    }

    fn text(text: &str) -> Option<String> {
        is_version(text).then(|| text.to_owned())
    }
}

/// `SemVer` with an optional `v`, or one to three numbers of at most two digits after a `v`.
fn is_version(text: &str) -> bool {
    let bare = text.strip_prefix('v').unwrap_or(text);
    let short = |number: &str| {
        (1..=2).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit())
    };
    let is_short =
        text.starts_with('v') && bare.split('.').count() <= 3 && bare.split('.').all(short);
    is_short || semver::Version::parse(bare).is_ok()
}

pub(in crate::definition) struct BasePathRule;

impl Rule for BasePathRule {
    type Value = String;

    fn expected() -> String {
        "a URL path".to_owned()
    }

    fn schema() -> Json {
        json!({ "type": "string" })
    }

    fn written(path: &String) -> Json {
        path.as_str().into()
    }

    fn text(text: &str) -> Option<String> {
        let inner = text.trim().trim_matches('/');
        if inner.is_empty() {
            return Some(String::new());
        }
        let path = format!("/{inner}");
        is_url_path(&path).then_some(path)
    }
}

pub(in crate::definition) struct HealthPathRule;

impl HealthPathRule {
    const DEFAULT: &str = "/health";
}

impl Default for HealthPath {
    fn default() -> Self {
        Self(Some(HealthPathRule::DEFAULT.to_owned()))
    }
}

impl Rule for HealthPathRule {
    type Value = Option<String>;

    fn expected() -> String {
        "a URL path that starts with `/`, or `false`".to_owned()
    }

    fn schema() -> Json {
        json!({ "anyOf": [{ "type": "boolean" }, { "type": "string", "pattern": "^/.*$" }] })
    }

    fn written(path: &Self::Value) -> Json {
        path.as_deref().map_or(false.into(), Json::from)
    }

    fn text(text: &str) -> Option<Self::Value> {
        is_url_path(text).then(|| Some(text.to_owned()))
    }

    fn switch(on: bool) -> Option<Self::Value> {
        Some(on.then(|| Self::DEFAULT.to_owned()))
    }
}

/// A path that a client can send as it is: no query, no empty or relative segments before the end.
fn is_url_path(text: &str) -> bool {
    let Some(inner) = text.strip_prefix('/') else { return false };
    let segments = inner.strip_suffix('/').unwrap_or(inner);
    segments.is_empty() && inner.is_empty() || segments.split('/').all(is_segment)
}

fn is_segment(segment: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&byte);
    !matches!(segment, "" | "." | "..") && segment.bytes().all(is_plain)
}

/// A list of texts: what a message calls it, and the schema of its items.
macro_rules! list {
    ($rule:ident, $expected:literal, $items:tt $(, $more:literal: $value:literal)*) => {
        pub(in crate::definition) struct $rule;

        impl Rule for $rule {
            type Value = Vec<String>;
            const IS_LIST: bool = true;

            fn expected() -> String {
                $expected.to_owned()
            }

            fn schema() -> Json {
                json!({ "type": "array", "items": $items $(, $more: $value)* })
            }

            fn written(items: &Vec<String>) -> Json {
                items.as_slice().into()
            }

            fn list(items: Vec<String>) -> Option<Vec<String>> {
                Some(items)
            }
        }
    };
}

list!(KindsRule, "an array of kinds", { "type": "string" }, "minItems": 1);
list!(NamesRule, "an array of variable names", { "type": "string" }, "uniqueItems": true);
list!(PathsRule, "an array of paths", { "type": "string", "pattern": "\\S" });
list!(FeaturesRule, "an array of names of features", { "type": "string" });

/// A table of strings, in the order of the file.
#[derive(Debug, Default, JsonSchema)]
pub(in crate::definition) struct Attributes(
    #[schemars(with = "std::collections::BTreeMap<String, String>")]
    pub(in crate::definition)  Vec<(String, String)>,
);

impl Serialize for Attributes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl<'de> Deserialize<'de> for Attributes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(AttributesVisitor).map(Self)
    }
}

struct AttributesVisitor;

impl<'de> de::Visitor<'de> for AttributesVisitor {
    type Value = Vec<(String, String)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table of strings")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::new();
        while let Some(entry) = members.next_entry()? {
            all.push(entry);
        }
        Ok(all)
    }
}
