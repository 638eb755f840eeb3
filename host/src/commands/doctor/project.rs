//! Checks of `service.toml` and of what it asks for: environment, build command, ports.
//!
//! Does not know crates, nor what is in a component.

use std::path::Path;

use super::diagnosis::{Diagnosis, Subject};
use crate::cli::ProcessEnv;
use crate::commands::build::{BuildError, target};
use crate::commands::finding::{Finding, Severity};
use crate::commands::undecodable;
use crate::definition::{Definition, Invocation, Kind, LoadError};
use crate::lifecycle::StartError;
use crate::listener;
use crate::report::Status;

pub(super) fn nothing_here(file: &Path) -> Diagnosis {
    let message = format!("there is no `{}`, so only the machine was examined", file.display());
    Diagnosis::ok(Subject::Definition, message)
}

/// What has to wait for a valid file.
pub(super) fn unexamined() -> Diagnosis {
    let message =
        "what it says of the build, the component and the ports is examined once it is valid";
    Diagnosis::warning(Subject::Definition, message)
}

/// The file, without the values of variables.
pub(super) fn definition(file: &Path, env: &ProcessEnv) -> (Option<Definition>, Vec<Diagnosis>) {
    let load_context = env.load_context().incomplete();
    match Definition::load(file, &load_context) {
        Ok(definition) => {
            let kinds = definition.kinds.iter().map(|kind| format!("`{}`", kind.name()));
            let kinds = kinds.collect::<Vec<_>>().join(" and ");
            let name = &definition.identity.name;
            let message = format!("`{name}`, kind {kinds}");
            let mut diagnoses = vec![Diagnosis::ok(Subject::Definition, message)];
            diagnoses.extend(definition.warnings.iter().map(|warning| {
                let finding = Finding::of_problem(Severity::Warning, file, warning);
                Diagnosis::of(Subject::Definition, finding)
            }));
            (Some(definition), diagnoses)
        }
        Err(error) => (None, of_load_error(Subject::Definition, file, &error)),
    }
}

/// The same of a text that is not in the file yet.
pub(super) fn parse(file: &Path, text: &str, env: &ProcessEnv) -> Option<Definition> {
    let load_context = env.load_context().incomplete();
    let mut definition = Definition::parse(file, text, &load_context).ok()?;
    definition.settle(&load_context);
    Some(definition)
}

fn of_load_error(subject: Subject, file: &Path, error: &LoadError) -> Vec<Diagnosis> {
    let findings = Finding::all_of(file, error).into_iter();
    findings.map(|finding| Diagnosis::of(subject, finding)).collect()
}

/// The variables that a valid file asks for.
pub(super) fn environment(file: &Path, env: &ProcessEnv) -> Vec<Diagnosis> {
    let names = env.undecodable.iter();
    let warning = |name: &String| Diagnosis::warning(Subject::Environment, undecodable(name));
    let mut diagnoses: Vec<_> = names.map(warning).collect();
    diagnoses.extend(match Definition::load(file, &env.load_context()) {
        Err(error) => of_load_error(Subject::Environment, file, &error),
        Ok(_) => vec![Diagnosis::ok(
            Subject::Environment,
            "every variable that `service.toml` asks for is set",
        )],
    });
    diagnoses
}

/// The command that compiles the service, and what it compiles for.
pub(super) fn build(definition: &Definition) -> Vec<Diagnosis> {
    let Some(command) = &definition.host.build else {
        let error = BuildError::NoCommand { path: definition.path.clone() };
        let warning = Diagnosis::warning(Subject::Build, error.to_string());
        return vec![warning.help(error.help().unwrap_or_default())];
    };
    let named = Invocation::parse(command).map(|invocation| invocation.target);
    let help = format!("let `[host] build` say `--target {}`", target::NAME);
    vec![match named {
        Some(Some(name)) if name != target::NAME => Diagnosis::problem(
            Subject::Build,
            Status::EditNeeded,
            format!("`{command}` builds for `{name}`, and components are built for `{}`", target::NAME),
        )
        .help(help),
        Some(None) => Diagnosis::warning(
            Subject::Build,
            format!("`{command}` names no target: if cargo's configuration does not, it builds for this machine"),
        )
        .help(help),
        _ => Diagnosis::ok(Subject::Build, format!("`{command}`")),
    }]
}

/// Whether the ports are free, found out by taking them for a moment.
pub(super) fn ports(definition: &Definition) -> Vec<Diagnosis> {
    let port_of = |kind: &Kind| Some((kind.name(), kind.port()?.number));
    let ports = definition.kinds.iter().filter_map(port_of);
    let fixed = ports.filter(|(_, number)| *number != 0);
    fixed.map(|(kind, number)| port(definition, kind, number)).collect()
}

fn port(definition: &Definition, kind: &'static str, port: u16) -> Diagnosis {
    let address = definition.host.address;
    let Err(source) = listener::bind_each(address, port, 1) else {
        return Diagnosis::ok(Subject::Port, format!("{port} is free for kind `{kind}`"));
    };
    let reason = source.kind();
    let error = StartError::Bind { kind, address, port, source };
    let message = error.to_string();
    let diagnosis = match reason {
        // As it should be when the service is running.
        std::io::ErrorKind::AddrInUse => Diagnosis::warning(Subject::Port, message),
        std::io::ErrorKind::AddrNotAvailable => {
            Diagnosis::problem(Subject::Port, Status::EditNeeded, message)
        }
        _ => Diagnosis::problem(Subject::Port, Status::Failure, message),
    };
    match error.help() {
        Some(help) => diagnosis.help(help),
        None => diagnosis,
    }
}
