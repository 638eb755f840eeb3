//! `check`: everything that is wrong with services and can be known without running them.
//!
//! Does not know the rules: the definition and the engine do.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::finding::{self, Finding, Severity};
use super::log::Choice;
use super::target::Target;
use super::{CommandError, clients, component, json, print, undecodable};
use crate::cli::{self, ProcessEnv};
use crate::definition::{Definition, check_together};
use crate::engine::{CompileError, Service};
use crate::report::Status;
use crate::text::on_one_line;

/// What the check of one service has found.
struct Verdict {
    /// Of its `service.toml`.
    path: PathBuf,
    findings: Vec<Finding>,
    /// The gRPC services that the component declares.
    services: Vec<Service>,
}

pub(super) fn run(
    typed: &cli::Check,
    targets: &[Target],
    log: Choice,
    env: &ProcessEnv,
) -> Result<Status, CommandError> {
    let verdicts = log.during(|| check_all(targets, env))?;
    print(&if typed.output.json { documents(&verdicts) } else { text(&verdicts) })?;
    let statuses = verdicts.iter().map(Verdict::status);
    Ok(statuses.fold(Status::Success, Status::or_worse))
}

/// One verdict per service. What services have in common by mistake is found with the last of them.
fn check_all(targets: &[Target], env: &ProcessEnv) -> Vec<Verdict> {
    let checked = targets.iter().map(check);
    let (mut verdicts, definitions): (Vec<_>, Vec<_>) = checked.unzip();
    let definitions = definitions.into_iter().flatten().collect::<Vec<_>>();
    if let Some(first) = verdicts.first_mut() {
        let undecodable = env.undecodable.iter().map(|variable| undecodable(variable));
        let undecodable = undecodable.map(|message| Finding::new(Severity::Warning, message));
        first.findings.splice(..0, undecodable);
    }
    if let (Err(error), Some(last)) = (check_together(&definitions), verdicts.last_mut()) {
        let collisions = error.collisions().iter().map(|one| {
            let severity = Severity::Problem(Status::EditNeeded);
            Finding::new(severity, one.to_string()).of_file(&last.path).help(one.help())
        });
        last.findings.extend(collisions);
    }
    verdicts
}

fn check(target: &Target) -> (Verdict, Option<Definition>) {
    let path = &target.path;
    let (mut findings, mut services) = (Vec::new(), Vec::new());
    let loaded = target.load();
    match &loaded {
        Err(error) => findings.extend(Finding::all_of(path, error)),
        Ok(definition) => {
            let warnings = definition.warnings.iter();
            findings.extend(
                warnings.map(|warning| Finding::of_problem(Severity::Warning, path, warning)),
            );
            services = check_component(definition, &target.env, &mut findings);
            findings.extend(unusable_files(definition));
        }
    }
    (Verdict { path: path.clone(), findings, services }, loaded.ok())
}

/// One document for one service, and a list of them, with their paths, for several.
fn documents(verdicts: &[Verdict]) -> String {
    match verdicts {
        [verdict] => json(&verdict.document(None)),
        verdicts => {
            let path = |verdict: &Verdict| verdict.path.display().to_string();
            let documents = verdicts.iter().map(|verdict| verdict.document(Some(path(verdict))));
            json(&documents.collect::<Vec<_>>())
        }
    }
}

fn text(verdicts: &[Verdict]) -> String {
    verdicts.iter().map(Verdict::text).collect()
}

/// The services that the component declares.
fn check_component(
    definition: &Definition,
    env: &ProcessEnv,
    findings: &mut Vec<Finding>,
) -> Vec<Service> {
    let (services, errors) = match component::compile(definition, env) {
        Ok((engine, component)) => {
            let surface = component.surface();
            let misuse = clients::misuse(definition, surface).map(|(message, help)| {
                Finding::new(Severity::Warning, message).of_file(&definition.path).help(help)
            });
            findings.extend(misuse);
            let declared = surface.services.as_ref();
            let services = declared.map_or_else(|_| Vec::new(), |all| all.services.clone());
            (services, component::link(definition, (&engine, &component), env))
        }
        Err(error) => (Vec::new(), vec![error]),
    };
    for error in errors {
        findings.extend(of_compile_error(&definition.host.component, &error));
    }
    services
}

/// The files that clients need.
fn unusable_files(definition: &Definition) -> impl Iterator<Item = Finding> {
    clients::unusable_files(definition).into_iter().map(|error| {
        let finding = Finding::new(Severity::Problem(Status::EditNeeded), on_one_line(&error));
        finding.of_file(error.path()).maybe_help(error.help())
    })
}

fn of_compile_error(component: &Path, error: &CompileError) -> Vec<Finding> {
    let path = error.path().unwrap_or(component);
    let severity = Severity::Problem(component::status(error));
    if let CompileError::Mismatched { mismatches, .. } = error {
        let told = mismatches.iter().map(|mismatch| {
            let finding = Finding::new(severity, mismatch.to_string()).of_file(path);
            finding.help(mismatch.help())
        });
        return told.collect();
    }
    vec![Finding::new(severity, on_one_line(error)).of_file(path).maybe_help(error.help())]
}

/// A verdict for programs.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    ok: bool,
    problems: Vec<Row<'a>>,
    services: &'a [Service],
}

impl Verdict {
    fn status(&self) -> Status {
        finding::status(self.findings.iter())
    }

    fn document(&self, path: Option<String>) -> Document<'_> {
        let problems = self.findings.iter().map(Row::new).collect();
        let ok = self.status() == Status::Success;
        Document { path, ok, problems, services: &self.services }
    }

    fn text(&self) -> String {
        let methods = self.services.iter().flat_map(Service::lines);
        let methods = methods.map(|method| format!("serves {method}\n"));
        let lines = self.findings.iter().map(|finding| Line(finding).to_string()).chain(methods);
        let summary = finding::summary(self.findings.iter());
        format!("{}{}: {summary}\n", lines.collect::<String>(), self.path.display())
    }
}

#[derive(Serialize)]
struct Row<'a> {
    severity: &'static str,
    #[serde(flatten)]
    finding: &'a Finding,
}

impl<'a> Row<'a> {
    fn new(finding: &'a Finding) -> Self {
        let severity = match finding.severity {
            Severity::Problem(_) => "error",
            Severity::Ok | Severity::Warning => "warning",
        };
        Self { severity, finding }
    }
}

/// `path:line:column: message`, then what stands there, and the help on a line of its own.
struct Line<'a>(&'a Finding);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.0.has_file() { self.0.place() } else { "environment: ".to_owned() };
        write!(f, "{place}")?;
        if self.0.severity == Severity::Warning {
            write!(f, "warning: ")?;
        }
        self.0.write(f, "  ")
    }
}

#[cfg(test)]
mod tests;
