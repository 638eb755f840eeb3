//! What is wrong with a definition, where, and how to fix it.
//!
//! Does not know the rules: the modules beside it find the problems.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::snippet::Snippet;

/// A place in `service.toml`; both numbers start at 1, columns count characters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

/// One thing the user must edit, or, among the warnings, should look at.
///
/// Never holds the value of an environment variable, except for `TZ`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// `None`: the cause is in the environment, not in the file.
    #[serde(flatten)]
    pub position: Option<Position>,
    /// The file's own text there, unless there is nothing to be seen.
    #[serde(skip)]
    pub snippet: Option<Snippet>,
    pub message: String,
    /// What to write instead, when that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

impl Problem {
    /// One whose cause is in the environment.
    pub fn of_environment(message: String, help: Option<String>) -> Self {
        Self { position: None, snippet: None, message, help }
    }

    /// `path:line:column: message`, or `environment: message`; without the help.
    pub fn located(&self, path: &Path) -> String {
        match self.position {
            Some(Position { line, column }) => {
                format!("{}:{line}:{column}: {}", path.display(), self.message)
            }
            None => format!("environment: {}", self.message),
        }
    }

    /// Reading order: the file from top to bottom, then the environment.
    pub(super) fn reading_order(&self) -> (bool, Option<Position>) {
        (self.position.is_none(), self.position)
    }
}

/// Why there is no [`super::Definition`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file is missing, unreadable, or far too large to be a definition.
    #[error("cannot read `{}`", path.display())]
    Read { path: PathBuf, source: io::Error },

    /// The file was read; all that is wrong with it and with the environment it asks for.
    #[error("{}", ProblemList { path, problems })]
    Invalid { path: PathBuf, problems: Vec<Problem> },
}

impl LoadError {
    /// What to do about it, when that is known; the problems of an invalid file carry their own.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Read { source, .. } => match source.kind() {
                io::ErrorKind::NotFound => Some(
                    "pass the path of the service's `service.toml`, or make a service with \
                     `mikros-host new`",
                ),
                io::ErrorKind::IsADirectory => Some("pass the `service.toml`, not its directory"),
                _ => None,
            },
            Self::Invalid { .. } => None,
        }
    }

    /// The same when there was a definition before, which still serves.
    pub fn help_while_serving(&self) -> Option<&'static str> {
        match self {
            Self::Read { .. } => Some("put a `service.toml` there again"),
            Self::Invalid { .. } => None,
        }
    }

    /// Everything that is wrong with the content; empty when the file could not be read.
    pub fn problems(&self) -> &[Problem] {
        match self {
            Self::Read { .. } => &[],
            Self::Invalid { problems, .. } => problems,
        }
    }
}

struct ProblemList<'a> {
    path: &'a Path,
    problems: &'a [Problem],
}

impl fmt::Display for ProblemList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid service definition")?;
        for problem in self.problems {
            write!(f, "\n  {}", problem.located(self.path))?;
            if let Some(snippet) = &problem.snippet {
                snippet.write(f, "    ")?;
            }
            if let Some(help) = &problem.help {
                write!(f, "\n    help: {help}")?;
            }
        }
        Ok(())
    }
}
