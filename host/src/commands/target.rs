//! The services that a command is about: their files, and the environment in which each is looked at.
//!
//! Does not know what is done with them.

use std::path::PathBuf;

use super::child::Interrupted;
use super::{CommandError, cargo};
use crate::cli::{Command, ProcessEnv, ServiceArgument};
use crate::definition::{Definition, LoadError, check_together};
use crate::report::{Report, tell};

/// Name of the file in a service's directory.
const FILE_NAME: &str = "service.toml";

/// A service that a command is about.
#[derive(Debug, Clone)]
pub(super) struct Target {
    /// Its `service.toml`.
    pub(super) path: PathBuf,
    pub(super) env: ProcessEnv,
}

impl Target {
    pub(super) fn load(&self) -> Result<Definition, LoadError> {
        Definition::load(&self.path, &self.env.load_context())
    }
}

/// The services that were asked for; never none where a command is about services.
///
/// # Errors
/// When a signal has ended cargo, which was asked where it writes.
pub(super) fn targets(command: &Command, env: &ProcessEnv) -> Result<Vec<Target>, Interrupted> {
    let (given, builds) = match command {
        Command::Dev(typed) => (typed.services.given(), true),
        Command::Run(typed) => (typed.services.given(), typed.build),
        Command::Test(typed) => (typed.service.given(), true),
        Command::Build(typed) => (typed.services.given(), true),
        Command::Check(typed) => (typed.services.given(), false),
        Command::Doctor(typed) => (typed.services.given(), false),
        Command::Inspect(typed) => (typed.services.given(), false),
        Command::Generate(typed) => (typed.service.given(), false),
        Command::New(_)
        | Command::Init(_)
        | Command::Status(_)
        | Command::Schema
        | Command::Completions(_) => return Ok(Vec::new()),
    };
    let paths = if given.is_empty() { vec![default(env)] } else { given.to_vec() };
    let target = |path| {
        let path = file_of(path);
        let env = cargo::relocated(&path, builds, env)?;
        Ok(Target { path, env })
    };
    paths.into_iter().map(target).collect()
}

/// Reads what is to run in one process.
///
/// # Errors
/// What is wrong with the last one that cannot be read; the others are told at once. Also when names or ports
/// collide.
pub(super) fn load_all(
    targets: &[Target],
    load: impl Fn(&Target) -> Result<Definition, LoadError>,
) -> Result<Vec<Definition>, CommandError> {
    let (mut definitions, mut errors) = (Vec::new(), Vec::new());
    for target in targets {
        match load(target) {
            Ok(definition) => definitions.push(definition),
            Err(error) => errors.push(error),
        }
    }
    last_of(errors)?;
    check_together(&definitions)?;
    Ok(definitions)
}

/// Fails with the last of these errors after telling the others.
pub(super) fn last_of(
    errors: impl IntoIterator<Item = impl Into<CommandError>>,
) -> Result<(), CommandError> {
    let mut errors = errors.into_iter().map(Into::into).collect::<Vec<CommandError>>();
    let Some(last) = errors.pop() else { return Ok(()) };
    for error in errors {
        tell(Report::new(&error, error.help()));
    }
    Err(last)
}

/// The file of the one service that was asked for.
pub(super) fn locate(argument: &ServiceArgument, env: &ProcessEnv) -> PathBuf {
    argument.given().first().map_or_else(|| default(env), |path| file_of(path.clone()))
}

fn default(env: &ProcessEnv) -> PathBuf {
    env.service.clone().map_or_else(|| PathBuf::from(FILE_NAME), file_of)
}

fn file_of(path: PathBuf) -> PathBuf {
    if path.is_dir() { path.join(FILE_NAME) } else { path }
}
