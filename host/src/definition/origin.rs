//! Where each value that counts comes from.
//!
//! Does not know which values there are.

use std::fmt;

use serde::Serialize;

use super::Position;

/// One value that counts, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Effective {
    /// Dotted key of the file, or name of a framework variable.
    pub key: String,
    /// `***` when it may be a secret.
    pub value: String,
    #[serde(serialize_with = "as_text")]
    pub origin: Origin,
}

fn as_text<S: serde::Serializer>(origin: &Origin, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(origin)
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    Default,
    File(Position),
    /// As spelled in the environment.
    Variable(String),
    /// `mikros-host test`, which chooses for itself.
    Test,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => write!(f, "default"),
            Self::File(Position { line, .. }) => write!(f, "service.toml:{line}"),
            Self::Variable(name) => write!(f, "{name}"),
            Self::Test => write!(f, "`mikros-host test`"),
        }
    }
}
