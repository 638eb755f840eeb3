//! Which processor the servers run on and which one the client, and how threads get there.
//!
//! Does not know what they do.

use std::io;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The processors of a measurement.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Processors {
    /// Number of the one that servers run on.
    pub(crate) server: usize,
    /// Number of the one that the client runs on; the servers' when there is no other.
    pub(crate) client: usize,
}

impl Processors {
    /// Takes the first two that this process may use, and moves this thread to the client's.
    pub(crate) fn take() -> io::Result<Self> {
        let allowed = sched_getaffinity(None)?;
        let mut allowed = (0..CpuSet::MAX_CPU).filter(|number| allowed.is_set(*number));
        let server = allowed.next().unwrap_or(0);
        let client = allowed.next().unwrap_or(server);
        move_to(client)?;
        Ok(Self { server, client })
    }

    /// Whether client and server take turns on one processor.
    pub(crate) fn are_shared(&self) -> bool {
        self.server == self.client
    }

    /// Runs `spawn`, which starts a process, so that all of the process's threads run where servers
    /// do: a process inherits this from the thread that starts it.
    pub(crate) fn for_server<T>(&self, spawn: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        move_to(self.server)?;
        let spawned = spawn();
        move_to(self.client)?;
        spawned
    }
}

fn move_to(number: usize) -> io::Result<()> {
    let mut only = CpuSet::new();
    only.set(number);
    Ok(sched_setaffinity(None, &only)?)
}
