//! All workers of one service, and which of them a request goes to.

use std::future::{pending, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, sleep, timeout};

use super::Limits;
use super::queue::Refused;
use super::refusals::Refusals;
use super::watchdog::Watchdog;
use super::worker::Worker;
use crate::call::grpc::{Failure, RpcRequest, RpcResponse};
use crate::call::http::{HttpRequest, HttpResponse};
use crate::call::stream::Hold;
use crate::call::{Call, CallRequest, Context, Deadline, Fault, Outcome, Reply};
use crate::telemetry::Logger;

/// A worker that has not taken in a request for so long is stuck or saturated: others are better.
pub(super) const PATIENCE: Duration = Duration::from_millis(20);

/// The workers of a service. Cheap to clone; usable from any thread.
#[derive(Debug, Clone)]
pub(crate) struct Workers {
    all: Arc<[Worker]>,
    /// Longest time a request may take, until the head of its response.
    call_timeout: Duration,
    readiness: watch::Sender<()>,
    refusals: Arc<Refusals>,
}

impl Workers {
    /// `feature` is the plug-in that these are the workers of; `None` for those of the service.
    pub(crate) fn new(
        count: usize,
        limits: &Limits,
        watchdog: &Watchdog,
        logger: &Logger,
        feature: Option<&str>,
    ) -> Self {
        let readiness = watch::Sender::new(());
        let all = (0..count).map(|_| Worker::new(limits, watchdog, readiness.clone())).collect();
        let refusals = Arc::new(Refusals::new(logger, feature, count, limits));
        Self { all, call_timeout: limits.call_timeout, readiness, refusals }
    }

    /// Told whenever a worker becomes ready, or no longer is.
    pub(crate) fn readiness(&self) -> watch::Receiver<()> {
        self.readiness.subscribe()
    }

    /// The worker with this index among its siblings.
    pub(crate) fn get(&self, index: usize) -> &Worker {
        &self.all[index]
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Worker> {
        self.all.iter()
    }

    /// Requests inside and waiting for all instances.
    pub(crate) fn load(&self) -> usize {
        self.all.iter().map(|worker| worker.queue.load()).sum()
    }

    /// Resolves when no request is inside an instance or waits for one. Requests that are added later
    /// do not count; whoever waits has seen to it that there are none.
    ///
    /// Only one task may wait for it.
    pub(crate) async fn empty(&self) {
        poll_fn(|context| {
            // All of them are asked each time: a request may have moved from one to another.
            let waiting =
                self.all.iter().filter(|worker| worker.queue.poll_empty(context).is_pending());
            if waiting.count() == 0 { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    /// Lets requests wait, while steps of the lifecycle pass, until [`Workers::release`].
    pub(crate) fn hold(&self) {
        self.all.iter().for_each(|worker| worker.queue.hold());
    }

    pub(crate) fn release(&self) {
        self.all.iter().for_each(|worker| worker.queue.release());
    }

    /// The index of the worker with the fewest requests, among those that are there if there are any.
    pub(crate) fn least_loaded(&self) -> usize {
        let all = self.all.iter().enumerate();
        let least = all.min_by_key(|(_, worker)| (!worker.is_ready(), worker.queue.load()));
        least.map_or(0, |(index, _)| index)
    }

    /// Whether any instance takes requests.
    pub(crate) fn is_ready(&self) -> bool {
        self.all.iter().any(Worker::is_ready)
    }

    /// Sends an HTTP request to the worker `local`, which shares the caller's thread, or to another when
    /// that one is saturated, stuck or lost, and waits for the outcome, at most for `call_timeout`. A request
    /// for whose body there is no room is one that has found no place.
    ///
    /// # Cancel safety
    /// When the future is dropped the guest is told that the call is cancelled.
    pub(crate) async fn http(
        &self,
        local: usize,
        request: HttpRequest,
        mut context: Context,
    ) -> Outcome<HttpResponse> {
        let (reply, outcome) = Reply::new();
        let deadline = Deadline::after(self.call_timeout);
        context.deadline = Some(deadline);
        context.overdue = Some(deadline.at);
        let hold = request.body.hold();
        let call = Call { request: CallRequest::Http(request, reply), context };
        self.with_room(hold, self.request(local, call, outcome, pending())).await
    }

    /// The same for an RPC. One that begins with a stream of the client counts its time from `last` on,
    /// which resolves when the client has sent its last message.
    ///
    /// # Cancel safety
    /// As for [`Workers::http`].
    pub(crate) async fn grpc(
        &self,
        local: usize,
        request: RpcRequest,
        context: Context,
        last: Option<oneshot::Receiver<()>>,
    ) -> Outcome<RpcResponse, Failure> {
        let (reply, outcome) = Reply::new();
        let hold = request.messages.hold();
        let call = Call { request: CallRequest::Grpc(request, reply), context };
        let late = async {
            // Its context has a deadline.
            let Some(last) = last else { return pending().await };
            if last.await.is_err() {
                // The client broke off, which ends the RPC by itself.
                return pending().await;
            }
            sleep(self.call_timeout).await;
            self.call_timeout
        };
        self.with_room(hold, self.request(local, call, outcome, late)).await
    }

    /// The outcome of a call, unless there is no room for the rest of its request.
    async fn with_room<T, E>(
        &self,
        hold: Option<Arc<Hold>>,
        call: impl Future<Output = Outcome<T, E>>,
    ) -> Outcome<T, E> {
        let mut call = pin!(call);
        let Some(hold) = hold else { return call.await };
        let outcome = tokio::select! {
            biased;
            outcome = &mut call => outcome,
            () = hold.refused() => {
                self.refusals.add();
                return Err(Fault::Saturated);
            }
        };
        match outcome {
            Err(Fault::DeadlineExceeded { limit }) if hold.is_waiting() => {
                Err(Fault::QueueTimeout { limit })
            }
            outcome => outcome,
        }
    }

    /// Sends a call to a worker and waits for its outcome, until the deadline in its context or until `late`
    /// says which limit has passed.
    pub(super) async fn request<T, E>(
        &self,
        local: usize,
        call: Call,
        mut outcome: oneshot::Receiver<Outcome<T, E>>,
        late: impl Future<Output = Duration>,
    ) -> Outcome<T, E> {
        let (id, deadline) = (call.context.request_id.clone(), call.context.deadline);
        let mut worker = self.push(local, call).map_err(|refused| self.failed(refused.fault))?;
        self.refusals.admitted();
        if self.all.len() > 1 {
            let left =
                deadline.map(|deadline| deadline.at.saturating_duration_since(Instant::now()));
            let patience = left.map_or(PATIENCE, |left| left.min(PATIENCE));
            if let Ok(received) = timeout(patience, &mut outcome).await {
                let outcome = received.unwrap_or(Err(Fault::Stopping));
                return outcome.map_err(|fault| self.failed(fault.for_caller(deadline)));
            }
            // A deadline that has passed says nothing about the worker.
            let id = id.as_ref().filter(|_| patience == PATIENCE);
            if let Some(call) = id.and_then(|id| worker.queue.withdraw(id)) {
                worker.heartbeat.suspect();
                worker = self.push(local, call).map_err(|refused| self.failed(refused.fault))?;
            }
        }
        let outcome = worker.outcome_before(outcome, deadline, late).await;
        outcome.map_err(|fault| match fault {
            // It may wait for another one by now.
            Fault::DeadlineExceeded { limit }
                if id.is_some_and(|id| self.all.iter().any(|worker| worker.queue.forget(&id))) =>
            {
                Fault::QueueTimeout { limit }
            }
            fault => self.failed(fault),
        })
    }

    /// Counts a request that failed because there is no place for it.
    fn failed(&self, fault: Fault) -> Fault {
        if fault == Fault::Saturated {
            self.refusals.add();
        }
        fault
    }

    fn push(&self, local: usize, call: Call) -> Result<&Worker, Box<Refused>> {
        let worker = &self.all[local];
        if self.all.len() == 1 || worker.is_open() {
            return worker.queue.push(call).map(|()| worker);
        }
        match self.push_elsewhere(local, call) {
            Ok(worker) => Ok(worker),
            Err(refused) => worker.queue.push(refused.call).map(|()| worker),
        }
    }

    /// Adds a request to the least loaded worker except `local` that can take it in at once.
    pub(super) fn push_elsewhere(&self, local: usize, call: Call) -> Result<&Worker, Box<Refused>> {
        let others = self.all.iter().enumerate().filter(|(index, _)| *index != local);
        let open = others.map(|(_, worker)| worker).filter(|worker| worker.is_open());
        match open.min_by_key(|worker| worker.queue.load()) {
            Some(worker) => worker.queue.push(call).map(|()| worker),
            None => Err(Box::new(Refused { call, fault: Fault::Saturated })),
        }
    }
}
