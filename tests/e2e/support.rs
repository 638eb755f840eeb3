//! What tests have in common: services, the host that runs them, and clients that talk to it.
//! Does not know what is tested.

pub(crate) mod certificates;
pub(crate) mod command;
pub(crate) mod directory;
pub(crate) mod foreign;
pub(crate) mod frames;
pub(crate) mod grpc;
pub(crate) mod guests;
pub(crate) mod hangups;
pub(crate) mod host;
pub(crate) mod http;
pub(crate) mod http2;
pub(crate) mod log;
pub(crate) mod probe;
pub(crate) mod process;
pub(crate) mod proxy;
pub(crate) mod service;
pub(crate) mod tunnel;

use std::path::{Path, PathBuf};
use std::time::Duration;

pub(crate) use self::command::Command;
pub(crate) use self::host::{Host, Signal, Stopped};
pub(crate) use self::log::Line;
pub(crate) use self::service::Service;

/// Longest that a test waits for anything. Far beyond what a loaded machine needs: it only keeps a
/// failing test from waiting for ever.
pub(crate) const LIMIT: Duration = Duration::from_mins(1);

/// The root of the repository.
pub(crate) fn workspace() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().expect("the package is inside the workspace").to_owned()
}

/// `text` without paths that differ from machine to machine: the directory of the test becomes
/// `$DIR`, the target directory `$TARGET`.
pub(crate) fn mask(text: &str) -> String {
    let directory = concat!(env!("CARGO_TARGET_TMPDIR"), "/test-");
    let mut parts = text.split(directory);
    let mut masked = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-');
        masked.push_str("$DIR");
        masked.push_str(rest);
    }
    masked.replace(&guests::target_directory().display().to_string(), "$TARGET")
}

/// `text` without ports and sizes, which differ from run to run: `$N` takes the place of numbers of more than three
/// digits.
pub(crate) fn without_numbers(text: &str) -> String {
    let mut masked = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        let length = from.find(|c: char| !c.is_ascii_digit()).unwrap_or(from.len());
        let (number, after) = from.split_at(length);
        masked.push_str(before);
        masked.push_str(if length > 3 { "$N" } else { number });
        rest = after;
    }
    masked + rest
}
