//! All workers of one service, and which of them a request goes to.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};

use super::queue::Refused;
use super::worker::Worker;
use crate::call::{Ask, Call, Context, Fault, Outcome, Reply, http};

/// A worker that has not taken in a request for so long is stuck or saturated: others are better.
pub(super) const PATIENCE: Duration = Duration::from_millis(20);

/// The workers of a service. Cheap to clone; usable from any thread.
#[derive(Debug, Clone)]
pub struct Workers {
    workers: Arc<[Worker]>,
    /// Longest time a request may take, until the head of its response.
    call_timeout: Duration,
}

impl Workers {
    pub fn new(workers: Vec<Worker>, call_timeout: Duration) -> Self {
        Self { workers: workers.into(), call_timeout }
    }

    /// The worker with this index among its siblings.
    pub fn get(&self, index: usize) -> &Worker {
        &self.workers[index]
    }

    pub fn iter(&self) -> impl Iterator<Item = &Worker> {
        self.workers.iter()
    }

    /// Requests inside and waiting for all instances.
    pub fn load(&self) -> usize {
        self.workers.iter().map(|worker| worker.queue.load()).sum()
    }

    /// Whether any instance takes requests.
    pub fn is_ready(&self) -> bool {
        self.workers.iter().any(Worker::is_ready)
    }

    /// Sends a request to the worker `local`, which shares the caller's thread, or to another when
    /// that one is saturated, stuck or lost, and waits for the outcome.
    ///
    /// # Cancel safety
    /// When the future is dropped the guest is told that the call is cancelled.
    pub async fn http(
        &self,
        local: usize,
        request: http::Request,
        request_id: Arc<str>,
    ) -> Outcome<http::Response> {
        let (reply, outcome) = oneshot::channel();
        let deadline = Instant::now() + self.call_timeout;
        let context = Context {
            request_id: Some(request_id.clone()),
            deadline: Some(deadline),
            cancel: None,
        };
        let call = Call { ask: Ask::Http(request), reply: Reply::Http(reply), context };
        let mut worker = self.push(local, call).map_err(|refused| refused.fault)?;
        let limit = Some((deadline, self.call_timeout));
        if self.workers.len() == 1 {
            return worker.outcome(outcome, limit).await;
        }
        let mut outcome = outcome;
        if let Ok(received) = timeout(PATIENCE, &mut outcome).await {
            return received.unwrap_or(Err(Fault::Stopping));
        }
        if let Some(call) = worker.queue.withdraw(&request_id) {
            worker.pulse.suspect();
            worker = self.push(local, call).map_err(|refused| refused.fault)?;
        }
        worker.outcome(outcome, limit).await
    }

    fn push(&self, local: usize, call: Call) -> Result<&Worker, Box<Refused>> {
        let worker = &self.workers[local];
        if self.workers.len() == 1 || worker.is_open() {
            return worker.queue.push(call).map(|()| worker);
        }
        match self.push_elsewhere(local, call) {
            Ok(worker) => Ok(worker),
            Err(refused) => worker.queue.push(refused.call).map(|()| worker),
        }
    }

    /// Adds a request to the least loaded worker except `local` that can take it in at once.
    pub(super) fn push_elsewhere(&self, local: usize, call: Call) -> Result<&Worker, Box<Refused>> {
        let others = self.workers.iter().enumerate().filter(|(index, _)| *index != local);
        let open = others.map(|(_, worker)| worker).filter(|worker| worker.is_open());
        match open.min_by_key(|worker| worker.queue.load()) {
            Some(worker) => worker.queue.push(call).map(|()| worker),
            None => Err(Box::new(Refused { call, fault: Fault::Saturated })),
        }
    }
}
