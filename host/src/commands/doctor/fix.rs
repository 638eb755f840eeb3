//! The fixes that are safe: each can be shown before it is made, and none takes anything away.
//!
//! Does not know when one is due.

use std::io;
use std::path::PathBuf;

use crate::cli;
use crate::commands::build::{self, BuildError, Built, target};
use crate::commands::edit::Edit;
use crate::engine::{Cache, CacheError};

/// What is to be done about what was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Only tell it.
    Look,
    /// Also tell what would be done.
    DryRun,
    Fix,
}

#[derive(Debug)]
pub(super) enum Fix {
    /// For the toolchain that is used in a directory.
    InstallTarget {
        directory: PathBuf,
    },
    CreateCache {
        directory: PathBuf,
    },
    Edit(Edit),
}

/// Why a fix was not made.
#[derive(Debug, thiserror::Error)]
pub(super) enum FixError {
    #[error(transparent)]
    InstallTarget(#[from] BuildError),
    #[error("cannot create `{}`", directory.display())]
    CreateCache { directory: PathBuf, source: CacheError },
    #[error("cannot write `{}`", path.display())]
    Edit { path: PathBuf, source: io::Error },
    /// By a signal with this number.
    #[error("interrupted by signal {0}")]
    Interrupted(u8),
}

impl Mode {
    pub(super) fn of(typed: &cli::Doctor) -> Self {
        match typed {
            cli::Doctor { dry_run: true, .. } => Self::DryRun,
            cli::Doctor { fix: true, .. } => Self::Fix,
            cli::Doctor { .. } => Self::Look,
        }
    }
}

impl Fix {
    pub(super) fn apply(&self) -> Result<(), FixError> {
        match self {
            Self::InstallTarget { directory } => match build::install_target(directory)? {
                Built::Component => Ok(()),
                Built::Interrupted(signal) => Err(FixError::Interrupted(signal)),
            },
            Self::CreateCache { directory } => Cache::open(directory.clone())
                .map(drop)
                .map_err(|source| FixError::CreateCache { directory: directory.clone(), source }),
            Self::Edit(edit) => {
                edit.apply().map_err(|source| FixError::Edit { path: edit.path.clone(), source })
            }
        }
    }

    /// What it does, exactly.
    pub(super) fn lines(&self) -> Vec<String> {
        match self {
            Self::InstallTarget { directory } => {
                vec![format!("run: {} (in `{}`)", target::INSTALL, directory.display())]
            }
            Self::CreateCache { directory } => {
                vec![format!("create: {} (for its user only)", directory.display())]
            }
            Self::Edit(edit) => {
                let heading = format!("edit: {}", edit.path.display());
                std::iter::once(heading).chain(edit.lines()).collect()
            }
        }
    }
}
