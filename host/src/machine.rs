//! What this process may take of the machine: descriptors, threads, address space.
//!
//! Does not know what they are taken for.

use std::io;
use std::os::unix::net::UnixStream;

use tokio::runtime::{Builder, Runtime};

/// Pairs of descriptors that a runtime needs at most.
const RUNTIME_PAIRS: usize = 4;

/// A runtime for the calling thread.
///
/// # Errors
/// When the system refuses the descriptors for it. tokio panics then: it takes those for its signals for
/// granted, so this looks for them first.
pub fn runtime() -> io::Result<Runtime> {
    let spare = (0..RUNTIME_PAIRS).map(|_| UnixStream::pair());
    drop(spare.collect::<io::Result<Vec<_>>>()?);
    Builder::new_current_thread().enable_all().build()
}
