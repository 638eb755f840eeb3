//! One thing that is wrong or worth a look, in the form in which `check` shows it.
//!
//! Does not know how it was found.

use std::error::Error;
use std::fmt;
use std::path::Path;

use serde::Serialize;

use crate::definition::{Collision, Position, Problem, Snippet};
use crate::engine::Mismatch;
use crate::text::{harmless_lines, on_one_line};

/// Serialised with all keys always present; what does not apply is `null`.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    pub(super) severity: Severity,
    /// The file it is about; `None`: it is about the environment.
    path: Option<String>,
    line: Option<usize>,
    column: Option<usize>,
    /// For people: programs have the file and the place in it.
    #[serde(skip)]
    snippet: Option<Snippet>,
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
        let Problem { position, snippet, message, help } = problem.clone();
        Self {
            severity: Severity::Error,
            path: position.map(|_| file.display().to_string()),
            line: position.map(|Position { line, .. }| line),
            column: position.map(|Position { column, .. }| column),
            snippet,
            message,
            help,
        }
    }

    pub(super) fn warning(file: &Path, problem: &Problem) -> Self {
        Self { severity: Severity::Warning, ..Self::problem(file, problem) }
    }

    /// A warning about the environment.
    pub(super) fn of_environment(message: String) -> Self {
        Self::warning(Path::new(""), &Problem::of_environment(message, None))
    }

    /// An error about a file as a whole, with its causes.
    pub(super) fn of_file(file: &Path, error: &dyn Error, help: Option<&str>) -> Self {
        Self::about(file, on_one_line(error), help.map(str::to_owned))
    }

    /// A warning about a file as a whole.
    pub(super) fn caution(file: &Path, message: String, help: String) -> Self {
        Self { severity: Severity::Warning, ..Self::about(file, message, Some(help)) }
    }

    pub(super) fn mismatch(component: &Path, mismatch: &Mismatch) -> Self {
        Self::about(component, mismatch.to_string(), Some(mismatch.help()))
    }

    /// An error about a service and another one of the same process.
    pub(super) fn collision(file: &Path, collision: &Collision) -> Self {
        Self::about(file, collision.to_string(), Some(collision.help().to_owned()))
    }

    /// Whether the message says already which file it is about.
    fn names(&self, path: &str) -> bool {
        self.line.is_none() && self.message.contains(&format!("`{path}`"))
    }

    fn about(file: &Path, message: String, help: Option<String>) -> Self {
        Self {
            severity: Severity::Error,
            path: Some(file.display().to_string()),
            line: None,
            column: None,
            snippet: None,
            message,
            help,
        }
    }
}

/// `path:line:column: message`, then what stands there, and the help on a line of its own.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.as_deref().unwrap_or("environment");
        if !self.names(path) {
            write!(f, "{path}:")?;
            for number in [self.line, self.column].into_iter().flatten() {
                write!(f, "{number}:")?;
            }
            write!(f, " ")?;
        }
        match self.severity {
            Severity::Error => write!(f, "{}", harmless_lines(&self.message))?,
            Severity::Warning => write!(f, "warning: {}", harmless_lines(&self.message))?,
        }
        if let Some(snippet) = &self.snippet {
            snippet.write(f, "  ")?;
        }
        match &self.help {
            Some(help) => write!(f, "\n  help: {}", harmless_lines(help)),
            None => Ok(()),
        }
    }
}
