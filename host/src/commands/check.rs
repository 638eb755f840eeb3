//! `check`: everything that is wrong with a service and can be known without running it.
//!
//! Does not know the rules: the definition and the engine do.

mod finding;

use std::path::Path;

use serde::Serialize;

use self::finding::{Finding, Severity};
use super::clients::ClientFileError;
use super::log::Choice;
use super::{CommandError, clients, component, json, locate, print, undecodable};
use crate::cli::{self, ProcessEnv};
use crate::definition::Definition;
use crate::definition::LoadError;
use crate::engine::{CompileError, Service};
use crate::report::Status;

/// What the check has found.
struct Verdict {
    findings: Vec<Finding>,
    /// The gRPC services that the component declares.
    services: Vec<Service>,
    status: Status,
}

pub(super) fn run(
    typed: &cli::Check,
    log: Choice,
    env: &ProcessEnv,
) -> Result<Status, CommandError> {
    let path = locate(&typed.service, env);
    let verdict = log.during(|| check(&path, env))?;
    print(&if typed.output.json { verdict.json() } else { verdict.text(&path) })?;
    Ok(verdict.status)
}

fn check(path: &Path, env: &ProcessEnv) -> Verdict {
    let mut findings = env
        .undecodable
        .iter()
        .map(|variable| Finding::of_environment(undecodable(variable)))
        .collect::<Vec<_>>();
    let mut services = Vec::new();
    let status = match Definition::load(path, &env.load_context()) {
        Err(error) => {
            findings.extend(of_load_error(path, &error));
            Status::EditNeeded
        }
        Ok(definition) => {
            let warnings = definition.warnings.iter();
            findings.extend(warnings.map(|warning| Finding::warning(path, warning)));
            let status = check_component(&definition, env, &mut findings, &mut services);
            check_files(&definition, &mut findings, status)
        }
    };
    Verdict { findings, services, status }
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

impl Verdict {
    fn json(&self) -> String {
        #[derive(Serialize)]
        struct Document<'a> {
            ok: bool,
            problems: &'a [Finding],
            services: &'a [Service],
        }
        let ok = self.status == Status::Success;
        json(&Document { ok, problems: &self.findings, services: &self.services })
    }

    fn text(&self, path: &Path) -> String {
        let methods = self.services.iter().flat_map(Service::lines);
        let methods = methods.map(|method| format!("serves {method}\n"));
        let lines = self.findings.iter().map(|finding| format!("{finding}\n")).chain(methods);
        format!("{}{}: {}\n", lines.collect::<String>(), path.display(), self.summary())
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
