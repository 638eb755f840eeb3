//! What a worker is run with, and what it reports to its owner.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::Worker;
use crate::capability::Grants;
use crate::engine::Program;
use crate::guest::loss::StartFailure;
use crate::guest::{Limits, Workers};

/// What happens to a worker that its owner has to know.
#[derive(Debug)]
pub(crate) struct WorkerEvent {
    /// Index of the worker among its siblings.
    pub worker: usize,
    pub kind: WorkerEventKind,
}

#[derive(Debug)]
pub(crate) enum WorkerEventKind {
    /// An instance has started and takes calls; sent again by each that replaces a lost one.
    Ready,
    /// The first instance did not start; the worker has ended.
    Failed(StartFailure),
    /// An instance was lost. Has been logged.
    Lost,
}

/// Everything that a worker needs to run. Belongs to one thread.
#[derive(Debug)]
pub(crate) struct WorkerConfig {
    pub index: usize,
    pub worker: Worker,
    /// All workers of the service, this one included.
    pub workers: Workers,
    pub program: Program,
    pub grants: Arc<Grants>,
    pub limits: Limits,
    pub events: mpsc::UnboundedSender<WorkerEvent>,
    /// Whether a lost instance is replaced.
    pub replace: bool,
    /// Longest wait while instances start and are lost later: a request that traps must not keep the worker
    /// away from all others for long.
    pub longest_delay: Duration,
}
