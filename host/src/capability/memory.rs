//! The memory limit of an instance, and whether the guest has just run into it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::io::Errno;
use wasmtime::ResourceLimiter;

use super::TrapEvidence;

/// Most entries that a guest's tables may have together; an entry is a pointer.
const TABLE_ENTRIES: usize = 1_000_000;
/// Most core instances, tables and memories of one component. Components made from interpreted
/// languages have a dozen or two of each.
const PARTS: usize = 256;

/// How much linear memory an instance may have, in bytes, and where what it has is noted.
#[derive(Debug, Clone)]
pub(crate) struct MemoryLimit {
    pub bytes: usize,
    pub used: Arc<AtomicUsize>,
}

/// Limits the linear memories of one instance, all of them together.
#[derive(Debug)]
pub(crate) struct Memory {
    limit: usize,
    used: Arc<AtomicUsize>,
    table_entries: usize,
    refused: bool,
    /// Whether the system refused it.
    starved: bool,
    trap_evidence: TrapEvidence,
}

impl Memory {
    pub(super) fn new(limit: MemoryLimit, trap_evidence: TrapEvidence) -> Self {
        let MemoryLimit { bytes: limit, used } = limit;
        used.store(0, Ordering::Relaxed);
        Self { limit, used, table_entries: 0, refused: false, starved: false, trap_evidence }
    }

    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    /// What is left of the first half, in bytes. What a guest has given back to its allocator counts as used.
    pub(crate) fn spare(&self) -> usize {
        (self.limit / 2).saturating_sub(self.used.load(Ordering::Relaxed))
    }

    /// Whether the guest was refused memory since it last came back to the host. Most languages
    /// abort then, which is a trap that does not say why.
    pub(crate) fn refused(&self) -> bool {
        self.refused
    }

    /// Whether the system refused the guest what it may have, since it last came back to the host.
    pub(crate) fn starved(&self) -> bool {
        self.starved
    }

    pub(super) fn forget_refusal(&mut self) {
        (self.refused, self.starved) = (false, false);
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.used.store(0, Ordering::Relaxed);
    }
}

/// Whether something failed because the system gave the host no memory, or no address space for it.
pub(crate) fn is_out_of_memory(error: &wasmtime::Error) -> bool {
    error.chain().any(|cause| cause.downcast_ref() == Some(&Errno::NOMEM))
}

impl ResourceLimiter for Memory {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let used =
            self.used.load(Ordering::Relaxed).saturating_sub(current).saturating_add(desired);
        if used > self.limit {
            self.refused = true;
            self.trap_evidence.set();
            return Ok(false);
        }
        self.used.store(used, Ordering::Relaxed);
        Ok(true)
    }

    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        if is_out_of_memory(&error) {
            self.starved = true;
            self.trap_evidence.set();
        }
        Ok(())
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let entries = self.table_entries.saturating_sub(current).saturating_add(desired);
        if entries > TABLE_ENTRIES {
            return Ok(false);
        }
        self.table_entries = entries;
        Ok(true)
    }

    fn instances(&self) -> usize {
        PARTS
    }

    fn tables(&self) -> usize {
        PARTS
    }

    fn memories(&self) -> usize {
        PARTS
    }
}
