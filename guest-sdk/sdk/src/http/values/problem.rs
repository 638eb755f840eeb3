//! Why a type could not be deserialized from a part of a request.
//! Deliberately does not know which field was meant: the attempt that failed does.

use std::fmt;

use serde::de::{self, Expected, Unexpected};

use super::words;

/// Why one attempt ended.
#[derive(Debug)]
pub(in crate::http) enum Problem {
    /// A value does not fit.
    Value(String),
    /// The same, in the words of the type's author.
    Custom(String),
    /// A field that must be there is not.
    Missing(&'static str),
    /// The type refuses fields that it does not know: the name, and what it says.
    Unknown(String, String),
    /// A field is there twice.
    Duplicate(&'static str),
    /// No request would fit: a mistake in the service.
    Unsupported(String),
    /// Whatever it is, telling might be wrong.
    Unsure,
}

impl de::Error for Problem {
    fn custom<T: fmt::Display>(message: T) -> Self {
        let message = message.to_string();
        // What serde says ends with the name of a type.
        let is_untagged = message.starts_with("data did not match any variant of untagged enum ");
        Self::Custom(if is_untagged { "has none of the allowed forms".to_owned() } else { message })
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_value(found, expected)
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::Value(format!(
            "expected {}, found {}",
            words::expected(expected),
            words::found(found)
        ))
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        let expected = words::expected(expected);
        // serde takes arrays for structs, too, which nobody means.
        let is_object = expected == "an object";
        let found = if is_object { "an array".to_owned() } else { length.to_string() };
        Self::Value(format!("expected {expected}, found {found}"))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let found = words::shown(variant);
        Self::Value(format!("expected {}, found {found}", words::one_of(expected)))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::Missing(field)
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let message = match expected {
            [] => "is unknown".to_owned(),
            names => format!("is unknown, expected {}", words::one_of(names)),
        };
        Self::Unknown(field.to_owned(), message)
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::Duplicate(field)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(message) | Self::Custom(message) | Self::Unsupported(message) => {
                f.write_str(message)
            }
            Self::Missing(name) => write!(f, "`{name}` is missing"),
            Self::Unknown(name, message) => write!(f, "`{}` {message}", words::cut(name)),
            Self::Duplicate(name) => write!(f, "`{name}` occurs twice"),
            Self::Unsure => f.write_str("does not fit"),
        }
    }
}

impl std::error::Error for Problem {}
