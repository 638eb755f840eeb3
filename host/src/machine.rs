//! What this process may take of the machine: descriptors, threads, address space.
//!
//! Does not know what they are taken for.

use std::io;
use std::os::unix::net::UnixStream;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
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
