//! Why a type could not be deserialized from named texts.
//! Deliberately does not know which field was meant: the attempt that failed does.

use std::fmt;

use serde::de;

/// Why one attempt ended.
#[derive(Debug)]
pub(super) enum Problem {
    /// A value does not fit, or the type refuses the whole.
    Value(String),
    /// A field that must be there is not.
    Missing(&'static str),
    /// The type refuses fields that it does not know: the name, and what it says.
    Unknown(String, String),
    /// No request would fit: a mistake in the service.
    Unsupported(String),
}

impl de::Error for Problem {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Value(message.to_string())
    }

    fn missing_field(field: &'static str) -> Self {
        Self::Missing(field)
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let names: Vec<_> = expected.iter().map(|name| format!("`{name}`")).collect();
        Self::Unknown(field.to_owned(), format!("is unknown, expected {}", names.join(", ")))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(message) | Self::Unsupported(message) => f.write_str(message),
            Self::Missing(name) => write!(f, "`{name}` is missing"),
            Self::Unknown(name, message) => write!(f, "`{name}` {message}"),
        }
    }
}

impl std::error::Error for Problem {}
