//! A worker: the handle by which calls reach an instance.

mod config;
mod run;

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, sleep_until};

pub(crate) use self::config::{WorkerConfig, WorkerEvent, WorkerEventKind};
use super::heartbeat::Heartbeat;
use super::queue::Queue;
use super::watchdog::{Watchdog, WatchdogHandle};
use super::workers::PATIENCE;
use super::{Limits, OVERDUE_GRACE};
use crate::call::{Call, CallRequest, Context, Deadline, Fault, Outcome, Reply, Step};

/// Sends calls to one instance at a time. Cheap to clone; usable from any thread.
#[derive(Debug, Clone)]
pub(crate) struct Worker {
    pub(super) queue: Arc<Queue>,
    pub(super) heartbeat: Arc<Heartbeat>,
    pub(super) watchdog: Arc<WatchdogHandle>,
    /// Linear memory of its instance, in bytes.
    pub(super) memory: Arc<AtomicUsize>,
}

impl Worker {
    /// `readiness` is notified whenever the worker becomes ready or stops being ready.
    pub(super) fn new(limits: &Limits, watchdog: &Watchdog, readiness: watch::Sender<()>) -> Self {
        let queue = Queue::new(limits.max_concurrency.get(), limits.max_queue, readiness);
        let heartbeat = Arc::new(Heartbeat::new(limits.call_timeout + OVERDUE_GRACE));
        let watchdog = watchdog.watchdog();
        watchdog.watch_over(&heartbeat);
        Self { queue: Arc::new(queue), heartbeat, watchdog, memory: Arc::default() }
    }

    /// Takes a step of the lifecycle in the instance and waits for it, at most for `limit`.
    ///
    /// # Cancel safety
    /// When the future is dropped the guest is told that the step is cancelled.
    pub(crate) async fn step(&self, step: Step, limit: Option<Duration>) -> Outcome<()> {
        let deadline = limit.map(Deadline::after);
        let overdue = deadline.map(|deadline| deadline.at);
        let outcome = self.begin(step, Context { deadline, overdue, ..Context::default() })?;
        self.outcome(outcome, deadline).await
    }

    /// Takes a step and waits for it without a limit. The guest is told to give up once `cancel`
    /// receives something.
    pub(crate) async fn step_until(
        &self,
        step: Step,
        cancel: oneshot::Receiver<()>,
    ) -> Outcome<()> {
        let context = Context { cancel: Some(cancel), ..Context::default() };
        let outcome = self.begin(step, context)?;
        self.outcome(outcome, None).await
    }

    /// Takes a step of a shutdown that is over at `deadline`. Its owner looks at the clock: it drops
    /// the future then.
    pub(crate) async fn step_of_shutdown(&self, step: Step, deadline: Instant) -> Outcome<()> {
        let context = Context {
            deadline: Some(Deadline::at(deadline)),
            overdue: Some(deadline),
            ..Context::default()
        };
        let outcome = self.begin(step, context)?;
        self.outcome(outcome, None).await
    }

    fn begin(&self, step: Step, context: Context) -> Result<oneshot::Receiver<Outcome<()>>, Fault> {
        let (reply, outcome) = Reply::new();
        let call = Call { request: CallRequest::Step(step, reply), context };
        self.queue.push(call).map_err(|refused| refused.fault)?;
        Ok(outcome)
    }

    /// Waits for the outcome of a request that was sent to this worker, until its deadline.
    pub(super) async fn outcome<T, E>(
        &self,
        outcome: oneshot::Receiver<Outcome<T, E>>,
        deadline: Option<Deadline>,
    ) -> Outcome<T, E> {
        self.outcome_before(outcome, deadline, pending()).await
    }

    /// The same, also until `late` says which limit has passed.
    pub(super) async fn outcome_before<T, E>(
        &self,
        outcome: oneshot::Receiver<Outcome<T, E>>,
        deadline: Option<Deadline>,
        late: impl Future<Output = Duration>,
    ) -> Outcome<T, E> {
        let overdue = async {
            match deadline {
                Some(Deadline { at, limit }) => {
                    sleep_until(at).await;
                    limit
                }
                None => pending().await,
            }
        };
        let limit = tokio::select! {
            biased;
            // A worker that drops a call without an answer has ended.
            received = outcome => {
                let outcome = received.unwrap_or(Err(Fault::Stopping));
                return outcome.map_err(|fault| fault.for_caller(deadline));
            }
            limit = overdue => limit,
            limit = late => limit,
        };
        self.give_up();
        Err(Fault::DeadlineExceeded { limit })
    }

    /// A caller has stopped waiting: an instance that stands still has to answer for it.
    pub(super) fn give_up(&self) {
        // While an instance starts it has a limit of its own.
        if self.queue.is_ready() {
            self.heartbeat.report_given_up();
            self.queue.wake();
            self.watchdog.wake();
        }
    }

    /// Lets the worker end once it is done with what it has; new calls are refused.
    pub(crate) fn close(&self) {
        self.queue.close();
    }

    /// From now on a lost instance is not replaced.
    pub(crate) fn retire(&self) {
        self.heartbeat.set_last();
    }

    /// Ends the instance now, whatever is in it.
    pub(crate) fn kill(&self) {
        self.heartbeat.kill();
    }

    /// Whether a request that is added now can be expected to enter at once.
    pub(super) fn is_open(&self) -> bool {
        self.queue.is_open(PATIENCE) && !self.heartbeat.is_suspect()
    }

    /// Whether the instance has started and takes requests.
    pub(crate) fn is_ready(&self) -> bool {
        self.queue.is_ready()
    }
}
