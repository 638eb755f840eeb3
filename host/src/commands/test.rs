//! `test`: the tests of a service's crate, then others against the service itself, which runs in this host
//! meanwhile.
//!
//! Does not know what is tested.
//!
//! ```text
//! service.toml ─▶ unit tests ─▶ build ─▶ supervisor ─ Serving ─▶ tests, with the addresses ─▶ Stop ─▶ verdict
//!                                        └─▶ log ─▶ kept, and shown when something fails
//! ```

mod log;
mod suite;
mod trial;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use self::log::Transcript;
use self::suite::Suite;
use self::trial::{Trial, Verdict};
use super::build::{self, Built, Outcome};
use super::cargo::{AskCargoError, Package};
use super::child::{self, Ended};
use super::log::Choice;
use super::target::locate;
use super::{CommandError, directory_of, warn_of_undecodable};
use crate::cli::{self, LogFormat, ProcessEnv};
use crate::definition::{Definition, LoadContext};
use crate::lifecycle::Pace;
use crate::machine;
use crate::report::{self, Status};
use crate::supervisor::{self, ExitReason, Hangup, Look, Options, ServiceOptions};
use crate::telemetry::{HostLog, LogStream};

/// Why a service has not passed its tests.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum TestError {
    #[error("cannot start `{command}` in `{}`", directory.display())]
    Spawn { command: String, directory: PathBuf, source: io::Error },
    #[error("the tests failed: `{command}` in `{}` {outcome}", directory.display())]
    Failed { command: String, directory: PathBuf, outcome: Outcome },
    /// What cargo says is in the message.
    #[error("cannot find the tests: {reason}")]
    Unknown { reason: String },
    #[error("the service failed")]
    Service { help: &'static str },
}

impl TestError {
    /// What to do about it, when that is known.
    pub(crate) fn help(&self) -> Option<&str> {
        match self {
            Self::Service { help } => Some(help),
            Self::Spawn { .. } | Self::Failed { .. } | Self::Unknown { .. } => None,
        }
    }
}

pub(super) fn run(
    typed: &cli::Test,
    log: Choice,
    env: &ProcessEnv,
) -> Result<Status, CommandError> {
    warn_of_undecodable(env);
    let path = locate(&typed.service, env);
    let definition = Definition::load(&path, &load_context(env))?.for_tests();
    let directory = directory_of(&path);
    let package = match Package::read(directory) {
        Ok(package) => package,
        Err(AskCargoError::Interrupted(signal)) => return Ok(Status::Forced(signal)),
        Err(error) => return Err(TestError::Unknown { reason: error.to_string() }.into()),
    };
    for suite in package.iter().flat_map(|one| Suite::of_units(one, directory, &typed.arguments)) {
        report::tell(format_args!("testing `{}`: {suite}\n", definition.identity.name));
        if let Some(status) = finish(&suite)? {
            return Ok(status);
        }
    }
    // Whoever builds it by other means has a component.
    if definition.host.build.is_some()
        && let Built::Interrupted(signal) = build::build(&definition)?
    {
        return Ok(Status::Forced(signal));
    }
    let command = definition.tests.command.as_deref();
    let suite = match command {
        Some(command) => Some(Suite::shell(command, directory, &typed.arguments)),
        None => package.and_then(|one| Suite::of_files(&one, directory, &typed.arguments)),
    };
    let suite = suite.map(|suite| suite.told(&path, env.program.as_deref()));
    if definition.script().is_some() {
        return script(&definition, suite);
    }
    serve(definition, suite, log, env)
}

/// The deployment is `test`, unless the environment says otherwise.
fn load_context(env: &ProcessEnv) -> LoadContext {
    let load_context = env.load_context();
    let variables = load_context.variables.or("MIKROS_SERVICE_DEPLOY", "test");
    LoadContext { variables, ..load_context }
}

/// Runs tests that need no service; `None` when they have passed.
fn finish(suite: &Suite) -> Result<Option<Status>, TestError> {
    match child::show(suite.command()).map_err(|source| suite.cannot_start(source))? {
        Ended::Interrupted(signal) => Ok(Some(Status::Forced(signal))),
        Ended::Exited(output) => suite.judge(output.status).map(|()| None),
    }
}

/// A script is run by its tests, as often as they like and with their arguments.
fn script(definition: &Definition, suite: Option<Suite>) -> Result<Status, CommandError> {
    let name = &definition.identity.name;
    let Some(suite) = suite else {
        report::tell(format_args!("nothing runs the script `{name}`: {}\n", suite::HOW_TO_ADD));
        return Ok(Status::Success);
    };
    report::tell(format_args!("testing the script `{name}`: {suite}\n"));
    Ok(finish(&suite)?.unwrap_or(Status::Success))
}

/// Runs the service, and the tests while it serves.
fn serve(
    definition: Definition,
    suite: Option<Suite>,
    log: Choice,
    env: &ProcessEnv,
) -> Result<Status, CommandError> {
    let transcript = Transcript::new(definition.tests.discards_log);
    let look = Look {
        format: log.format(LogFormat::Text, &io::stderr()),
        level: log.level,
        host_level: None,
    };
    let name = definition.identity.name.clone();
    let options = Options {
        stream: LogStream::default(),
        look,
        cache_directory: env.cache_directory.clone(),
        extensions: env.extensions.clone(),
        hangup: Hangup::Stops,
        pace: Pace::Rare,
    };
    let verdict = Arc::new(Verdict::default());
    let told = verdict.clone();
    let service = ServiceOptions {
        definition: Some(definition),
        arguments: Vec::new(),
        direct: async move |_: &HostLog| {
            machine::raise_descriptors();
            Ok::<_, CommandError>(Trial::new(name, suite, told))
        },
    };
    let ending = supervisor::run(options, vec![service], transcript.output())?;
    let result = match (ending, verdict.take()) {
        (ExitReason::Cancelled(signal) | ExitReason::Forced(signal), _) => {
            return Ok(Status::Forced(signal.number()));
        }
        (_, Some(Err(error))) => Err(error),
        (ExitReason::Failed, _) => Err(TestError::Service { help: transcript.place() }),
        (ExitReason::Stopped, Some(Ok(()))) => return Ok(Status::Success),
        (ExitReason::Stopped, None) => {
            return Ok(verdict.signal().map_or(Status::Failure, Status::Forced));
        }
    };
    transcript.show();
    result.map_err(CommandError::from)
}
