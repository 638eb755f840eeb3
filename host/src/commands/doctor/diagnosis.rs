//! What checks have found, in the order in which it is told: for people and for programs.
//!
//! Does not know how any of it was found.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::Interrupted;
use super::fix::{Fix, FixError, Mode};
use crate::definition::{Position, Problem, Snippet};
use crate::report::Status;
use crate::text::{harmless_lines, on_one_line};

/// What a check is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    Rust,
    Rustup,
    Target,
    Cache,
    Memory,
    Definition,
    Environment,
    Build,
    Crate,
    Sdk,
    Component,
    Client,
    Port,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Ok,
    /// Worth a look.
    Warning,
    /// In the way, and how the process ends because of it.
    Problem(Status),
    Fixed,
    WouldFix(Status),
}

/// One line of the result, with what belongs to it.
#[derive(Debug)]
pub(super) struct Diagnosis {
    subject: Subject,
    state: State,
    path: Option<PathBuf>,
    position: Option<Position>,
    snippet: Option<Snippet>,
    message: String,
    help: Option<String>,
    fix: Option<Fix>,
}

impl Diagnosis {
    fn new(subject: Subject, state: State, message: String) -> Self {
        Self {
            subject,
            state,
            path: None,
            position: None,
            snippet: None,
            message,
            help: None,
            fix: None,
        }
    }

    pub(super) fn ok(subject: Subject, message: impl Into<String>) -> Self {
        Self::new(subject, State::Ok, message.into())
    }

    pub(super) fn warning(subject: Subject, message: impl Into<String>) -> Self {
        Self::new(subject, State::Warning, message.into())
    }

    /// `status`: whether something must be edited, or the machine is in the way.
    pub(super) fn problem(subject: Subject, status: Status, message: impl Into<String>) -> Self {
        Self::new(subject, State::Problem(status), message.into())
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(super) fn fix(mut self, fix: Option<Fix>) -> Self {
        self.fix = fix;
        self
    }

    /// The same about something in a file.
    pub(super) fn at(mut self, file: &Path, problem: &Problem) -> Self {
        if problem.position.is_some() {
            self.path = Some(file.to_owned());
        }
        self.position = problem.position;
        self.snippet.clone_from(&problem.snippet);
        self.help.clone_from(&problem.help);
        self
    }
}

/// All that was found.
#[derive(Debug)]
pub(super) struct Record {
    mode: Mode,
    diagnoses: Vec<Diagnosis>,
}

impl Record {
    pub(super) fn new(mode: Mode) -> Self {
        Self { mode, diagnoses: Vec::new() }
    }

    pub(super) fn mode(&self) -> Mode {
        self.mode
    }

    /// What a file will hold once the fixes are made that were only shown.
    pub(super) fn pending(&self, file: &Path) -> Option<&str> {
        let shown = self.diagnoses.iter().filter(|one| matches!(one.state, State::WouldFix(_)));
        let mut edits = shown.filter_map(|one| match &one.fix {
            Some(Fix::Edit(edit)) if edit.path == file => Some(edit.text()),
            _ => None,
        });
        edits.next()
    }

    /// Keeps what was found, and fixes it when that was asked for.
    pub(super) fn add(&mut self, diagnoses: Vec<Diagnosis>) -> Result<(), Interrupted> {
        for mut diagnosis in diagnoses {
            match (&diagnosis.fix, self.mode) {
                (Some(fix), Mode::Fix) => match fix.apply() {
                    Ok(()) => (diagnosis.state, diagnosis.help) = (State::Fixed, None),
                    Err(FixError::Interrupted(signal)) => return Err(Interrupted(signal)),
                    Err(error) => diagnosis.help = Some(on_one_line(&error)),
                },
                (Some(_), Mode::DryRun) => {
                    let status = diagnosis.state.status();
                    diagnosis.state = State::WouldFix(status);
                }
                (_, Mode::Look) | (None, _) => (),
            }
            self.diagnoses.push(diagnosis);
        }
        Ok(())
    }

    /// Whether nothing about a subject is in the way.
    pub(super) fn is_well(&self, subject: Subject) -> bool {
        let mut about = self.diagnoses.iter().filter(|one| one.subject == subject);
        about.all(|one| matches!(one.state, State::Ok | State::Fixed))
    }

    /// What must be edited counts more than what the machine lacks: editing comes first.
    pub(super) fn status(&self) -> Status {
        let statuses: Vec<_> = self.diagnoses.iter().map(|one| one.state.status()).collect();
        let worst = [Status::EditNeeded, Status::Failure];
        worst.into_iter().find(|status| statuses.contains(status)).unwrap_or(Status::Success)
    }

    pub(super) fn document(&self) -> impl Serialize {
        #[derive(Serialize)]
        struct Document<'a> {
            ok: bool,
            checks: Vec<Row<'a>>,
        }
        let ok = self.status() == Status::Success;
        Document { ok, checks: self.diagnoses.iter().map(Row::new).collect() }
    }

    fn count(&self, is_it: impl Fn(&Diagnosis) -> bool) -> usize {
        self.diagnoses.iter().filter(|diagnosis| is_it(diagnosis)).count()
    }
}

/// Serialised with all keys always present; what does not apply is `null`.
#[derive(Serialize)]
struct Row<'a> {
    check: &'static str,
    state: &'static str,
    path: Option<String>,
    line: Option<usize>,
    column: Option<usize>,
    message: &'a str,
    help: Option<&'a str>,
    /// What it does, line by line.
    fix: Option<Vec<String>>,
}

impl<'a> Row<'a> {
    fn new(diagnosis: &'a Diagnosis) -> Self {
        Self {
            check: diagnosis.subject.as_str(),
            state: diagnosis.state.as_str(),
            path: diagnosis.path.as_ref().map(|path| path.display().to_string()),
            line: diagnosis.position.map(|position| position.line),
            column: diagnosis.position.map(|position| position.column),
            message: &diagnosis.message,
            help: diagnosis.help.as_deref(),
            fix: diagnosis.fix.as_ref().map(Fix::lines),
        }
    }
}

impl Subject {
    fn as_str(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Rustup => "rustup",
            Self::Target => "target",
            Self::Cache => "cache",
            Self::Memory => "memory",
            Self::Definition => "service.toml",
            Self::Environment => "environment",
            Self::Build => "build",
            Self::Crate => "crate",
            Self::Sdk => "sdk",
            Self::Component => "component",
            Self::Client => "client",
            Self::Port => "port",
        }
    }
}

impl State {
    fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Problem(_) => "problem",
            Self::Fixed => "fixed",
            Self::WouldFix(_) => "would fix",
        }
    }

    /// What it alone would make of the process.
    fn status(self) -> Status {
        match self {
            Self::Ok | Self::Warning | Self::Fixed => Status::Success,
            Self::Problem(status) | Self::WouldFix(status) => status,
        }
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for diagnosis in &self.diagnoses {
            diagnosis.write(f, self.mode)?;
        }
        let number = |count, one: &str, many: &str| match count {
            1 => format!("1 {one}"),
            count => format!("{count} {many}"),
        };
        let problems = self.count(|one| one.state.status() != Status::Success);
        let mut parts = vec![match problems {
            0 => "no problems".to_owned(),
            count => number(count, "problem", "problems"),
        }];
        let warnings = self.count(|one| one.state == State::Warning);
        parts.extend((warnings > 0).then(|| number(warnings, "warning", "warnings")));
        let fixed = self.count(|one| one.state == State::Fixed);
        parts.extend((fixed > 0).then(|| format!("{fixed} fixed")));
        writeln!(f, "{}", parts.join(", "))?;
        let fixable = self.count(|one| one.fix.is_some());
        if fixable > 0 && self.mode == Mode::Look {
            writeln!(f, "{fixable} can be fixed: `--dry-run` shows how, `--fix` does it")?;
        }
        Ok(())
    }
}

impl Diagnosis {
    fn write(&self, f: &mut fmt::Formatter<'_>, mode: Mode) -> fmt::Result {
        // As wide as `would fix` and two spaces.
        const INDENT: &str = "           ";
        write!(f, "{:<11}{}: ", self.state.as_str(), self.subject.as_str())?;
        if let Some(path) = &self.path {
            write!(f, "{}:", path.display())?;
            if let Some(Position { line, column }) = self.position {
                write!(f, "{line}:{column}:")?;
            }
            write!(f, " ")?;
        }
        writeln!(f, "{}", harmless_lines(&self.message))?;
        for line in self.snippet.iter().flat_map(Snippet::lines) {
            writeln!(f, "{INDENT}{line}")?;
        }
        if let Some(help) = &self.help {
            writeln!(f, "{INDENT}help: {}", harmless_lines(help))?;
        }
        if mode != Mode::Look {
            for line in self.fix.iter().flat_map(Fix::lines) {
                writeln!(f, "{INDENT}{}", harmless_lines(&line))?;
            }
        }
        Ok(())
    }
}
