//! `build`: runs the command in `[host] build`, and installs the compilation target it needs.
//!
//! Does not know what the command does beyond the component it must leave behind.

mod absent;
mod plan;
pub(super) mod target;

use std::fmt;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

pub(super) use self::absent::{PROGRAM, cdylib_help};
pub(super) use self::plan::BuildPlan;
use self::target::Library;
use super::child::{self, Ended};
use super::target::Target;
use super::{CommandError, warn_of_undecodable};
use crate::cli::ProcessEnv;
use crate::definition::Definition;
use crate::report::{self, Status};

/// Why there is no new component.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum BuildError {
    #[error("`{}` does not say how to build the service", path.display())]
    NoCommand { path: PathBuf },
    #[error("cannot start `sh` in `{}` to run `{command}`", directory.display())]
    Spawn { command: String, directory: PathBuf, source: io::Error },
    #[error("the build failed: `{command}` in `{}` {outcome}", directory.display())]
    Failed { command: String, directory: PathBuf, outcome: Outcome },
    #[error("the build succeeded, but there is no component `{}`", component.display())]
    NoComponent { component: PathBuf, help: String },
    /// Cargo makes components of libraries with `crate-type = ["cdylib"]` only.
    #[error(
        "the build succeeded, but it has made no component `{}`: `{}` {reason}",
        component.display(),
        manifest.display()
    )]
    NotLibrary { component: PathBuf, manifest: PathBuf, reason: &'static str, help: String },
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
    pub(crate) fn help(&self) -> Option<&str> {
        match self {
            Self::NoCommand { .. } => Some(
                "add to `[host]`, for example, `build = \"cargo build --release --target wasm32-wasip2\"`",
            ),
            Self::NoComponent { help, .. }
            | Self::NotLibrary { help, .. }
            | Self::SpawnRustup { help, .. }
            | Self::InstallTarget { help, .. } => Some(help),
            Self::Failed { outcome, .. } if outcome.is_not_found() => Some(
                "the shell has not found a program, its message is above: install it, Rust with rustup \
                 from https://rustup.rs",
            ),
            Self::Spawn { .. } | Self::Failed { .. } => None,
        }
    }

    pub(super) fn status(&self) -> Status {
        match self {
            Self::NoCommand { .. } | Self::NoComponent { .. } | Self::NotLibrary { .. } => {
                Status::EditNeeded
            }
            Self::Spawn { .. }
            | Self::Failed { .. }
            | Self::SpawnRustup { .. }
            | Self::InstallTarget { .. } => Status::Failure,
        }
    }
}

/// How a program ended, as the rest of a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outcome(ExitStatus);

impl Outcome {
    pub(super) fn of(status: ExitStatus) -> Self {
        Self(status)
    }

    /// Whether the program ended by itself, so that it could say why.
    pub(super) fn is_told(self) -> bool {
        self.0.code().is_some()
    }

    /// Whether a shell says that there is no such program (POSIX, "Exit Status for Commands").
    fn is_not_found(self) -> bool {
        self.0.code() == Some(127)
    }
}

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

pub(super) fn run(targets: &[Target], env: &ProcessEnv) -> Result<Status, CommandError> {
    warn_of_undecodable(env);
    for target in targets {
        // Machines that build services have none of the variables that run them.
        let load_context = target.env.load_context().incomplete();
        let definition = Definition::load(&target.path, &load_context)?;
        if let Built::Interrupted(signal) = build(&definition)? {
            return Ok(Status::Forced(signal));
        }
    }
    Ok(Status::Success)
}

/// Runs the service's build command and makes sure that the component is there afterwards.
///
/// The build has the terminal, if there is one, unlike the builds of `dev`: its progress bar is seen, and
/// what it asks for can be typed.
pub(super) fn build(definition: &Definition) -> Result<Built, BuildError> {
    let plan = BuildPlan::of(definition)?;
    if plan.needs_target()
        && let Built::Interrupted(signal) = install_target(&plan.directory)?
    {
        return Ok(Built::Interrupted(signal));
    }
    report::tell(format_args!("building `{}`: {}\n", definition.identity.name, plan.command));
    match run_seen(plan.shell()).map_err(|source| plan.cannot_start(source))? {
        Ended::Interrupted(signal) => Ok(Built::Interrupted(signal)),
        Ended::Exited(output) => plan.judge(output.status).map(|()| Built::Component),
    }
}

/// Installs the target for the toolchain that is used in `directory`, unless it is there.
pub(super) fn install_target(directory: &Path) -> Result<Built, BuildError> {
    match target::library(directory, |_| ()) {
        Library::Interrupted(signal) => return Ok(Built::Interrupted(signal)),
        Library::Missing => (),
        // What cannot be found out is left to the build, whose own message will be better.
        Library::Present | Library::Unknown => return Ok(Built::Component),
    }
    report::tell(target::NOTICE);
    let mut rustup = target::installation(directory);
    rustup.stdin(Stdio::null());
    match run_seen(rustup).map_err(target::cannot_start)? {
        Ended::Interrupted(signal) => Ok(Built::Interrupted(signal)),
        Ended::Exited(output) => target::judge(output.status, directory).map(|()| Built::Component),
    }
}

/// Runs a program and sends what it prints to standard error. Standard output is for what the user
/// asked this program for, which with `run --build` is the log of the service.
fn run_seen(mut program: Command) -> io::Result<Ended> {
    let output = io::stderr().as_fd().try_clone_to_owned()?;
    program.stdout(Stdio::from(output));
    child::show(program)
}

#[cfg(test)]
mod tests;
