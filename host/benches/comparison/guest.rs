//! The service that is measured: built and set up for a measurement.
//!
//! Does not know what it does, nor how it is run.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::Command;
use toml::{Table, Value};

/// The program that is measured.
pub(crate) const HOST: &str = env!("CARGO_BIN_EXE_mikros-host");
/// Where this benchmark may write.
const DIRECTORY: &str = env!("CARGO_TARGET_TMPDIR");

/// What a service is built from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source {
    /// Its `service.toml`, as it is in the repository.
    pub(crate) definition: &'static str,
    /// Its kind, with the port `0`.
    pub(crate) kind: &'static str,
    /// Name of the directory for what is made of it.
    pub(crate) directory: &'static str,
}

/// A service that can be run.
#[derive(Debug)]
pub(crate) struct Guest {
    /// Its `service.toml`.
    pub(crate) definition: PathBuf,
    /// Where the host keeps what it compiled of it.
    pub(crate) cache: PathBuf,
}

/// Why there is no service to measure.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BuildError {
    #[error("cannot run `{HOST}`")]
    Spawn { source: io::Error },
    #[error("`mikros-host build {definition}` failed: {status}")]
    Build { definition: &'static str, status: ExitStatus },
    #[error("cannot read `{definition}`")]
    Read { definition: &'static str, source: io::Error },
    #[error("`{definition}` is not as this benchmark expects it: {reason}")]
    Parse { definition: &'static str, reason: String },
    #[error("cannot write `{}`", path.display())]
    Write { path: PathBuf, source: io::Error },
}

impl Guest {
    /// Builds the component, if it is not up to date, and writes a definition that listens on a free
    /// port of this machine only. All else is as its source has it.
    pub(crate) async fn build(source: &Source) -> Result<Self, BuildError> {
        let Source { definition, directory, .. } = *source;
        compile(definition).await?;
        let text = std::fs::read_to_string(definition)
            .map_err(|source| BuildError::Read { definition, source })?;
        let changed = for_measurement(&text, source)
            .map_err(|reason| BuildError::Parse { definition, reason })?;
        let directory = Path::new(DIRECTORY).join(directory);
        let definition = directory.join("service.toml");
        std::fs::create_dir_all(&directory)
            .and_then(|()| std::fs::write(&definition, changed))
            .map_err(|source| BuildError::Write { path: definition.clone(), source })?;
        Ok(Self { definition, cache: directory.join("cache") })
    }
}

async fn compile(definition: &'static str) -> Result<(), BuildError> {
    let mut command = Command::new(HOST);
    // The definition names its component in the workspace's own target directory.
    command.args(["build", definition]).env_remove("CARGO_TARGET_DIR").stdin(Stdio::null());
    let mut child = command.spawn().map_err(|source| BuildError::Spawn { source })?;
    let ended = Ended(child.id());
    let status = child.wait().await.map_err(|source| BuildError::Spawn { source })?;
    drop(ended);
    if status.success() { Ok(()) } else { Err(BuildError::Build { definition, status }) }
}

/// Asks a build to end when it is given up. Not by force: it has to end the compiler first.
struct Ended(Option<u32>);

impl Drop for Ended {
    fn drop(&mut self) {
        if let Some(id) = self.0.and_then(|id| Pid::from_raw(id.try_into().ok()?)) {
            // Most often it has ended by itself.
            let _ = kill_process(id, Signal::TERM);
        }
    }
}

fn for_measurement(text: &str, source: &Source) -> Result<String, String> {
    let mut definition: Table = text.parse().map_err(|error: toml::de::Error| error.to_string())?;
    definition.insert("types".to_owned(), Value::from(vec![source.kind]));
    let host =
        definition.get_mut("host").and_then(Value::as_table_mut).ok_or("it has no `[host]`")?;
    let component = host.get("component").and_then(Value::as_str).ok_or("it has no `component`")?;
    let component = Path::new(source.definition).with_file_name(component);
    let component = component.canonicalize().map_err(|error| error.to_string())?;
    host.insert("component".to_owned(), Value::from(component.display().to_string()));
    host.insert("address".to_owned(), Value::from("127.0.0.1"));
    Ok(definition.to_string())
}
