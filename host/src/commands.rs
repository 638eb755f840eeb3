//! What each command does, from what was typed to an exit status.
//!
//! Does not know how a service runs.

mod build;
mod cargo;
mod certificates;
mod check;
mod child;
mod clients;
mod component;
mod dev;
mod doctor;
mod edit;
mod finding;
mod generate;
mod inspect;
mod log;
mod new;
mod run;
mod status;
mod target;
mod test;

use std::io;
use std::path::Path;

use clap::CommandFactory;

use self::child::Interrupted;
use crate::cli::{Cli, Command, Completions, ProcessEnv};
use crate::definition::{CollisionError, LoadError, schema};
use crate::engine::CompileError;
use crate::report::{self, Status};
use crate::supervisor::RunError;
use crate::telemetry::StartLogError;
use crate::watch::StartWatchError;

pub(crate) use self::build::BuildError;
pub(crate) use self::generate::GenerateError;
pub(crate) use self::new::CreateError;
pub(crate) use self::status::StatusError;
pub(crate) use self::test::TestError;

/// Why a command could not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum CommandError {
    #[error(transparent)]
    Load(#[from] LoadError),
    /// Services that cannot share a process.
    #[error(transparent)]
    Collision(#[from] CollisionError),
    /// Arguments for a service that takes none.
    #[error("arguments after `--` are for kind `script`, and `{service}` is of kind {kinds}")]
    UnexpectedArguments { service: String, kinds: String },
    /// Arguments when it is not clear whose they are.
    #[error("arguments after `--` are for one script, and {found} of the services are scripts")]
    AmbiguousArguments { found: usize },
    #[error(transparent)]
    Create(#[from] CreateError),
    #[error(transparent)]
    Build(#[from] BuildError),
    #[error(transparent)]
    Generate(#[from] GenerateError),
    #[error(transparent)]
    Compile(#[from] CompileError),
    #[error(transparent)]
    Status(#[from] StatusError),
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
            Self::Collision(error) => error.help(),
            Self::AmbiguousArguments { .. } => {
                Some("run the script by itself to give it arguments")
            }
            Self::UnexpectedArguments { .. } => Some("remove `--` and what follows it"),
            Self::Create(error) => error.help(),
            Self::Build(error) => error.help(),
            Self::Generate(error) => error.help(),
            Self::Compile(error) => error.help(),
            Self::Status(error) => Some(error.help()),
            Self::Test(error) => error.help(),
            Self::Log(_) | Self::Watch(_) | Self::Run(_) | Self::Print { .. } => None,
        }
    }

    pub(crate) fn status(&self) -> Status {
        match self {
            Self::Load(_)
            | Self::Collision(_)
            | Self::UnexpectedArguments { .. }
            | Self::AmbiguousArguments { .. } => Status::EditNeeded,
            Self::Create(error) => error.status(),
            Self::Build(error) => error.status(),
            Self::Generate(error) => error.status(),
            Self::Compile(error) => component::status(error),
            Self::Status(error) => error.status(),
            Self::Test(_) | Self::Log(_) | Self::Watch(_) | Self::Run(_) | Self::Print { .. } => {
                Status::Failure
            }
        }
    }
}

/// Does what was typed.
pub(crate) fn run(cli: Cli, env: &ProcessEnv) -> Result<Status, CommandError> {
    let log = log::Choice::new(cli.log, env);
    let targets = match target::targets(&cli.command, env) {
        Ok(targets) => targets,
        Err(Interrupted(signal)) => return Ok(Status::Forced(signal)),
    };
    let env = targets.first().map_or(env, |target| &target.env);
    match cli.command {
        Command::New(arguments) => new::run(&arguments, env),
        Command::Init(arguments) => new::init(&arguments, env),
        Command::Dev(arguments) => dev::run(&arguments, &targets, log, env),
        Command::Run(arguments) => run::run(&arguments, &targets, log, env),
        Command::Test(arguments) => test::run(&arguments, log, env),
        Command::Build(_) => build::run(&targets, env),
        Command::Check(arguments) => check::run(&arguments, &targets, log, env),
        Command::Doctor(arguments) => doctor::run(&arguments, &targets, log, env),
        Command::Inspect(arguments) => inspect::run(&arguments, &targets, log, env),
        Command::Generate(arguments) => generate::run(&arguments, &targets, env),
        Command::Status(arguments) => status::run(&arguments, env),
        Command::Schema => print(&json(&schema(env.extensions.catalogue()))),
        Command::Completions(arguments) => print(&completions(&arguments)),
    }
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
