//! What one build takes and when it counts as done.
//!
//! Does not know how the command is run, nor who watches it.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use super::super::directory_of;
use super::{BuildError, Outcome, absent, target};
use crate::definition::Definition;

/// A build as the definition wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct BuildPlan {
    /// A line for the shell.
    pub(in super::super) command: String,
    /// Where it runs: the directory of `service.toml`.
    pub(in super::super) directory: PathBuf,
    /// What it must leave behind.
    pub(super) component: PathBuf,
    /// The `service.toml` that says all this.
    pub(super) definition: PathBuf,
}

impl BuildPlan {
    pub(in super::super) fn of(definition: &Definition) -> Result<Self, BuildError> {
        let path = &definition.path;
        let Some(command) = &definition.host.build else {
            return Err(BuildError::NoCommand { path: path.clone() });
        };
        Ok(Self {
            command: command.clone(),
            directory: directory_of(path).to_owned(),
            component: definition.host.component.clone(),
            definition: path.clone(),
        })
    }

    /// What a build leaves behind.
    pub(in super::super) fn component(&self) -> &Path {
        &self.component
    }

    /// Whether the command works only with the compilation target installed.
    pub(in super::super) fn needs_target(&self) -> bool {
        target::is_needed(&self.command)
    }

    pub(in super::super) fn shell(&self) -> Command {
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(&self.command).current_dir(&self.directory);
        shell
    }

    pub(in super::super) fn cannot_start(&self, source: io::Error) -> BuildError {
        BuildError::Spawn {
            command: self.command.clone(),
            directory: self.directory.clone(),
            source,
        }
    }

    /// Whether there is a component to go on with, once the command has ended.
    pub(in super::super) fn judge(&self, status: ExitStatus) -> Result<(), BuildError> {
        if !status.success() {
            return Err(BuildError::Failed {
                command: self.command.clone(),
                directory: self.directory.clone(),
                outcome: Outcome(status),
            });
        }
        if !self.component.is_file() {
            return Err(absent::explain(self));
        }
        absent::explain_old(self).map_or(Ok(()), Err)
    }
}
