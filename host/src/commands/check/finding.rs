//! One thing that is wrong or worth a look, in the form in which `check` shows it.
//!
//! Does not know how it was found.

use std::error::Error;
use std::fmt;
use std::iter::successors;
use std::path::Path;

use serde::Serialize;

use crate::definition::{Position, Problem};
use crate::engine::Mismatch;

/// Serialised with all keys always present; what does not apply is `null`.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    pub(super) severity: Severity,
    /// The file it is about; `None`: it is about the environment.
    path: Option<String>,
    line: Option<usize>,
    column: Option<usize>,
    message: String,
    help: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Severity {
    Error,
    Warning,
}

impl Finding {
    pub(super) fn problem(file: &Path, problem: &Problem) -> Self {
        let Problem { position, message, help } = problem.clone();
        Self {
            severity: Severity::Error,
            path: position.map(|_| file.display().to_string()),
            line: position.map(|Position { line, .. }| line),
            column: position.map(|Position { column, .. }| column),
            message,
            help,
        }
    }

    pub(super) fn warning(file: &Path, problem: &Problem) -> Self {
        Self { severity: Severity::Warning, ..Self::problem(file, problem) }
    }

    /// A warning about the environment.
    pub(super) fn of_environment(message: String) -> Self {
        Self::warning(Path::new(""), &Problem { position: None, message, help: None })
    }

    /// An error about a file as a whole, with its causes.
    pub(super) fn of_file(file: &Path, error: &dyn Error, help: Option<&str>) -> Self {
        let chain = successors(Some(error), |&error| error.source());
        let message = chain.map(ToString::to_string).collect::<Vec<_>>().join(": ");
        Self::about(file, message, help.map(str::to_owned))
    }

    pub(super) fn mismatch(component: &Path, mismatch: &Mismatch) -> Self {
        let text = mismatch.to_string();
        let (message, help) = match text.split_once("\n    help: ") {
            Some((message, help)) => (message.to_owned(), Some(help.to_owned())),
            None => (text, None),
        };
        Self::about(component, message, help)
    }

    fn about(file: &Path, message: String, help: Option<String>) -> Self {
        Self {
            severity: Severity::Error,
            path: Some(file.display().to_string()),
            line: None,
            column: None,
            message,
            help,
        }
    }
}

/// `path:line:column: message`, and the help on a line of its own.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.path.as_deref().unwrap_or("environment"))?;
        for number in [self.line, self.column].into_iter().flatten() {
            write!(f, "{number}:")?;
        }
        match self.severity {
            Severity::Error => write!(f, " {}", self.message)?,
            Severity::Warning => write!(f, " warning: {}", self.message)?,
        }
        match &self.help {
            Some(help) => write!(f, "\n  help: {help}"),
            None => Ok(()),
        }
    }
}
