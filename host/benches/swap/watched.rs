//! A host whose versions are replaced: it watches its files, or is told to look at them.
//!
//! Does not know what changes in them.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use super::files::Files;
use super::guest::HOST;
use super::processors::Processors;

/// Longest wait for a line: a compilation on a slow machine, and then some.
const LIMIT: Duration = Duration::from_mins(1);

/// Why there is no host that watches.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WatchError {
    #[error("cannot start `{HOST}`")]
    Spawn { source: io::Error },
    #[error("`{event}` does not come; the last line was:\n{last}")]
    Silent { event: &'static str, last: String },
}

/// How a host gets to know of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// `run --watch`, which keeps the functions that it has compiled.
    Watch,
    /// SIGHUP to `run`.
    Hangup,
}

/// A host that serves. Killed when it is dropped.
#[derive(Debug)]
pub(crate) struct Watched {
    pub(crate) address: SocketAddr,
    way: Way,
    id: Option<Pid>,
    log: Lines<BufReader<ChildStdout>>,
    _child: Child,
}

impl Watched {
    pub(crate) async fn launch(
        processors: &Processors,
        files: &Files,
        way: Way,
    ) -> Result<Self, WatchError> {
        let spawn = |source| WatchError::Spawn { source };
        let mut command = Command::new(HOST);
        command.arg("run").args((way == Way::Watch).then_some("--watch"));
        command.arg(&files.definition).env_clear();
        command.env("MIKROS_HOST_CACHE", &files.cache);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = processors.for_server(|| command.spawn()).map_err(spawn)?;
        let output = child.stdout.take().ok_or_else(|| spawn(io::ErrorKind::BrokenPipe.into()))?;
        let mut log = BufReader::new(output).lines();
        let line = line(&mut log, "service-running").await?;
        let address = line.get("address").and_then(Value::as_str).unwrap_or_default();
        let address =
            address.parse::<SocketAddr>().map_err(|error| spawn(io::Error::other(error)))?;
        let address = (Ipv4Addr::LOCALHOST, address.port()).into();
        let id = child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?));
        Ok(Self { address, way, id, log, _child: child })
    }

    /// Waits until a version has taken over; tells of the change, if that has to be done.
    pub(crate) async fn replaced(&mut self) -> Result<(), WatchError> {
        if let (Way::Hangup, Some(id)) = (self.way, self.id) {
            kill_process(id, Signal::HUP)
                .map_err(|source| WatchError::Spawn { source: source.into() })?;
        }
        line(&mut self.log, "swap-completed").await.map(drop)
    }
}

/// Reads the log up to a line about this event.
async fn line(
    log: &mut Lines<BufReader<ChildStdout>>,
    event: &'static str,
) -> Result<Value, WatchError> {
    let mut last = String::new();
    while let Ok(Ok(Some(text))) = timeout(LIMIT, log.next_line()).await {
        let line: Value = serde_json::from_str(&text).unwrap_or_default();
        if line.get("event").and_then(Value::as_str) == Some(event) {
            return Ok(line);
        }
        last = text;
    }
    Err(WatchError::Silent { event, last })
}
