//! The only code that enters wasm: workers, the calls in them, their limits, and what their failures
//! are called.
//!
//! Knows neither sockets nor status codes.

mod body;
mod delay;
mod exports;
mod handover;
mod heartbeat;
mod instance;
mod intake;
mod loss;
mod messages;
mod meter;
mod plugins;
mod queue;
mod refusals;
mod report;
mod requests;
mod store;
mod watchdog;
mod worker;
mod workers;

use std::num::NonZeroUsize;
use std::time::Duration;

pub(crate) use self::loss::StartFailure;
pub(crate) use self::meter::WorkersSource;
pub(crate) use self::watchdog::Watchdog;
pub(crate) use self::worker::{Worker, WorkerConfig, WorkerEvent, WorkerEventKind};
pub(crate) use self::workers::Workers;

/// How long a guest may go on computing after the deadline of the call it computes for: time to
/// notice by itself that the call is cancelled.
const OVERDUE_GRACE: Duration = Duration::from_millis(100);

/// What an instance may use. Source: `[host.limits]` and `[host] start_timeout`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Linear memory of one instance, in bytes.
    pub memory: usize,
    /// Requests inside one instance at a time.
    pub max_concurrency: NonZeroUsize,
    /// Requests that wait for a place in one instance.
    pub max_queue: usize,
    /// Longest time one request may take, until the head of its response.
    pub call_timeout: Duration,
    /// Longest time from instantiating until `on-start` returned.
    pub start_timeout: Duration,
}
