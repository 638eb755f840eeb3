//! What a type of settings says against a value, as facts rather than as a sentence.
//!
//! Does not know where the value is, nor what it is called.

use std::fmt::Display;

use serde::de::{Error, Expected, Unexpected};
use serde_json::Value as Json;

/// Why a value does not fit its type.
#[derive(Debug, thiserror::Error)]
#[error("a value is not of its type")]
pub(in crate::definition) enum Mismatch {
    /// `expected` is the rest of "must be", in the words of serde.
    Unexpected {
        nature: Nature,
        expected: String,
    },
    /// None of these words.
    NoChoice(&'static [&'static str]),
    UnknownKey {
        name: String,
        known: &'static [&'static str],
    },
    Missing(&'static str),
    /// In the words of the type itself.
    Other(String),
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::definition) enum Nature {
    Text,
    Number,
    Switch,
    Array,
    Table,
    Unknown,
}

impl Nature {
    /// Whether the value can be the one that is meant. It is not when it is around that one: some types
    /// read a table as a whole before they look into it.
    pub(in crate::definition) fn can_be(self, json: &Json) -> bool {
        match self {
            Self::Text => json.is_string(),
            Self::Number => json.is_number(),
            Self::Switch => json.is_boolean(),
            Self::Array => json.is_array(),
            Self::Table => json.is_object(),
            Self::Unknown => true,
        }
    }
}

impl From<Unexpected<'_>> for Nature {
    fn from(unexpected: Unexpected<'_>) -> Self {
        match unexpected {
            Unexpected::Str(_) | Unexpected::Char(_) | Unexpected::Bytes(_) => Self::Text,
            Unexpected::Signed(_) | Unexpected::Unsigned(_) | Unexpected::Float(_) => Self::Number,
            Unexpected::Bool(_) => Self::Switch,
            Unexpected::Seq => Self::Array,
            Unexpected::Map => Self::Table,
            _ => Self::Unknown,
        }
    }
}

impl Error for Mismatch {
    fn custom<T: Display>(message: T) -> Self {
        Self::Other(message.to_string())
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::Unexpected { nature: unexpected.into(), expected: expected.to_string() }
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(unexpected, expected)
    }

    fn invalid_length(_length: usize, expected: &dyn Expected) -> Self {
        Self::Unexpected { nature: Nature::Array, expected: expected.to_string() }
    }

    fn unknown_variant(_variant: &str, expected: &'static [&'static str]) -> Self {
        Self::NoChoice(expected)
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::UnknownKey { name: field.to_owned(), known: expected }
    }

    fn missing_field(field: &'static str) -> Self {
        Self::Missing(field)
    }
}
