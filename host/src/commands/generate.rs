//! `generate`: the files with which a service runs under systemd, in a container, and on Kubernetes.
//!
//! They are written from the definition alone, so that the same file always gives the same text: the environment of
//! this machine is not that of the service. Values of variables are never in them.
//!
//! Does not know what is in any of the files.

mod dockerfile;
mod kubernetes;
mod systemd;
mod workload;

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use self::workload::Workload;
use super::edit::UNFINISHED;
use super::target::Target;
use super::{CommandError, print};
use crate::cli::{self, DeploymentFormat, ProcessEnv};
use crate::definition::{Definition, LoadContext};
use crate::file::{Draft, USUAL_MODE};
use crate::report::{self, Status};

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GenerateError {
    #[error("`{}` exists", .0.display())]
    Exists(PathBuf),
    #[error("cannot write `{}`", path.display())]
    Write { path: PathBuf, source: io::Error },
    /// For Kubernetes.
    #[error("kind `{0}` listens on any free port, and a Service needs to know which")]
    AnyPort(&'static str),
    /// For Kubernetes.
    #[error("`{0}` cannot be the name of a Service: {1}")]
    Name(String, &'static str),
    #[error("`{0}` cannot be the name of an environment variable in a shell")]
    Variable(String),
}

impl GenerateError {
    pub(crate) fn help(&self) -> Option<&'static str> {
        match self {
            Self::Exists(_) => Some("`--force` replaces it"),
            Self::AnyPort(_) => Some("choose a port in `types`, for example `http:8080`"),
            Self::Name(..) | Self::Variable(_) => Some("choose another name in `service.toml`"),
            Self::Write { .. } => None,
        }
    }

    pub(crate) fn status(&self) -> Status {
        match self {
            Self::Write { .. } => Status::Failure,
            Self::Exists(_) | Self::AnyPort(_) | Self::Name(..) | Self::Variable(_) => {
                Status::EditNeeded
            }
        }
    }
}

/// A file, and what its reader has to know beside it.
struct Generated {
    name: String,
    text: String,
    notes: Vec<String>,
}

pub(super) fn run(
    typed: &cli::Generate,
    targets: &[Target],
    env: &ProcessEnv,
) -> Result<Status, CommandError> {
    let catalogue = env.extensions.catalogue().clone();
    let context = LoadContext { catalogue, ..LoadContext::default() }.incomplete();
    for target in targets {
        let definition = Definition::load(&target.path, &context)?;
        let generated = generate(typed.format, &Workload::new(&definition)?)?;
        match &typed.output {
            None => print(&generated.text)?,
            Some(directory) => {
                let path = directory.join(&generated.name);
                write(&path, &generated.text, typed.force)?;
                print(&format!("{}\n", path.display()))?
            }
        };
        for note in &generated.notes {
            report::tell(format_args!("note: {note}\n"));
        }
    }
    Ok(Status::Success)
}

fn generate(format: DeploymentFormat, workload: &Workload<'_>) -> Result<Generated, GenerateError> {
    let name = workload.name();
    match format {
        DeploymentFormat::Systemd => Ok(Generated {
            name: format!("{name}.service"),
            text: systemd::unit(workload),
            notes: Vec::new(),
        }),
        DeploymentFormat::Dockerfile => Ok(Generated {
            name: "Dockerfile".to_owned(),
            text: dockerfile::dockerfile(workload),
            notes: workload.notes_on_containers(),
        }),
        DeploymentFormat::Kubernetes => Ok(Generated {
            name: format!("{name}.yaml"),
            text: kubernetes::manifests(workload)?,
            notes: [workload.notes_on_containers(), workload.notes_on_load_balancing()].concat(),
        }),
    }
}

/// Writes a file as a whole. One that is there is replaced only by force.
fn write(path: &Path, text: &str, force: bool) -> Result<(), GenerateError> {
    let write = || {
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory)?;
        }
        let mut draft = Draft::open(path, UNFINISHED, USUAL_MODE)?;
        draft.file().write_all(text.as_bytes())?;
        if force { draft.replace() } else { draft.create() }
    };
    write().map_err(|source: io::Error| match source.kind() {
        ErrorKind::AlreadyExists => GenerateError::Exists(path.to_owned()),
        _ => GenerateError::Write { path: path.to_owned(), source },
    })
}

#[cfg(test)]
mod tests;
