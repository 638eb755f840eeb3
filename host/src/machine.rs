//! What this process may take of the machine, and what it takes: descriptors, threads, memory, processor time.
//!
//! Does not know what they are taken for.

use std::io;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};
use tokio::runtime::{Builder, Runtime};

use crate::telemetry::debug;

/// Pairs of descriptors that a runtime needs at most.
const RUNTIME_PAIRS: usize = 4;

/// How much address space this process may have, in bytes; `None` when there is no limit.
pub(crate) fn address_space() -> Option<u64> {
    getrlimit(Resource::As).current
}

/// A runtime for the calling thread.
///
/// # Errors
/// When the system refuses the descriptors for it. tokio panics then: it takes those for its signals for
/// granted, so this looks for them first.
pub(crate) fn runtime() -> io::Result<Runtime> {
    let spare = (0..RUNTIME_PAIRS).map(|_| UnixStream::pair());
    drop(spare.collect::<io::Result<Vec<_>>>()?);
    Builder::new_current_thread().enable_all().build()
}

/// Lets this process have as many descriptors as it may: each connection is one. Not for a process that
/// starts others, which would inherit it.
pub(crate) fn raise_descriptors() {
    let limit = getrlimit(Resource::Nofile);
    if limit.current == limit.maximum {
        return;
    }
    let raised = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    debug!(
        DescriptorsRaised,
        before = limit.current,
        now = getrlimit(Resource::Nofile).current,
        error = raised.err().map(|error| error.to_string()),
        "limit of open descriptors raised"
    );
}

/// How many descriptors this process may have; `None` is no limit.
pub(crate) fn descriptors() -> Option<u64> {
    getrlimit(Resource::Nofile).current
}

/// What this process has taken so far. `None` where the system does not tell.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Usage {
    pub processor: Duration,
    /// Bytes of memory.
    pub resident: Option<u64>,
    pub descriptors: Option<u64>,
    pub threads: Option<u64>,
}

/// Reads what the system knows of this process; takes tens of microseconds.
pub(crate) fn usage() -> Usage {
    let processor = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = u64::try_from(processor.tv_sec).unwrap_or_default();
    let nanos = u32::try_from(processor.tv_nsec).unwrap_or_default();
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let field = |name: &str| -> Option<u64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        line.split_whitespace().next()?.parse().ok()
    };
    let descriptors = std::fs::read_dir("/proc/self/fd").ok().map(|open| {
        // Without the one that this takes.
        u64::try_from(open.count()).unwrap_or_default().saturating_sub(1)
    });
    Usage {
        processor: Duration::new(seconds, nanos),
        // The unit is KiB.
        resident: field("VmRSS").map(|size| size * 1024),
        descriptors,
        threads: field("Threads"),
    }
}
