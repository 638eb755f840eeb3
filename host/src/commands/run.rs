//! `run`: from what was typed to a supervisor that has everything it needs.
//!
//! Does not know what happens to the service then.

use std::io;

use super::build::{self, Built};
use super::log::Choice;
use super::target::{Target, load_all};
use super::{CommandError, certificates, warn_of_undecodable};
use crate::cli::{self, LogFormat, ProcessEnv};
use crate::definition::Definition;
use crate::lifecycle::Pace;
use crate::machine;
use crate::report::Status;
use crate::supervisor::{
    self, ExitReason, Hangup, Look, Options, Reload, RunError, ServiceOptions,
};
use crate::telemetry::{Format, HostLog, LogOutput};

pub(super) fn run(
    typed: &cli::Run,
    targets: &[Target],
    log: Choice,
    env: &ProcessEnv,
) -> Result<Status, CommandError> {
    warn_of_undecodable(env);
    let definitions = load_all(targets, |target| target.load().and_then(certificates::verify))?;
    check_arguments(&definitions, &typed.arguments)?;
    for definition in definitions.iter().filter(|_| typed.build) {
        if let Built::Interrupted(signal) = build::build(definition)? {
            return Ok(Status::Forced(signal));
        }
    }
    let output = LogOutput::standard();
    let options = Options {
        stream: output.stream(),
        look: Look { format: format(&definitions, log), level: log.level, host_level: None },
        cache_directory: env.cache_directory.clone(),
        extensions: env.extensions.clone(),
        hangup: Hangup::Directs,
        pace: if typed.changes.watch { Pace::Frequent } else { Pace::Rare },
    };
    let polls = typed.changes.watch.then_some(typed.changes.poll || env.polls);
    let service = |(definition, target): (Definition, &Target)| {
        let (path, load_context) = (target.path.clone(), target.env.load_context());
        let takes_arguments = definition.script().is_some();
        ServiceOptions {
            definition: Some(definition),
            arguments: if takes_arguments { typed.arguments.clone() } else { Vec::new() },
            direct: async move |log: &HostLog| {
                // What is to be built has been: nobody inherits it.
                machine::raise_descriptors();
                let reload = Reload::new(path, load_context, log.clone());
                let reload = reload.map_err(RunError::Signals)?;
                Ok::<_, CommandError>(match polls {
                    Some(polls) => reload.watching(polls).await?,
                    None => reload,
                })
            },
        }
    };
    let services = definitions.into_iter().zip(targets).map(service).collect();
    Ok(status(supervisor::run(options, services, output)?))
}

/// What lines look like, of all services.
fn format(definitions: &[Definition], log: Choice) -> Format {
    let format = if definitions.iter().any(supervisor::leaves_stdout) {
        log.kept_format(LogFormat::Json, &io::stderr())
    } else {
        log.kept_format(LogFormat::Json, &io::stdout())
    };
    if definitions.len() > 1 { format.among_others() } else { format }
}

pub(super) fn status(ending: ExitReason) -> Status {
    match ending {
        ExitReason::Stopped => Status::Success,
        ExitReason::Failed => Status::Failure,
        ExitReason::Cancelled(signal) | ExitReason::Forced(signal) => {
            Status::Forced(signal.number())
        }
    }
}

fn check_arguments(definitions: &[Definition], arguments: &[String]) -> Result<(), CommandError> {
    let found = definitions.iter().filter(|one| one.script().is_some()).count();
    match definitions {
        _ if arguments.is_empty() || found == 1 => Ok(()),
        [definition] => {
            let kinds = definition.kinds.iter().map(|kind| format!("`{}`", kind.name()));
            Err(CommandError::UnexpectedArguments {
                service: definition.identity.name.clone(),
                kinds: kinds.collect::<Vec<_>>().join(" and "),
            })
        }
        _ => Err(CommandError::AmbiguousArguments { found }),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use expect_test::expect;

    use super::*;
    use crate::definition::LoadContext;

    fn definition(types: &str) -> Definition {
        let text = format!(
            "name = 'greeter'\ntypes = {types}\nversion = 'v1'\nlanguage = 'rust'\n\
             product = 'Matrix'\n[host]\ncomponent = 'greeter.wasm'\n"
        );
        Definition::parse(Path::new("service.toml"), &text, &LoadContext::default()).unwrap()
    }

    #[test]
    fn only_a_script_takes_arguments() {
        let arguments = ["--fast".to_owned()];

        let check = |definitions: &[Definition]| check_arguments(definitions, &arguments);

        assert!(check(&[definition("['script']")]).is_ok());
        assert!(check(&[definition("['script']"), definition("['http']")]).is_ok());
        assert!(check_arguments(&[definition("['http', 'native']")], &[]).is_ok());
        let error = check(&[definition("['http', 'native']")]).unwrap_err();

        expect!["arguments after `--` are for kind `script`, and `greeter` is of kind `http` and `native`"]
            .assert_eq(&error.to_string());
        assert_eq!(error.status(), Status::EditNeeded);

        let error = check(&[definition("['script']"), definition("['script']")]).unwrap_err();

        expect!["arguments after `--` are for one script, and 2 of the services are scripts"]
            .assert_eq(&error.to_string());
    }
}
