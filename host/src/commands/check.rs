//! `check`: everything that is wrong with a service and can be known without running it.
//!
//! Does not know the rules: the definition and the engine do.

mod finding;

use std::path::{Display, Path, PathBuf};

use serde::Serialize;

use self::finding::{Finding, Severity};
use super::clients::ClientFileError;
use super::log::Choice;
use super::target::Target;
use super::{CommandError, clients, component, json, print, undecodable};
use crate::cli::{self, ProcessEnv};
use crate::definition::{Definition, LoadError, check_together};
use crate::engine::{CompileError, Service};
use crate::report::Status;

/// What the check has found.
struct Verdict {
    path: PathBuf,
    findings: Vec<Finding>,
    /// The gRPC services that the component declares.
    services: Vec<Service>,
    status: Status,
}

pub(super) fn run(
    typed: &cli::Check,
    targets: &[Target],
    log: Choice,
    env: &ProcessEnv,
) -> Result<Status, CommandError> {
    let verdicts = log.during(|| check_all(targets, env))?;
    print(&if typed.output.json { documents(&verdicts) } else { text(&verdicts) })?;
    let statuses = verdicts.iter().map(|verdict| verdict.status);
    Ok(statuses.fold(Status::Success, Status::or_worse))
}

/// One verdict per service. What services have in common by mistake is found with the last of them.
fn check_all(targets: &[Target], env: &ProcessEnv) -> Vec<Verdict> {
    let checked = targets.iter().map(check);
    let (mut verdicts, definitions): (Vec<_>, Vec<_>) = checked.unzip();
    let definitions = definitions.into_iter().flatten().collect::<Vec<_>>();
    if let Some(first) = verdicts.first_mut() {
        let undecodable = env.undecodable.iter().map(|variable| undecodable(variable));
        first.findings.splice(..0, undecodable.map(Finding::of_environment));
    }
    if let (Err(error), Some(last)) = (check_together(&definitions), verdicts.last_mut()) {
        let collisions = error.collisions().iter();
        last.findings.extend(collisions.map(|one| Finding::collision(&last.path, one)));
        last.status = last.status.or_worse(Status::EditNeeded);
    }
    verdicts
}

fn check(target: &Target) -> (Verdict, Option<Definition>) {
    let path = &target.path;
    let (mut findings, mut services) = (Vec::new(), Vec::new());
    let loaded = target.load();
    let status = match &loaded {
        Err(error) => {
            findings.extend(of_load_error(path, error));
            Status::EditNeeded
        }
        Ok(definition) => {
            let warnings = definition.warnings.iter();
            findings.extend(warnings.map(|warning| Finding::warning(path, warning)));
            let status = check_component(definition, &target.env, &mut findings, &mut services);
            check_files(definition, &mut findings, status)
        }
    };
    (Verdict { path: path.clone(), findings, services, status }, loaded.ok())
}

/// One document for one service, and a list of them, with their paths, for several.
fn documents(verdicts: &[Verdict]) -> String {
    match verdicts {
        [verdict] => json(&verdict.document(None)),
        verdicts => {
            let documents = verdicts.iter().map(|one| one.document(Some(one.path.display())));
            json(&documents.collect::<Vec<_>>())
        }
    }
}

fn text(verdicts: &[Verdict]) -> String {
    verdicts.iter().map(Verdict::text).collect()
}

fn of_load_error(path: &Path, error: &LoadError) -> Vec<Finding> {
    if error.problems().is_empty() {
        return vec![Finding::of_file(path, error, error.help())];
    }
    error.problems().iter().map(|problem| Finding::problem(path, problem)).collect()
}

fn check_component(
    definition: &Definition,
    env: &ProcessEnv,
    findings: &mut Vec<Finding>,
    services: &mut Vec<Service>,
) -> Status {
    let compiled = component::compile(definition, env);
    if let Ok((_, component)) = &compiled {
        let surface = component.surface();
        if let Ok(declared) = &surface.services {
            services.clone_from(&declared.services);
        }
        let misuse = clients::misuse(definition, surface);
        findings.extend(
            misuse.map(|(message, help)| Finding::caution(&definition.path, message, help)),
        );
    }
    let errors = match compiled {
        Ok((engine, component)) => component::link(definition, (&engine, &component), env),
        Err(error) => vec![error],
    };
    let mut status = Status::Success;
    for error in errors {
        let path = error.path().unwrap_or(&definition.host.component);
        match &error {
            CompileError::Mismatched { mismatches, .. } => {
                let mismatches = mismatches.iter();
                findings.extend(mismatches.map(|mismatch| Finding::mismatch(path, mismatch)));
            }
            error => findings.push(Finding::of_file(path, error, error.help())),
        }
        status = component::status(&error);
    }
    status
}

/// The files that clients need. `status`: without them.
fn check_files(definition: &Definition, findings: &mut Vec<Finding>, status: Status) -> Status {
    let errors = clients::unusable_files(definition);
    let of_file = |error: &ClientFileError| Finding::of_file(error.path(), error, error.help());
    findings.extend(errors.iter().map(of_file));
    if errors.is_empty() || status != Status::Success { status } else { Status::EditNeeded }
}

/// A verdict for programs.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    ok: bool,
    problems: &'a [Finding],
    services: &'a [Service],
}

impl Verdict {
    fn document(&self, path: Option<Display<'_>>) -> Document<'_> {
        Document {
            path: path.map(|path| path.to_string()),
            ok: self.status == Status::Success,
            problems: &self.findings,
            services: &self.services,
        }
    }

    fn text(&self) -> String {
        let methods = self.services.iter().flat_map(Service::lines);
        let methods = methods.map(|method| format!("serves {method}\n"));
        let lines = self.findings.iter().map(|finding| format!("{finding}\n")).chain(methods);
        format!("{}{}: {}\n", lines.collect::<String>(), self.path.display(), self.summary())
    }

    fn summary(&self) -> String {
        let count = |severity| self.findings.iter().filter(|one| one.severity == severity).count();
        let problems = match count(Severity::Error) {
            0 => "no problems".to_owned(),
            1 => "1 problem".to_owned(),
            number => format!("{number} problems"),
        };
        match count(Severity::Warning) {
            0 => problems,
            1 => format!("{problems}, 1 warning"),
            number => format!("{problems}, {number} warnings"),
        }
    }
}

#[cfg(test)]
mod tests;
