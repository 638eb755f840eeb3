//! Types of content, and patterns of them.
//!
//! Does not know what the content is.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

/// What shrinks.
pub(super) const DEFAULT: [&str; 10] = [
    "text/*",
    "application/json",
    "application/*+json",
    "application/x-ndjson",
    "application/xml",
    "application/*+xml",
    "application/javascript",
    "application/wasm",
    "application/yaml",
    "image/svg+xml",
];

/// A stream of events, which has to arrive as it happens. Compressors hold things back.
const EVENTS: &str = "text/event-stream";

/// `text/*`, `application/*+json`, `image/svg+xml`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
struct Pattern {
    /// In lower case.
    before: String,
    /// `None` without an asterisk.
    after: Option<String>,
}

/// Why a text is no [`Pattern`].
#[derive(Debug, thiserror::Error)]
#[error("expected a type such as `application/json`, `text/*` or `application/*+json`")]
struct PatternError;

impl TryFrom<String> for Pattern {
    type Error = PatternError;

    fn try_from(text: String) -> Result<Self, PatternError> {
        let text = text.to_ascii_lowercase();
        let (main, sub) = text.split_once('/').ok_or(PatternError)?;
        let is_plain = is_token(main) && !main.contains('*') && is_token(sub);
        if !is_plain || sub.matches('*').count() > 1 || text == EVENTS {
            return Err(PatternError);
        }
        Ok(match text.split_once('*') {
            Some((before, after)) => Self { before: before.into(), after: Some(after.into()) },
            None => Self { before: text, after: None },
        })
    }
}

/// RFC 9110 section 5.6.2.
fn is_token(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_allowed)
}

impl Pattern {
    fn covers(&self, text: &str) -> bool {
        match &self.after {
            None => text == self.before,
            Some(after) => text
                .strip_prefix(self.before.as_str())
                .and_then(|rest| rest.strip_suffix(after.as_str()))
                .is_some_and(|rest| !rest.is_empty()),
        }
    }
}

impl JsonSchema for Pattern {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "ContentType".into()
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[^/*; ]+/[^/*; ]*\\*?[^/*; ]*$" })
    }
}

/// Some types.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub(super) struct ContentTypes(Vec<Pattern>);

impl Default for ContentTypes {
    fn default() -> Self {
        let pattern = |text: &str| Pattern::try_from(text.to_owned()).ok();
        Self(DEFAULT.into_iter().filter_map(pattern).collect())
    }
}

impl ContentTypes {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the value of `content-type` is one of them. Streams of events never are.
    pub(super) fn contain(&self, value: &[u8]) -> bool {
        let essence = value.split(|byte| *byte == b';').next().unwrap_or_default();
        let Ok(essence) = str::from_utf8(essence.trim_ascii()) else { return false };
        let essence = essence.to_ascii_lowercase();
        essence != EVENTS && self.0.iter().any(|pattern| pattern.covers(&essence))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_the_like_are_worth_it() {
        let types = ContentTypes::default();
        assert_eq!(types.0.len(), DEFAULT.len());
        for value in [
            "text/plain",
            "text/html; charset=utf-8",
            "TEXT/HTML;charset=utf-8",
            "application/json",
            "application/problem+json",
            "image/svg+xml",
        ] {
            assert!(types.contain(value.as_bytes()), "{value}");
        }
        for value in [
            "",
            "image/png",
            "application/octet-stream",
            "application/grpc",
            "text/event-stream",
            "Text/Event-Stream; charset=utf-8",
            "application/+json",
            "text/",
            "xtext/plain",
            "application/jsonp",
        ] {
            assert!(!types.contain(value.as_bytes()), "{value}");
        }
    }

    #[test]
    fn patterns_are_checked() {
        for text in [
            "", "text", "/", "text/", "/plain", "*/*", "text/*/*", "a/**", "a/b; c", "a b/c",
            EVENTS,
        ] {
            assert!(Pattern::try_from(text.to_owned()).is_err(), "{text}");
        }
        assert!(Pattern::try_from("Application/VND.*+JSON".to_owned()).is_ok());
    }
}
