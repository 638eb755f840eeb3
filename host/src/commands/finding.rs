//! One thing that a look at a service has found, and how `check` and `doctor` show it: to people and to programs.
//!
//! Does not know how it was found.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::definition::{Collision, LoadError, Position, Problem, Snippet};
use crate::report::Status;
use crate::text::{harmless_lines, on_one_line};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Severity {
    Ok,
    /// Worth a look.
    Warning,
    /// In the way, and how the process ends because of it.
    Problem(Status),
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) severity: Severity,
    /// The file that it is about.
    path: Option<PathBuf>,
    position: Option<Position>,
    /// For people: programs have the file and the position.
    snippet: Option<Snippet>,
    message: String,
    pub(super) help: Option<String>,
}

impl Finding {
    pub(super) fn new(severity: Severity, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { severity, path: None, position: None, snippet: None, message, help: None }
    }

    /// Something in `service.toml`, or in the environment if it has no position.
    pub(super) fn of_problem(severity: Severity, file: &Path, problem: &Problem) -> Self {
        let Problem { position, snippet, message, help } = problem.clone();
        let path = position.map(|_| file.to_owned());
        Self { severity, path, position, snippet, message, help }
    }

    /// What keeps services from running in one process.
    pub(super) fn of_collision(collision: &Collision) -> Self {
        let severity = Severity::Problem(Status::EditNeeded);
        let finding = Self::new(severity, collision.to_string()).of_file(collision.path());
        let position = collision.position();
        Self { position, ..finding }.help(collision.help())
    }

    /// Everything that is wrong with `service.toml`; one finding if it cannot be read at all.
    pub(super) fn all_of(file: &Path, error: &LoadError) -> Vec<Self> {
        let severity = Severity::Problem(Status::EditNeeded);
        if error.problems().is_empty() {
            let whole = Self::new(severity, on_one_line(error)).of_file(file);
            return vec![whole.maybe_help(error.help())];
        }
        let problems = error.problems().iter();
        problems.map(|problem| Self::of_problem(severity, file, problem)).collect()
    }

    /// The same about a file as a whole.
    pub(super) fn of_file(mut self, file: &Path) -> Self {
        self.path = Some(file.to_owned());
        self
    }

    /// The same about a place in a file.
    pub(super) fn at(mut self, file: &Path, position: Position) -> Self {
        (self.path, self.position) = (Some(file.to_owned()), Some(position));
        self
    }

    pub(super) fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    pub(super) fn maybe_help(self, help: Option<&str>) -> Self {
        Self { help: help.map(str::to_owned), ..self }
    }

    /// `path:line:column: `, or nothing if it is about no file, or if the message names the file.
    pub(super) fn place(&self) -> String {
        let Some(path) = self.path.as_ref().map(|path| path.display().to_string()) else {
            return String::new();
        };
        match self.position {
            Some(Position { line, column }) => format!("{path}:{line}:{column}: "),
            None if self.message.contains(&format!("`{path}`")) => String::new(),
            None => format!("{path}: "),
        }
    }

    /// Whether it is about a file.
    pub(super) fn has_file(&self) -> bool {
        self.path.is_some()
    }

    /// The message, what stands at the position, and the help, each on lines of its own behind `indent`.
    pub(super) fn write(&self, f: &mut fmt::Formatter<'_>, indent: &str) -> fmt::Result {
        write!(f, "{}", harmless_lines(&self.message))?;
        if let Some(snippet) = &self.snippet {
            snippet.write(f, indent)?;
        }
        if let Some(help) = &self.help {
            write!(f, "\n{indent}help: {}", harmless_lines(help))?;
        }
        writeln!(f)
    }
}

/// With all keys always present; what does not apply is `null`.
impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Finding", 5)?;
        let path = self.path.as_ref().map(|path| path.display().to_string());
        fields.serialize_field("path", &path)?;
        fields.serialize_field("line", &self.position.map(|position| position.line))?;
        fields.serialize_field("column", &self.position.map(|position| position.column))?;
        fields.serialize_field("message", &self.message)?;
        fields.serialize_field("help", &self.help)?;
        fields.end()
    }
}

/// How the process ends. What must be edited counts more than what the machine lacks: editing comes first.
pub(super) fn status<'a>(findings: impl Iterator<Item = &'a Finding>) -> Status {
    let mut worst = Status::Success;
    for finding in findings {
        match finding.severity {
            Severity::Problem(Status::EditNeeded) => return Status::EditNeeded,
            Severity::Problem(status) => worst = status,
            Severity::Ok | Severity::Warning => (),
        }
    }
    worst
}

/// For example `2 problems, 1 warning`.
pub(super) fn summary<'a>(findings: impl Iterator<Item = &'a Finding>) -> String {
    let (mut problems, mut warnings) = (0, 0);
    for finding in findings {
        match finding.severity {
            Severity::Ok => (),
            Severity::Warning => warnings += 1,
            Severity::Problem(_) => problems += 1,
        }
    }
    let problems = match problems {
        0 => "no problems".to_owned(),
        1 => "1 problem".to_owned(),
        number => format!("{number} problems"),
    };
    match warnings {
        0 => problems,
        1 => format!("{problems}, 1 warning"),
        number => format!("{problems}, {number} warnings"),
    }
}
