//! How much memory the servers occupy.
//!
//! Does not know what they use it for.

use std::io;

use super::MeasureError;
use super::server::{Both, Pair, Server};

/// Memory of a process, in MiB.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    /// All pages that are in memory, also those that other processes share.
    pub(crate) resident: f64,
    /// The same, where a page that several share counts in parts.
    pub(crate) proportional: f64,
}

/// The memory of both servers now.
pub(crate) fn of(pair: &Pair) -> Result<Both<Memory>, MeasureError> {
    let of = |server: &Server| {
        read(server.id)
            .map_err(|source| MeasureError::Memory { server: server.contender.name(), source })
    };
    Ok(Both { host: of(&pair.host)?, native: of(&pair.native)? })
}

fn read(process: u32) -> io::Result<Memory> {
    let text = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup"))?;
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        let kibibytes = line.and_then(|rest| rest.trim().strip_suffix(" kB")?.parse::<u32>().ok());
        kibibytes
            .map(|kibibytes| f64::from(kibibytes) / 1024.0)
            .ok_or_else(|| io::Error::other(format!("`smaps_rollup` has no `{name}`")))
    };
    Ok(Memory { resident: field("Rss:")?, proportional: field("Pss:")? })
}
