//! The lines that tell what became of a change, and how long it took.
//!
//! Does not know where they are shown, nor what was done.

use std::error::Error;
use std::fmt::Write;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::civil::Time;

use super::super::build::BuildError;
use super::screen::{Screen, Tone};
use crate::text::causes;

/// The keys that work. Shown once, where there are keys.
pub(super) const KEYS: &str = "keys: b build · l log level · q quit";

/// Said with addresses that nobody has chosen.
const LOCAL: &str = "for this machine only; `--address ::` or `[host] address` lets others in";

/// That the end has to wait for requests.
pub(super) fn stopping(requests: usize) -> String {
    let requests = match requests {
        1 => "1 request".to_owned(),
        number => format!("{number} requests"),
    };
    format!("stopping, {requests} in flight{SEPARATOR}Ctrl-C again ends it")
}

const SEPARATOR: &str = " · ";

/// One change and what came of it.
#[derive(Debug)]
pub(super) struct Status<'a> {
    /// Relative to the directory of the service. Empty at the start, and when a key asked.
    pub(super) changed: &'a [PathBuf],
    /// How long a build took that succeeded; `None`: there was none.
    pub(super) built: Option<Duration>,
    pub(super) end: End<'a>,
    /// Since when the version serves that serves now.
    pub(super) serving: Option<Time>,
}

#[derive(Debug)]
pub(super) enum End<'a> {
    /// A new version serves.
    Ready {
        /// From the end of the build, or else from the change.
        after: Duration,
        /// Where, as far as the reader does not know it from an earlier line.
        addresses: &'a [Address],
    },
    /// The build has made the component that serves already.
    Unchanged,
    BuildFailed {
        error: &'a BuildError,
        after: Duration,
    },
    /// There was nothing wrong with the build, but with the version.
    ReplacingFailed {
        error: &'a dyn Error,
        help: Option<&'a str>,
    },
}

/// Where one kind of the service is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) kind: &'static str,
    pub(super) socket: SocketAddr,
    /// Whether it is for this machine alone by default, at each of its addresses of that sort.
    pub(super) is_local: bool,
    /// Whether connections use TLS.
    pub(super) is_secured: bool,
}

impl Status<'_> {
    pub(super) fn show(&self, screen: &Screen) {
        let tone = match self.end {
            End::Ready { .. } | End::Unchanged => Tone::Good,
            End::BuildFailed { .. } | End::ReplacingFailed { .. } => Tone::Bad,
        };
        // The first line only: many lines of red are hard to read.
        let text = self.text();
        let (head, rest) = text.split_once('\n').unwrap_or((&text, ""));
        screen.say(tone, head);
        screen.say(Tone::Plain, rest);
    }

    /// One line, and for failures and new addresses some more.
    fn text(&self) -> String {
        let changed = changed(self.changed);
        let built = self.built.map(|built| format!("built in {}", duration(built)));
        let line: Vec<_> = changed.into_iter().chain(built).chain([self.ending()]).collect();
        let mut text = line.join(SEPARATOR);
        for line in self.details() {
            text.push('\n');
            text.push_str(&line);
        }
        text
    }

    fn ending(&self) -> String {
        match &self.end {
            End::Ready { after, .. } => format!("ready in {}", duration(*after)),
            End::Unchanged => format!("the component is the same{SEPARATOR}{}", self.serving()),
            End::BuildFailed { error, after } => {
                let failed = format!("build failed after {}", duration(*after));
                match error {
                    // Its own message is above, and the command is known.
                    BuildError::Failed { outcome, .. } if outcome.is_told() => {
                        format!("{failed}{SEPARATOR}{}", self.serving())
                    }
                    BuildError::Failed { outcome, .. } => {
                        format!("{failed}: it {outcome}{SEPARATOR}{}", self.serving())
                    }
                    error => format!("{failed}: {error}"),
                }
            }
            End::ReplacingFailed { error, .. } if self.serving.is_some() => {
                format!("replacing failed: {error}")
            }
            End::ReplacingFailed { error, .. } => format!("start failed: {error}"),
        }
    }

    fn details(&self) -> Vec<String> {
        match &self.end {
            End::Ready { addresses, .. } => {
                let is_local = addresses.iter().any(|address| address.is_local);
                let lines = addresses.iter().map(Address::line);
                lines.chain(is_local.then(|| LOCAL.to_owned())).collect()
            }
            End::Unchanged | End::BuildFailed { error: BuildError::Failed { .. }, .. } => {
                Vec::new()
            }
            End::BuildFailed { error, .. } => self.reasons(*error, error.help()),
            End::ReplacingFailed { error, help } => self.reasons(*error, *help),
        }
    }

    /// Why, what to do about it, and what serves meanwhile.
    fn reasons(&self, error: &dyn Error, help: Option<&str>) -> Vec<String> {
        let mut lines: Vec<_> = causes(error).map(|cause| format!("cause: {cause}")).collect();
        lines.extend(help.map(|help| format!(" help: {help}")));
        lines.push(self.serving());
        lines
    }

    fn serving(&self) -> String {
        match self.serving {
            Some(time) => {
                let (hour, minute, second) = (time.hour(), time.minute(), time.second());
                format!("still serving the version of {hour:02}:{minute:02}:{second:02}")
            }
            None => "waiting for a change".to_owned(),
        }
    }
}

impl Address {
    /// In a form that can be clicked or pasted.
    fn line(&self) -> String {
        let port = self.socket.port();
        let host = match self.socket.ip() {
            // All addresses of the machine, or all of its own: the name that everybody has.
            address if self.is_local || address.is_unspecified() => "localhost".to_owned(),
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("[{address}]"),
        };
        let scheme = match (self.kind, self.is_secured) {
            (_, true) => "https://",
            ("http", false) => "http://",
            _ => "",
        };
        format!("{:<5} {scheme}{host}:{port}", self.kind)
    }
}

fn changed(paths: &[PathBuf]) -> Option<String> {
    let (first, others) = paths.split_first()?;
    let mut text = display(first);
    if !others.is_empty() {
        let _infallible = write!(text, " and {} more", others.len());
    }
    Some(format!("{text} changed"))
}

fn display(path: &Path) -> String {
    // A name that pretends to be more lines.
    path.display().to_string().replace(['\n', '\r'], "?")
}

/// For example `43 ms`, `1.2 s` or `2 min 5 s`. Rounded down.
pub(super) fn duration(duration: Duration) -> String {
    let (seconds, milliseconds) = (duration.as_secs(), duration.subsec_millis());
    match seconds {
        0 => format!("{milliseconds} ms"),
        1..60 => format!("{seconds}.{} s", milliseconds / 100),
        60.. => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests;
