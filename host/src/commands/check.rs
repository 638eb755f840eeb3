//! `check`: everything that is wrong with services and can be known without running them.
//!
//! Does not know the rules: the definition and the engine do.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::certificates::CertificateFinding;
use super::finding::{self, Finding, Severity};
use super::log::Choice;
use super::target::Target;
use super::{CommandError, certificates, clients, component, json, print, undecodable};
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
    /// The names of the clients whose services are checked, too: calls to them need no socket.
    in_process: Vec<String>,
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

/// One verdict per service. What services have in common by mistake is found with the later of them.
fn check_all(targets: &[Target], env: &ProcessEnv) -> Vec<Verdict> {
    let checked = targets.iter().map(check);
    let (mut verdicts, definitions): (Vec<_>, Vec<_>) = checked.unzip();
    let definitions = definitions.into_iter().flatten().collect::<Vec<_>>();
    for definition in &definitions {
        let names = clients::in_process(definition, &definitions).map(|client| client.name.clone());
        if let Some(verdict) = verdict_on(&mut verdicts, &definition.path) {
            verdict.in_process = names.collect();
        }
    }
    if let Some(first) = verdicts.first_mut() {
        let undecodable = env.undecodable.iter().map(|variable| undecodable(variable));
        let undecodable = undecodable.map(|message| Finding::new(Severity::Warning, message));
        first.findings.splice(..0, undecodable);
    }
    if let Err(error) = check_together(&definitions) {
        for collision in error.collisions() {
            if let Some(verdict) = verdict_on(&mut verdicts, collision.path()) {
                verdict.findings.push(Finding::of_collision(collision));
            }
        }
    }
    verdicts
}

/// The last one, if a file is given twice.
fn verdict_on<'v>(verdicts: &'v mut [Verdict], path: &Path) -> Option<&'v mut Verdict> {
    verdicts.iter_mut().rev().find(|verdict| verdict.path == path)
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
            findings.extend(clients::unusable_files(definition));
            findings.extend(unusable_certificates(definition));
        }
    }
    let in_process = Vec::new();
    (Verdict { path: path.clone(), findings, services, in_process }, loaded.ok())
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
            findings.extend(clients::misuse(definition, surface));
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

/// The files of listeners. One that has expired is of no use either.
fn unusable_certificates(definition: &Definition) -> impl Iterator<Item = Finding> {
    certificates::examine(definition).into_iter().map(|finding| {
        let (CertificateFinding::Unusable(problem) | CertificateFinding::OutOfDate(problem)) =
            finding;
        let severity = Severity::Problem(Status::EditNeeded);
        Finding::of_problem(severity, &definition.path, &problem)
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
    in_process: &'a [String],
}

impl Verdict {
    fn status(&self) -> Status {
        finding::status(self.findings.iter())
    }

    fn document(&self, path: Option<String>) -> Document<'_> {
        let problems = self.findings.iter().map(Row::new).collect();
        let ok = self.status() == Status::Success;
        Document { path, ok, problems, services: &self.services, in_process: &self.in_process }
    }

    fn text(&self) -> String {
        let methods = self.services.iter().flat_map(Service::lines);
        let methods = methods.map(|method| format!("serves {method}\n"));
        let calls = self.in_process.iter().map(|name| format!("calls `{name}` in this process\n"));
        let lines = self.findings.iter().map(|finding| Line(finding).to_string());
        let lines = lines.chain(methods).chain(calls);
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
