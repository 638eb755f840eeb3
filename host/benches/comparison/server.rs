//! The servers that are compared: started as processes, found, and killed when they are dropped.
//!
//! Does not know what is asked of them, nor how many there are.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use super::guest::HOST;
use super::processors::Processors;

/// How long a server may take until it listens: a compilation on a slow machine, and then some.
const LAUNCH_LIMIT: Duration = Duration::from_mins(1);

/// The host, which runs a definition.
pub(crate) fn host(definition: &Path, cache: &Path) -> Command {
    let mut command = Command::new(HOST);
    // Nothing in the caller's environment changes what is measured.
    command.arg("run").arg(definition).env_clear().env("MIKROS_HOST_CACHE", cache);
    command
}

/// Why a server does not answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LaunchError {
    #[error("cannot start `{server}`")]
    Spawn { server: &'static str, source: io::Error },
    #[error("`{server}` ended before it listened; it printed:\n{output}")]
    Ended { server: &'static str, output: String },
    #[error("`{server}` does not listen after {}", humantime::format_duration(LAUNCH_LIMIT))]
    Late { server: &'static str },
}

/// A server that listens. Killed when it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    /// What it is called in what is printed.
    pub(crate) name: &'static str,
    pub(crate) address: SocketAddr,
    /// Of its process.
    pub(crate) id: u32,
    _child: Child,
    /// Kept open: a log that nobody reads must not end a server.
    _output: Lines<BufReader<ChildStdout>>,
}

impl Server {
    /// Starts a server and waits until it says where it listens.
    pub(crate) async fn launch(
        name: &'static str,
        command: &mut Command,
        processors: &Processors,
    ) -> Result<Self, LaunchError> {
        let failed = |source| LaunchError::Spawn { server: name, source };
        command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = processors.for_server(|| command.spawn()).map_err(failed)?;
        let (Some(id), Some(output)) = (child.id(), child.stdout.take()) else {
            return Err(LaunchError::Ended { server: name, output: String::new() });
        };
        let mut output = BufReader::new(output).lines();
        let address = timeout(LAUNCH_LIMIT, find_address(name, &mut output)).await;
        let address = address.map_err(|_elapsed| LaunchError::Late { server: name })??;
        Ok(Self { name, address, id, _child: child, _output: output })
    }
}

/// Reads lines until one is a JSON object with an `address`.
async fn find_address(
    server: &'static str,
    output: &mut Lines<BufReader<ChildStdout>>,
) -> Result<SocketAddr, LaunchError> {
    let mut seen = String::new();
    loop {
        let line = output.next_line().await;
        let Some(line) = line.map_err(|source| LaunchError::Spawn { server, source })? else {
            return Err(LaunchError::Ended { server, output: seen });
        };
        let fields = serde_json::from_str::<Value>(&line).unwrap_or_default();
        let address = fields.get("address").and_then(Value::as_str);
        if let Some(address) = address.and_then(|address| address.parse::<SocketAddr>().ok()) {
            return Ok((Ipv4Addr::LOCALHOST, address.port()).into());
        }
        seen.push_str(&line);
        seen.push('\n');
    }
}
