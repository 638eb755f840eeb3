//! How much memory the servers occupy.
//!
//! Does not know what they use it for.

use super::MeasureError;
use super::pair::{Both, Pair};
use super::process;
use super::server::Server;

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
    Ok(Both { host: read(&pair.host)?, native: read(&pair.native)? })
}

fn read(server: &Server) -> Result<Memory, MeasureError> {
    let memory = process::memory(server.id, "smaps_rollup", ["Rss:", "Pss:"]);
    let memory = memory.map(|[resident, proportional]| Memory { resident, proportional });
    memory.map_err(|source| MeasureError::Memory { server: server.name, source })
}
