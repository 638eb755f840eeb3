//! `run`: from what was typed to a supervisor that has everything it needs.
//!
//! Does not know what happens to the service then.

use std::io;

use super::build::{self, Built};
use super::log::Choice;
use super::{CommandError, locate, warn_of_undecodable};
use crate::cli::{self, LogFormat, ProcessEnv};
use crate::definition::Definition;
use crate::lifecycle::Pace;
use crate::machine;
use crate::report::Status;
use crate::supervisor::{self, ExitReason, Hangup, Look, Options, Reload, RunError};
use crate::telemetry::LogOutput;

pub(super) fn run(typed: cli::Run, log: Choice, env: &ProcessEnv) -> Result<Status, CommandError> {
    warn_of_undecodable(env);
    let path = locate(&typed.service, env);
    let definition = Definition::load(&path, &env.load_context())?;
    check_arguments(&definition, &typed.arguments)?;
    if typed.build
        && let Built::Interrupted(signal) = build::build(&definition)?
    {
        return Ok(Status::Forced(signal));
    }
    let output = LogOutput::standard();
    let format = if supervisor::leaves_stdout(&definition) {
        log.kept_format(LogFormat::Json, &io::stderr())
    } else {
        log.kept_format(LogFormat::Json, &io::stdout())
    };
    let options = Options {
        definition: Some(definition),
        stream: output.stream(),
        look: Look { format, level: log.level, host_level: None },
        arguments: typed.arguments,
        cache_directory: env.cache_directory.clone(),
        extensions: env.extensions.clone(),
        hangup: Hangup::Directs,
        pace: if typed.changes.watch { Pace::Frequent } else { Pace::Rare },
    };
    let load_context = env.load_context();
    let polls = typed.changes.poll || env.polls;
    let ending = supervisor::run(options, output, async |log| {
        // What is to be built has been: nobody inherits it.
        machine::raise_descriptors();
        let reload = Reload::new(path, load_context, log.clone()).map_err(RunError::Signals)?;
        Ok::<_, CommandError>(if typed.changes.watch {
            reload.watching(polls).await?
        } else {
            reload
        })
    })?;
    Ok(status(ending))
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

fn check_arguments(definition: &Definition, arguments: &[String]) -> Result<(), CommandError> {
    if arguments.is_empty() || definition.script().is_some() {
        return Ok(());
    }
    let kinds = definition.kinds.iter().map(|kind| format!("`{}`", kind.name()));
    Err(CommandError::UnexpectedArguments {
        service: definition.identity.name.clone(),
        kinds: kinds.collect::<Vec<_>>().join(" and "),
    })
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

        assert!(check_arguments(&definition("['script']"), &arguments).is_ok());
        assert!(check_arguments(&definition("['http', 'native']"), &[]).is_ok());
        let error = check_arguments(&definition("['http', 'native']"), &arguments).unwrap_err();

        expect!["arguments after `--` are for kind `script`, and `greeter` is of kind `http` and `native`"]
            .assert_eq(&error.to_string());
        assert_eq!(error.status(), Status::EditNeeded);
    }
}
