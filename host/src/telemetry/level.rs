//! How important a log line is.
//!
//! Knows nothing of lines, outputs or the definition that sets a level.

use std::fmt;
use std::str::FromStr;

/// How important a log line is, from least to most.
///
/// Default: [`Level::Info`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    Debug,
    /// Detail about the framework rather than about the service.
    Internal,
    #[default]
    Info,
    Warn,
    Error,
    /// The service cannot go on.
    Fatal,
}

/// A word that is no log level.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown log level `{found}`, expected one of `debug`, `internal`, `info`, `warn`, `error`, `fatal`"
)]
pub struct ParseLevelError {
    found: String,
}

impl Level {
    /// All levels, from least to most important.
    pub const ALL: [Self; 6] =
        [Self::Debug, Self::Internal, Self::Info, Self::Warn, Self::Error, Self::Fatal];

    /// The level as it stands in a line, for example `WARN`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "DEBUG",
            Self::Internal => "INTERNAL",
            Self::Info => "INFO",
            Self::Warn => "WARN",
            Self::Error => "ERROR",
            Self::Fatal => "FATAL",
        }
    }

    /// The level as it is typed in `service.toml` and on the command line, for example `warn`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Internal => "internal",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::Fatal => "fatal",
        }
    }
}

/// Shows [`Level::name`].
impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Takes the names in any case, and `warning`, as one of the two existing frameworks spells it.
impl FromStr for Level {
    type Err = ParseLevelError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.eq_ignore_ascii_case("warning") {
            return Ok(Self::Warn);
        }
        Self::ALL
            .into_iter()
            .find(|level| text.eq_ignore_ascii_case(level.name()))
            .ok_or_else(|| ParseLevelError { found: text.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::Level;

    #[test]
    fn every_name_is_read_back_in_any_case() {
        for level in Level::ALL {
            assert_eq!(level.name().parse(), Ok(level));
            assert_eq!(level.as_str().parse(), Ok(level));
        }
        assert_eq!("Warning".parse(), Ok(Level::Warn));
    }

    #[test]
    fn levels_are_ordered_by_importance() {
        assert!(Level::ALL.is_sorted());
        assert!(Level::Debug < Level::Internal && Level::Internal < Level::Info);
    }

    #[test]
    fn an_unknown_level_is_refused_with_the_choices() {
        let error = "verbose".parse::<Level>().unwrap_err();

        expect!["unknown log level `verbose`, expected one of `debug`, `internal`, `info`, `warn`, `error`, `fatal`"]
            .assert_eq(&error.to_string());
        assert!("".parse::<Level>().is_err());
        assert!(" info".parse::<Level>().is_err());
    }
}
