//! Threads that are known to work: whoever starts one hears at once whether the system gives it all that it
//! needs, and not when there is work for it.
//!
//! Does not know what they do.

use std::io;
use std::sync::mpsc;
use std::thread::Builder;

use tokio::runtime::{self, LocalOptions, LocalRuntime};

use crate::telemetry::inheriting;

/// Runs `body` on a thread of its own, with a runtime. Nobody joins it: one whose guest cannot be ended is
/// left behind.
///
/// Blocks for the little time in which the system gives or refuses a thread and a few descriptors.
///
/// # Errors
/// When it refuses them. Then `body` is dropped.
pub(super) fn start(
    name: String,
    body: impl FnOnce(LocalRuntime) + Send + 'static,
) -> io::Result<()> {
    let (ready, is_ready) = mpsc::sync_channel(1);
    Builder::new().name(name).spawn(inheriting(move || match runtime() {
        Ok(runtime) => {
            // Whoever has started it waits.
            drop(ready.send(Ok(())));
            body(runtime);
        }
        Err(error) => drop(ready.send(Err(error))),
    }))?;
    is_ready.recv().unwrap_or_else(|panicked| Err(io::Error::other(panicked)))
}

fn runtime() -> io::Result<LocalRuntime> {
    runtime::Builder::new_current_thread().enable_all().build_local(LocalOptions::default())
}
