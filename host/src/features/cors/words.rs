//! Names of methods and headers in settings.
//!
//! Does not know which of them browsers allow anyway.

use std::borrow::Cow;

use http::{HeaderName, Method};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

/// A method.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct MethodWord(Method);

/// Why a text is no method.
#[derive(Debug, thiserror::Error)]
#[error("expected a method in upper case, such as `DELETE`")]
pub(super) struct MethodError;

impl MethodWord {
    /// Those that browsers send without asking (Fetch standard, "CORS-safelisted method").
    pub(super) const SAFE: [Self; 3] = [Self(Method::GET), Self(Method::HEAD), Self(Method::POST)];

    pub(super) fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl TryFrom<String> for MethodWord {
    type Error = MethodError;

    fn try_from(text: String) -> Result<Self, MethodError> {
        // Methods are case-sensitive, and browsers change the case of some only.
        let is_word = text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-');
        let method = is_word.then(|| Method::from_bytes(text.as_bytes()).ok()).flatten();
        method.map(Self).ok_or(MethodError)
    }
}

impl JsonSchema for MethodWord {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Method".into()
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[A-Z-]+$" })
    }
}

/// A header, or all of them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) enum HeaderWord {
    Any,
    Named(HeaderName),
}

/// Why a text is no header.
#[derive(Debug, thiserror::Error)]
#[error("expected the name of a header, such as `content-type`, or `*`")]
pub(super) struct HeaderError;

impl HeaderWord {
    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Any => "*",
            Self::Named(name) => name.as_str(),
        }
    }
}

impl TryFrom<String> for HeaderWord {
    type Error = HeaderError;

    fn try_from(text: String) -> Result<Self, HeaderError> {
        if text == "*" {
            return Ok(Self::Any);
        }
        // The library takes `*` and more of that kind inside a name as well, which nobody means.
        let name = (!text.contains('*')).then(|| text.parse().ok()).flatten();
        name.map(Self::Named).ok_or(HeaderError)
    }
}

impl JsonSchema for HeaderWord {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Header".into()
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": r"^(\*|[!#$%&'+.^_`|~0-9A-Za-z-]+)$" })
    }
}
