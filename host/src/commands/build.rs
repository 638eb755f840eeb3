//! `build`: runs the command in `[host] build`, and installs the compilation target it needs.
//!
//! Does not know what the command does beyond the component it must leave behind.

mod target;

use std::fmt;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use super::child::{self, Ended};
use super::{CommandError, directory_of, locate, warn_of_undecodable};
use crate::cli::{self, Surroundings};
use crate::definition::Definition;
use crate::report::{self, Status};

/// Why there is no new component.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    #[error("`{}` does not say how to build the service", path.display())]
    NoCommand { path: PathBuf },
    #[error("cannot start `sh` in `{}` to run `{command}`", directory.display())]
    Spawn { command: String, directory: PathBuf, source: io::Error },
    #[error("the build failed: `{command}` in `{}` {outcome}", directory.display())]
    Failed { command: String, directory: PathBuf, outcome: Outcome },
    #[error("the build succeeded, but there is no component `{}`", component.display())]
    NoComponent { component: PathBuf, help: String },
    /// `rustup` is not there, or cannot be started.
    #[error("cannot start `rustup` to install the compilation target `{}`", target::NAME)]
    SpawnRustup { source: io::Error, help: String },
    /// `rustup` has told the user why.
    #[error(
        "cannot install the compilation target: `{}` {outcome}, its message is above",
        target::INSTALL
    )]
    InstallTarget { outcome: Outcome, help: String },
}

impl BuildError {
    /// What to do about it, when that is known.
    pub fn help(&self) -> Option<&str> {
        match self {
            Self::NoCommand { .. } => Some(
                "add to `[host]`, for example, `build = \"cargo build --release --target wasm32-wasip2\"`",
            ),
            Self::NoComponent { help, .. }
            | Self::SpawnRustup { help, .. }
            | Self::InstallTarget { help, .. } => Some(help),
            Self::Spawn { .. } | Self::Failed { .. } => None,
        }
    }

    pub(super) fn status(&self) -> Status {
        match self {
            Self::NoCommand { .. } | Self::NoComponent { .. } => Status::EditNeeded,
            Self::Spawn { .. }
            | Self::Failed { .. }
            | Self::SpawnRustup { .. }
            | Self::InstallTarget { .. } => Status::Failure,
        }
    }
}

/// How a program ended, as the rest of a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome(ExitStatus);

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0.code(), self.0.signal()) {
            (Some(code), _) => write!(f, "ended with exit status {code}"),
            (None, Some(signal)) => write!(f, "was ended by signal {signal}"),
            (None, None) => write!(f, "ended"),
        }
    }
}

/// What became of a build that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Built {
    Component,
    /// The signal with this number ended it.
    Interrupted(u8),
}

pub(super) fn run(typed: &cli::Build, surroundings: &Surroundings) -> Result<Status, CommandError> {
    warn_of_undecodable(surroundings);
    let path = locate(&typed.service, surroundings);
    // Machines that build services have none of the variables that run them.
    let variables = surroundings.variables.clone().incomplete();
    let definition = Definition::load(&path, &variables)?;
    Ok(match build(&definition)? {
        Built::Component => Status::Success,
        Built::Interrupted(signal) => Status::Forced(signal),
    })
}

/// Runs the service's build command and makes sure that the component is there afterwards.
pub(super) fn build(definition: &Definition) -> Result<Built, BuildError> {
    let Some(command) = &definition.host.build else {
        return Err(BuildError::NoCommand { path: definition.path.clone() });
    };
    let directory = directory_of(&definition.path);
    if target::is_needed(command)
        && let Built::Interrupted(signal) = target::install(directory)?
    {
        return Ok(Built::Interrupted(signal));
    }
    report::tell(format_args!("building `{}`: {command}\n", definition.identity.name));
    match run_shell(command, directory)? {
        Ended::Interrupted(signal) => return Ok(Built::Interrupted(signal)),
        Ended::Exited(output) if output.status.success() => (),
        Ended::Exited(output) => {
            return Err(BuildError::Failed {
                command: command.clone(),
                directory: directory.to_owned(),
                outcome: Outcome(output.status),
            });
        }
    }
    let component = &definition.host.component;
    if component.is_file() {
        return Ok(Built::Component);
    }
    let file = definition.path.display();
    Err(BuildError::NoComponent {
        component: component.clone(),
        help: format!("let `[host] component` in `{file}` name the file that `{command}` writes"),
    })
}

/// Runs a command line in `directory`.
fn run_shell(command: &str, directory: &Path) -> Result<Ended, BuildError> {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(command).current_dir(directory);
    to_stderr(&mut shell).and_then(|()| child::wait(shell)).map_err(|source| BuildError::Spawn {
        command: command.to_owned(),
        directory: directory.to_owned(),
        source,
    })
}

/// Sends what a program prints to standard error. Standard output is for what the user asked this
/// program for, which with `run --build` is the log of the service.
fn to_stderr(program: &mut Command) -> io::Result<()> {
    let output = io::stderr().as_fd().try_clone_to_owned()?;
    program.stdout(Stdio::from(output));
    Ok(())
}

#[cfg(test)]
mod tests;
