//! The service that is measured: `examples/hello-http`, built and set up for a measurement.
//!
//! Does not know how it is run.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::Command;
use toml::{Table, Value};

/// The program that is measured.
pub(crate) const HOST: &str = env!("CARGO_BIN_EXE_mikros-host");
/// The service that it runs.
const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/hello-http/service.toml");
/// Where this benchmark may write.
const DIRECTORY: &str = env!("CARGO_TARGET_TMPDIR");

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
    #[error("`mikros-host build {EXAMPLE}` failed: {status}")]
    Build { status: ExitStatus },
    #[error("cannot read `{EXAMPLE}`")]
    Read { source: io::Error },
    #[error("`{EXAMPLE}` is not as this benchmark expects it: {reason}")]
    Parse { reason: String },
    #[error("cannot write `{}`", path.display())]
    Write { path: PathBuf, source: io::Error },
}

impl Guest {
    /// Builds the component, if it is not up to date, and writes a definition that listens on a free
    /// port of this machine only. All else is as the example has it.
    pub(crate) async fn build() -> Result<Self, BuildError> {
        compile().await?;
        let text =
            std::fs::read_to_string(EXAMPLE).map_err(|source| BuildError::Read { source })?;
        let changed = for_measurement(&text).map_err(|reason| BuildError::Parse { reason })?;
        let directory = Path::new(DIRECTORY).join("http-benchmark");
        let definition = directory.join("service.toml");
        std::fs::create_dir_all(&directory)
            .and_then(|()| std::fs::write(&definition, changed))
            .map_err(|source| BuildError::Write { path: definition.clone(), source })?;
        Ok(Self { definition, cache: directory.join("cache") })
    }
}

async fn compile() -> Result<(), BuildError> {
    let mut command = Command::new(HOST);
    // The example names its component in the workspace's own target directory.
    command.args(["build", EXAMPLE]).env_remove("CARGO_TARGET_DIR").stdin(Stdio::null());
    let mut child = command.spawn().map_err(|source| BuildError::Spawn { source })?;
    let ended = Ended(child.id());
    let status = child.wait().await.map_err(|source| BuildError::Spawn { source })?;
    drop(ended);
    if status.success() { Ok(()) } else { Err(BuildError::Build { status }) }
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

fn for_measurement(text: &str) -> Result<String, String> {
    let mut definition: Table = text.parse().map_err(|error: toml::de::Error| error.to_string())?;
    definition.insert("types".to_owned(), Value::from(vec!["http:0"]));
    let host =
        definition.get_mut("host").and_then(Value::as_table_mut).ok_or("it has no `[host]`")?;
    let component = host.get("component").and_then(Value::as_str).ok_or("it has no `component`")?;
    let component = Path::new(EXAMPLE).with_file_name(component);
    let component = component.canonicalize().map_err(|error| error.to_string())?;
    host.insert("component".to_owned(), Value::from(component.display().to_string()));
    host.insert("address".to_owned(), Value::from("127.0.0.1"));
    Ok(definition.to_string())
}
