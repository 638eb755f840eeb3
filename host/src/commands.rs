//! What each command does, from what was typed to an exit status.
//!
//! Does not know how a service runs.

mod build;
mod cargo;
mod check;
mod child;
mod clients;
mod component;
mod dev;
mod doctor;
mod edit;
mod inspect;
mod log;
mod new;
mod run;
mod test;

use std::io;
use std::path::{Path, PathBuf};

use clap::CommandFactory;

use self::child::Interrupted;
use crate::cli::{Cli, Command, Completions, ProcessEnv, ServiceArgument};
use crate::definition::LoadError;
use crate::definition::schema;
use crate::engine::CompileError;
use crate::report::{self, Status};
use crate::supervisor::RunError;
use crate::telemetry::StartLogError;
use crate::watch::StartWatchError;

pub(crate) use self::build::BuildError;
pub(crate) use self::new::CreateError;
pub(crate) use self::test::TestError;

/// Name of the file in a service's directory.
const FILE_NAME: &str = "service.toml";

/// Why a command could not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum CommandError {
    #[error(transparent)]
    Load(#[from] LoadError),
    /// Arguments for a service that takes none.
    #[error("arguments after `--` are for kind `script`, and `{service}` is of kind {kinds}")]
    UnexpectedArguments { service: String, kinds: String },
    #[error(transparent)]
    Create(#[from] CreateError),
    #[error(transparent)]
    Build(#[from] BuildError),
    #[error(transparent)]
    Compile(#[from] CompileError),
    #[error(transparent)]
    Test(#[from] TestError),
    #[error(transparent)]
    Log(#[from] StartLogError),
    #[error(transparent)]
    Watch(#[from] StartWatchError),
    #[error(transparent)]
    Run(#[from] RunError),
    #[error("cannot write to standard output")]
    Print { source: io::Error },
}

impl CommandError {
    /// What to do about it, when that is known.
    pub(crate) fn help(&self) -> Option<&str> {
        match self {
            Self::Load(error) => error.help(),
            Self::UnexpectedArguments { .. } => Some("remove `--` and what follows it"),
            Self::Create(error) => error.help(),
            Self::Build(error) => error.help(),
            Self::Compile(error) => error.help(),
            Self::Test(error) => error.help(),
            Self::Log(_) | Self::Watch(_) | Self::Run(_) | Self::Print { .. } => None,
        }
    }

    pub(crate) fn status(&self) -> Status {
        match self {
            Self::Load(_) | Self::UnexpectedArguments { .. } => Status::EditNeeded,
            Self::Create(error) => error.status(),
            Self::Build(error) => error.status(),
            Self::Compile(error) => component::status(error),
            Self::Test(_) | Self::Log(_) | Self::Watch(_) | Self::Run(_) | Self::Print { .. } => {
                Status::Failure
            }
        }
    }
}

/// Does what was typed.
pub(crate) fn run(cli: Cli, env: &ProcessEnv) -> Result<Status, CommandError> {
    let log = log::Choice::new(cli.log, env);
    let env = &match relocated(&cli.command, env) {
        Ok(env) => env,
        Err(Interrupted(signal)) => return Ok(Status::Forced(signal)),
    };
    match cli.command {
        Command::New(arguments) => new::run(&arguments, env),
        Command::Init(arguments) => new::init(&arguments, env),
        Command::Dev(arguments) => dev::run(arguments, log, env),
        Command::Run(arguments) => run::run(arguments, log, env),
        Command::Test(arguments) => test::run(&arguments, log, env),
        Command::Build(arguments) => build::run(&arguments, env),
        Command::Check(arguments) => check::run(&arguments, log, env),
        Command::Doctor(arguments) => doctor::run(&arguments, log, env),
        Command::Inspect(arguments) => inspect::run(&arguments, log, env),
        Command::Schema => print(&json(&schema(env.extensions.catalogue()))),
        Command::Completions(arguments) => print(&completions(&arguments)),
    }
}

/// The environment in which the service is looked at.
fn relocated(command: &Command, env: &ProcessEnv) -> Result<ProcessEnv, Interrupted> {
    let (service, builds) = match command {
        Command::Dev(typed) => (&typed.service, true),
        Command::Run(typed) => (&typed.service, typed.build),
        Command::Test(typed) => (&typed.service, true),
        Command::Build(typed) => (&typed.service, true),
        Command::Check(typed) => (&typed.service, false),
        Command::Doctor(typed) => (&typed.service, false),
        Command::Inspect(typed) => (&typed.service, false),
        Command::New(_) | Command::Init(_) | Command::Schema | Command::Completions(_) => {
            return Ok(env.clone());
        }
    };
    cargo::relocated(&locate(service, env), builds, env)
}

/// Prints what was asked for: all there is to do.
fn print(text: &str) -> Result<Status, CommandError> {
    report::print(text).map_err(|source| CommandError::Print { source })?;
    Ok(Status::Success)
}

fn json(document: &impl serde::Serialize) -> String {
    let text = serde_json::to_string_pretty(document);
    let mut text = text.expect("all keys are strings, and no `Serialize` here fails");
    text.push('\n');
    text
}

fn completions(arguments: &Completions) -> String {
    let mut script = Vec::new();
    let mut command = Cli::command();
    let name = command.get_name().to_owned();
    clap_complete::generate(arguments.shell, &mut command, name, &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

/// The file of the service that was asked for.
fn locate(argument: &ServiceArgument, env: &ProcessEnv) -> PathBuf {
    let given = argument.given().or(env.service.as_ref());
    match given {
        Some(path) if path.is_dir() => path.join(FILE_NAME),
        Some(path) => path.clone(),
        None => PathBuf::from(FILE_NAME),
    }
}

/// The directory of a file, in a form that can be changed to.
fn directory_of(file: &Path) -> &Path {
    match file.parent() {
        Some(directory) if directory != Path::new("") => directory,
        _ => Path::new("."),
    }
}

/// Says on standard error which variables no service can see.
fn warn_of_undecodable(env: &ProcessEnv) {
    for name in &env.undecodable {
        report::tell(format_args!("warning: {}\n", undecodable(name)));
    }
}

fn undecodable(variable: &str) -> String {
    format!("environment variable `{variable}` counts as not set, because its value is not UTF-8")
}
