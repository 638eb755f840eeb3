//! The state of a version on its way to the one that takes over: out of the old instances, into the new.
//!
//! Does not know what a state means, nor when a version takes over.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, timeout};

use super::load::identity;
use super::version::Version;
use crate::call::{Deadline, Fault, HandoverState, Outcome, describe};
use crate::capability::Stopping;
use crate::definition::Definition;
use crate::guest::{Worker, Workers};
use crate::telemetry::{info, warn};

/// How long requests that are in the old version may still change its state; less if it has less time
/// to stop. The requests that wait for the new version bear it.
const SETTLE_LIMIT: Duration = Duration::from_secs(1);

const NOT_HANDED_OVER: &str = "state was not handed over, the new version starts without it";

/// That a version is to inherit. For as long as it is there, requests to that version wait, and so does
/// its kind `native`.
#[derive(Debug)]
pub(super) struct StateHandover {
    /// Of the new version, as are the workers.
    definition: Arc<Definition>,
    workers: Workers,
    /// Of the service as a whole.
    stopping: watch::Receiver<Stopping>,
    _cleared: oneshot::Sender<()>,
}

impl Drop for StateHandover {
    fn drop(&mut self) {
        self.workers.release();
    }
}

/// What became of the state of one old instance.
#[derive(Debug)]
struct Transfer {
    /// Index of the instance that gave it.
    from: usize,
    /// Its size.
    result: Result<usize, Failure>,
}

#[derive(Debug)]
struct Failure {
    /// The exported function that it failed in.
    call: &'static str,
    reason: String,
}

/// The state of the old instance with this index.
type InstanceState = (usize, Bytes);

impl StateHandover {
    /// Lets requests to `successor` wait. What comes with it resolves when they no longer do.
    pub(super) fn begin(
        successor: &Version,
        stopping: watch::Receiver<Stopping>,
    ) -> (Self, oneshot::Receiver<()>) {
        let (cleared, receiver) = oneshot::channel();
        let (definition, workers) = (successor.definition.clone(), successor.workers.clone());
        workers.hold();
        (Self { definition, workers, stopping, _cleared: cleared }, receiver)
    }

    /// Hands the state of `old` over as far as that succeeds, says in the log what came of it, and lets
    /// requests pass. Given up when the service is told to stop.
    pub(super) async fn hand_over(self, old: &mut Version) {
        let from = old.definition.clone();
        let (from, to) = (&from.identity.version, &self.definition.identity.version);
        let mut stopping = self.stopping.clone();
        let transfers = tokio::select! {
            biased;
            _ = stopping.wait_for(|stopping| *stopping != Stopping::No) => {
                let reason = Fault::Stopping;
                warn!(HandoverFailed, from.version = from, to.version = to, error.message = %reason, "{NOT_HANDED_OVER}");
                return;
            }
            transfers = self.pass_on(old) => transfers,
        };
        let mut sizes = Vec::new();
        for Transfer { from: worker, result } in transfers {
            match result {
                Ok(size) => sizes.push(size),
                Err(Failure { call, reason }) => warn!(
                    HandoverFailed,
                    from.version = from,
                    to.version = to,
                    worker,
                    call,
                    error.message = reason,
                    "{NOT_HANDED_OVER}"
                ),
            }
        }
        if !sizes.is_empty() {
            let (instances, bytes) = (sizes.len(), sizes.iter().sum::<usize>());
            info!(
                StateHandedOver,
                from.version = from,
                to.version = to,
                instances,
                bytes,
                "state handed over"
            );
        }
    }

    async fn pass_on(&self, old: &mut Version) -> Vec<Transfer> {
        let settle = SETTLE_LIMIT.min(old.definition.host.shutdown_timeout);
        // What goes on for longer is not part of the state.
        let _ = timeout(settle, old.drained()).await;
        let (states, mut transfers) = self.collect(old).await;
        transfers.extend(self.deliver(states, &old.definition).await);
        transfers.sort_by_key(|transfer| transfer.from);
        transfers
    }

    /// Asks all old instances for their states. One that is lost right now has none.
    async fn collect(&self, old: &Version) -> (Vec<InstanceState>, Vec<Transfer>) {
        let deadline = Deadline::after(old.definition.host.start_timeout);
        let successor = Arc::new(identity(&self.definition));
        let ready = old.workers.iter().enumerate().filter(|(_, worker)| worker.is_ready());
        let given =
            join_all(ready.map(async |(from, worker)| {
                (from, worker.give(successor.clone(), deadline).await)
            }));
        let (mut states, mut failed) = (Vec::new(), Vec::new());
        for (from, outcome) in given.await {
            match plain(outcome) {
                Ok(state) => states.extend(state.map(|state| (from, state))),
                Err(reason) => {
                    let result = Err(Failure { call: "handover.give", reason });
                    failed.push(Transfer { from, result });
                }
            }
        }
        (states, failed)
    }

    /// Brings the states to the new instances.
    async fn deliver(&self, states: Vec<InstanceState>, old: &Definition) -> Vec<Transfer> {
        let deadline = Deadline::after(self.definition.host.start_timeout);
        let predecessor = Arc::new(identity(old));
        let mut shares: Vec<_> = self.workers.iter().map(|worker| (worker, Vec::new())).collect();
        let count = shares.len();
        for (from, state) in states {
            let handed_over = HandoverState { predecessor: predecessor.clone(), state };
            shares[from % count].1.push((from, handed_over));
        }
        let delivered = shares.into_iter().map(|(worker, share)| bring(worker, share, deadline));
        join_all(delivered).await.into_iter().flatten().collect()
    }
}

/// Brings one instance its share, one state after the other.
async fn bring(
    worker: &Worker,
    share: Vec<(usize, HandoverState)>,
    deadline: Deadline,
) -> Vec<Transfer> {
    let mut transfers: Vec<Transfer> = Vec::new();
    let mut is_lost = false;
    for (from, handed_over) in share {
        let size = handed_over.state.len();
        let outcome = if is_lost {
            Err(Fault::InstanceLost)
        } else if deadline.at <= Instant::now() {
            Err(Fault::DeadlineExceeded { limit: deadline.limit })
        } else {
            worker.receive(handed_over, deadline).await
        };
        if !matches!(outcome, Ok(_) | Err(Fault::DeadlineExceeded { .. })) && !is_lost {
            is_lost = true;
            // What it had received is gone with it.
            for transfer in &mut transfers {
                transfer.result = Err(of_receive(Fault::InstanceLost.to_string()));
            }
        }
        let result = plain(outcome).map(|()| size).map_err(of_receive);
        transfers.push(Transfer { from, result });
    }
    transfers
}

fn of_receive(reason: String) -> Failure {
    Failure { call: "handover.receive", reason }
}

/// An outcome for which it makes no difference how it failed.
fn plain<T>(outcome: Outcome<T>) -> Result<T, String> {
    match outcome {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(describe(&error)),
        Err(fault) => Err(fault.to_string()),
    }
}
