//! What checks have found, in the order in which it is told: for people and for programs.
//!
//! Does not know how any of it was found.

use std::fmt;
use std::path::Path;

use serde::Serialize;

use super::Interrupted;
use super::fix::{Fix, FixError, Mode};
use crate::commands::finding::{self, Finding, Severity};
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
    Certificate,
    Port,
}

/// What has become of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Repair {
    Done,
    /// What would be done is only shown.
    Shown,
}

/// A finding, what the check was about, and what can be done.
#[derive(Debug)]
pub(super) struct Diagnosis {
    subject: Subject,
    finding: Finding,
    fix: Option<Fix>,
    repair: Option<Repair>,
}

impl Diagnosis {
    pub(super) fn of(subject: Subject, finding: Finding) -> Self {
        Self { subject, finding, fix: None, repair: None }
    }

    pub(super) fn ok(subject: Subject, message: impl Into<String>) -> Self {
        Self::of(subject, Finding::new(Severity::Ok, message))
    }

    pub(super) fn warning(subject: Subject, message: impl Into<String>) -> Self {
        Self::of(subject, Finding::new(Severity::Warning, message))
    }

    /// `status`: whether something must be edited, or the machine is in the way.
    pub(super) fn problem(subject: Subject, status: Status, message: impl Into<String>) -> Self {
        Self::of(subject, Finding::new(Severity::Problem(status), message))
    }

    pub(super) fn help(self, help: impl Into<String>) -> Self {
        Self { finding: self.finding.help(help), ..self }
    }

    pub(super) fn fix(self, fix: Option<Fix>) -> Self {
        Self { fix, ..self }
    }

    fn state(&self) -> &'static str {
        match (self.repair, self.finding.severity) {
            (Some(Repair::Done), _) => "fixed",
            (Some(Repair::Shown), _) => "would fix",
            (None, Severity::Ok) => "ok",
            (None, Severity::Warning) => "warning",
            (None, Severity::Problem(_)) => "problem",
        }
    }

    /// Fixes what was found, or says that it would.
    fn treat(&mut self, mode: Mode) -> Result<(), Interrupted> {
        match (&self.fix, mode) {
            (Some(fix), Mode::Fix) => match fix.apply() {
                Ok(()) => {
                    self.repair = Some(Repair::Done);
                    (self.finding.severity, self.finding.help) = (Severity::Ok, None);
                }
                Err(FixError::Interrupted(signal)) => return Err(Interrupted(signal)),
                Err(error) => self.finding.help = Some(on_one_line(&error)),
            },
            (Some(_), Mode::DryRun) => {
                self.repair = Some(Repair::Shown);
                // It does not count as a warning any more; a problem it remains.
                if self.finding.severity == Severity::Warning {
                    self.finding.severity = Severity::Ok;
                }
            }
            (_, Mode::Look) | (None, _) => (),
        }
        Ok(())
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
        let shown = self.diagnoses.iter().filter(|one| one.repair == Some(Repair::Shown));
        let mut edits = shown.filter_map(|one| match &one.fix {
            Some(Fix::Edit(edit)) if edit.path == file => Some(edit.text()),
            _ => None,
        });
        edits.next()
    }

    /// Keeps what was found, and fixes it when that was asked for.
    pub(super) fn add(&mut self, diagnoses: Vec<Diagnosis>) -> Result<(), Interrupted> {
        for mut diagnosis in diagnoses {
            diagnosis.treat(self.mode)?;
            self.diagnoses.push(diagnosis);
        }
        Ok(())
    }

    /// Whether nothing about a subject is in the way.
    pub(super) fn is_well(&self, subject: Subject) -> bool {
        let mut about = self.diagnoses.iter().filter(|one| one.subject == subject);
        about.all(|one| one.finding.severity == Severity::Ok && one.repair != Some(Repair::Shown))
    }

    fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.diagnoses.iter().map(|one| &one.finding)
    }

    pub(super) fn status(&self) -> Status {
        finding::status(self.findings())
    }

    /// `path`: whose record it is, when there are several.
    pub(super) fn document(&self, path: Option<&Path>) -> impl Serialize {
        #[derive(Serialize)]
        struct Document<'a> {
            #[serde(skip_serializing_if = "Option::is_none")]
            path: Option<String>,
            ok: bool,
            checks: Vec<Row<'a>>,
        }
        let ok = self.status() == Status::Success;
        let path = path.map(|path| path.display().to_string());
        Document { path, ok, checks: self.diagnoses.iter().map(Row::new).collect() }
    }
}

#[derive(Serialize)]
struct Row<'a> {
    check: &'static str,
    state: &'static str,
    #[serde(flatten)]
    finding: &'a Finding,
    /// What it does, line by line; `null` for none.
    fix: Option<Vec<String>>,
}

impl<'a> Row<'a> {
    fn new(diagnosis: &'a Diagnosis) -> Self {
        Self {
            check: diagnosis.subject.as_str(),
            state: diagnosis.state(),
            finding: &diagnosis.finding,
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
            Self::Certificate => "certificate",
            Self::Port => "port",
        }
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for diagnosis in &self.diagnoses {
            diagnosis.write(f, self.mode)?;
        }
        write!(f, "{}", finding::summary(self.findings()))?;
        let count = |is_it: fn(&Diagnosis) -> bool| {
            self.diagnoses.iter().filter(|diagnosis| is_it(diagnosis)).count()
        };
        let fixed = count(|one| one.repair == Some(Repair::Done));
        if fixed > 0 {
            write!(f, ", {fixed} fixed")?;
        }
        writeln!(f)?;
        let fixable = count(|one| one.fix.is_some());
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
        let (state, subject) = (self.state(), self.subject.as_str());
        write!(f, "{state:<11}{subject}: {}", self.finding.place())?;
        self.finding.write(f, INDENT)?;
        if mode != Mode::Look {
            for line in self.fix.iter().flat_map(Fix::lines) {
                writeln!(f, "{INDENT}{}", harmless_lines(&line))?;
            }
        }
        Ok(())
    }
}
