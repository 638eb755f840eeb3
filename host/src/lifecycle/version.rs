//! One version of a service: its workers, from the start of their first instances to their end.
//!
//! Does not know the sockets through which it is reached.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use futures_util::future::{FutureExt, LocalBoxFuture, Shared, join_all};
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, timeout};

use super::StartError;
use super::kinds::{Callee, KindRun};
use super::running_extensions::RunningExtensions;
use super::threads::DrainGuard;
use crate::bindings::errors::Error as ServiceError;
use crate::call::{Fault, Outcome, Step, describe};
use crate::capability::Stopping;
use crate::definition::{Definition, Kind};
use crate::extension::Guest;
use crate::guest::{Watchdog, Worker, WorkerEvent, WorkerEventKind, Workers};
use crate::observe::MetricSource;
use crate::telemetry::{error, warn};
use crate::text::on_one_line;

/// How long guests get to notice that their calls are cancelled, before they are interrupted.
pub(super) const CANCEL_GRACE: Duration = Duration::from_millis(250);
/// How long threads get to end after their guests were interrupted.
pub(super) const LAST_GRACE: Duration = Duration::from_secs(2);

/// One version of a service.
#[derive(Debug)]
pub(super) struct Version {
    pub(super) definition: Arc<Definition>,
    /// Whether its component gives and receives state.
    pub(super) hands_over: bool,
    pub(super) workers: Workers,
    /// What its guests are told of their end.
    pub(super) stopping: watch::Sender<Stopping>,
    pub(super) events: mpsc::UnboundedReceiver<WorkerEvent>,
    /// One per worker: resolves when it has ended; `None` once it has.
    pub(super) ended: Vec<Option<oneshot::Receiver<()>>>,
    /// Closed once all guards are dropped: nobody can send it requests any more.
    pub(super) guards: mpsc::Receiver<Infallible>,
    /// For its kinds; `None` once they run.
    pub(super) own_guard: Option<DrainGuard>,
    /// The calls of `native.start` that go on.
    pub(super) natives: FuturesUnordered<Native>,
    /// Whether they have begun at all.
    pub(super) has_begun: bool,
    /// Resolves when it has received what the version before hands over.
    pub(super) cleared: Cleared,
    /// Its features, and its kinds until they run.
    pub(super) running_extensions: RunningExtensions,
    /// Its kinds that are not built in, while it serves.
    pub(super) kinds: Vec<KindRun>,
    /// Keeps guests yielding.
    pub(super) _watchdog: Arc<Watchdog>,
    /// Measures its workers for as long as it is there.
    pub(super) _source: Arc<dyn MetricSource>,
}

pub(super) type Native = Pin<Box<dyn Future<Output = Outcome<()>>>>;

pub(super) type Cleared = Shared<LocalBoxFuture<'static, ()>>;

/// Resolves when the sender is used or dropped; at once if there is none.
pub(super) fn cleared(receiver: Option<oneshot::Receiver<()>>) -> Cleared {
    let cleared = async {
        if let Some(receiver) = receiver {
            let _ = receiver.await;
        }
    };
    cleared.boxed_local().shared()
}

/// A kind that ended the service by itself.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KindFailure {
    /// The guest returned an error.
    #[error("kind `{kind}` failed: {}", describe(.error))]
    Returned { kind: &'static str, error: ServiceError },
    /// A script's instance was lost. Has been logged.
    #[error("kind `{kind}` failed: {fault}")]
    Faulted { kind: &'static str, fault: Fault },
    /// One that is not built in.
    #[error("kind `{kind}` failed: {reason}")]
    Extension { kind: &'static str, reason: String, help: Option<String> },
    #[error("a worker thread of the host ended unexpectedly")]
    ThreadLost,
}

impl Version {
    pub(super) fn is(&self, kind: &Kind) -> bool {
        self.definition.kinds.contains(kind)
    }

    /// Waits until `on-start` has returned in the instances of all workers that `waiting` lists.
    ///
    /// # Cancel safety
    /// Can be called again.
    pub(super) async fn ready(&mut self, waiting: &mut BTreeSet<usize>) -> Result<(), StartError> {
        let Self { events, ended, .. } = self;
        while !waiting.is_empty() {
            let event = tokio::select! {
                biased;
                Some(event) = events.recv() => event,
                () = one_ended(ended) => return Err(StartError::ThreadLost),
            };
            match event.kind {
                WorkerEventKind::Ready => {
                    waiting.remove(&event.worker);
                }
                WorkerEventKind::Failed(failure) => {
                    return Err(StartError::Instance(Box::new(failure)));
                }
                // It had started, so it is replaced, or its loss is told to whoever calls it.
                WorkerEventKind::Lost => (),
            }
        }
        Ok(())
    }

    /// The version serves. Its kind `native` begins at once, or when `inheritance` resolves or is dropped.
    pub(super) fn open(&mut self, inheritance: Option<oneshot::Receiver<()>>, guard: &DrainGuard) {
        // Instances that were replaced before are among those that are told now.
        while self.events.try_recv().is_ok() {}
        let is_heir = inheritance.is_some();
        self.cleared = cleared(inheritance);
        self.own_guard = Some(guard.clone());
        if !is_heir {
            self.begin();
        }
    }

    fn begin(&mut self) {
        self.has_begun = true;
        self.run_kinds();
        if self.is(&Kind::Native) {
            self.natives.extend(self.workers.iter().cloned().map(native_start));
        }
    }

    fn run_kinds(&mut self) {
        let Some(guard) = self.own_guard.take() else { return };
        for kind in std::mem::take(&mut self.running_extensions.kinds) {
            let guest = Guest::new(Arc::new(Callee {
                workers: self.workers.clone(),
                call_timeout: self.definition.host.limits.call_timeout,
                _guard: guard.clone(),
            }));
            self.kinds.push(kind.run(guest));
        }
    }

    /// Tells the kinds that are not built in to stop.
    pub(super) fn stop_kinds(&mut self) {
        // They do not begin any more, if they have not.
        self.own_guard = None;
        self.kinds.iter().for_each(KindRun::stop);
    }

    /// Waits until they have; tells whether all went well.
    ///
    /// # Cancel safety
    /// Can be called again.
    pub(super) async fn kinds_ended(&mut self) -> bool {
        let mut well = true;
        for kind in &mut self.kinds {
            well &= kind.ended().await;
        }
        well
    }

    /// Resolves when a kind fails by itself; stays pending for as long as all is well. Begins the work of
    /// kind `native` when the version is to wait with it.
    ///
    /// # Cancel safety
    /// Can be called again.
    pub(super) async fn failure(&mut self) -> KindFailure {
        let is_native = self.is(&Kind::Native);
        loop {
            let Self { workers, events, ended, natives, kinds, has_begun, cleared, .. } = self;
            tokio::select! {
                () = cleared.clone(), if !*has_begun => self.begin(),
                Some(ended) = natives.next() => {
                    if let Ok(Err(error)) = ended {
                        return KindFailure::Returned { kind: "native", error };
                    }
                    // It returned and that is fine, or its instance was lost and is replaced.
                }
                Some(event) = events.recv() => {
                    if is_native && *has_begun && matches!(event.kind, WorkerEventKind::Ready) {
                        natives.push(native_start(workers.get(event.worker).clone()));
                    }
                }
                failure = one_failed(kinds) => return failure,
                () = one_ended(ended) => return KindFailure::ThreadLost,
            }
        }
    }

    /// Runs the script. It is told to give up once `cancel` receives something.
    pub(super) async fn script(
        &self,
        arguments: Vec<String>,
        cancel: oneshot::Receiver<()>,
    ) -> Result<(), KindFailure> {
        let worker = self.workers.get(0);
        into_result("script", worker.step_until(Step::ScriptRun { arguments }, cancel).await)
    }

    /// `cleanup` of the script, at most for `limit`. Not possible when its instance was lost.
    pub(super) async fn clean_up(&self, limit: Duration) -> Result<(), KindFailure> {
        let worker = self.workers.get(0);
        // It is not ready any more before `run` is told that it was lost.
        if !worker.is_ready() {
            warn!(ScriptCleanupSkipped, "the instance was lost, `cleanup` is skipped");
            return Ok(());
        }
        into_result("script", worker.step(Step::ScriptCleanup, Some(limit)).await)
    }

    /// Waits until nobody can send requests any more and the last one is done.
    pub(super) async fn drained(&mut self) {
        // Nothing is ever sent: this waits for the last sender to be dropped.
        let _ = self.guards.recv().await;
        self.workers.empty().await;
    }

    /// All steps of the guest after the last request, one after the other; tells whether all went well.
    /// `current` is the one that goes on. `natives` says whether kind `native` has begun.
    pub(super) async fn finish(
        &mut self,
        natives: bool,
        deadline: Instant,
        current: &mut &'static str,
    ) -> bool {
        self.workers.iter().for_each(Worker::retire);
        self.stopping.send_replace(Stopping::Drained);
        let mut well = true;
        if natives && self.has_begun && self.is(&Kind::Native) {
            *current = "native";
            let mut starts = std::mem::take(&mut self.natives);
            let mut ended = Vec::new();
            while let Some(Some(outcome)) = starts.next().now_or_never() {
                // One that was lost with its instance has been told of, and is not about the end.
                ended.extend(outcome.ok().map(Ok));
            }
            let stops = steps(&self.workers, &Step::NativeStop, deadline);
            let (stops, starts) = tokio::join!(stops, starts.collect::<Vec<_>>());
            ended.extend(starts);
            well &= stops & all_well(&Step::NativeStart, ended);
        }
        *current = Step::OnFinish.name();
        well &= steps(&self.workers, &Step::OnFinish, deadline).await;
        *current = "end";
        self.workers.iter().for_each(Worker::close);
        self.ended().await;
        well
    }

    /// Ends the workers at once, whatever is in them.
    pub(super) async fn cut(&mut self) {
        self.stopping.send_replace(Stopping::Drained);
        self.kinds.iter().for_each(KindRun::cut);
        self.workers.iter().for_each(Worker::close);
        if timeout(CANCEL_GRACE, self.ended()).await.is_err() {
            self.workers.iter().for_each(Worker::kill);
            if timeout(LAST_GRACE, self.ended()).await.is_err() {
                error!(ThreadsAbandoned, "worker threads did not stop and were abandoned");
            }
        }
    }

    /// Waits until all workers have ended.
    ///
    /// # Cancel safety
    /// Calling it again waits for the rest.
    async fn ended(&mut self) {
        for ended in &mut self.ended {
            if let Some(receiver) = ended {
                // Whether it ended by itself or by a panic, it has ended.
                let _ = receiver.await;
                *ended = None;
            }
        }
    }
}

/// Resolves when one of the workers has ended; never if there is none. Each counts once.
///
/// # Cancel safety
/// Can be called again.
async fn one_ended(workers: &mut [Option<oneshot::Receiver<()>>]) {
    poll_fn(|context| {
        for worker in workers.iter_mut() {
            if let Some(ended) = worker
                && Pin::new(ended).poll(context).is_ready()
            {
                // A receiver that has resolved must not be asked again.
                *worker = None;
                return Poll::Ready(());
            }
        }
        Poll::Pending
    })
    .await;
}

/// Resolves when one of the kinds fails; never if there is none.
async fn one_failed(kinds: &mut [KindRun]) -> KindFailure {
    let failures = kinds.iter_mut().map(|kind| {
        Box::pin(async {
            let name = kind.name;
            let error = kind.failure().await;
            let help = error.help().map(str::to_owned);
            KindFailure::Extension { kind: name, reason: on_one_line(&error), help }
        })
    });
    let failures = failures.collect::<Vec<_>>();
    if failures.is_empty() {
        return std::future::pending().await;
    }
    futures_util::future::select_all(failures).await.0
}

/// An instance that has begun already takes no notice of it.
fn native_start(worker: Worker) -> Native {
    Box::pin(async move { worker.step(Step::NativeStart, None).await })
}

fn into_result(kind: &'static str, outcome: Outcome<()>) -> Result<(), KindFailure> {
    match outcome {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(KindFailure::Returned { kind, error }),
        Err(fault) => Err(KindFailure::Faulted { kind, fault }),
    }
}

/// Takes a step in every instance that is there; tells whether all went well.
async fn steps(workers: &Workers, step: &Step, deadline: Instant) -> bool {
    let ready = workers.iter().filter(|worker| worker.is_ready());
    let outcomes = ready.map(|worker| worker.step_of_shutdown(step.clone(), deadline));
    all_well(step, join_all(outcomes).await)
}

fn all_well(step: &Step, outcomes: Vec<Outcome<()>>) -> bool {
    let mut well = true;
    for outcome in outcomes {
        match outcome {
            Ok(Ok(())) => continue,
            Ok(Err(error)) => error!(
                ShutdownStepFailed,
                step = step.name(),
                error.message = describe(&error),
                "a step of the shutdown failed"
            ),
            Err(fault) => {
                error!(ShutdownStepFailed, step = step.name(), error.message = %fault, "a step of the shutdown failed");
            }
        }
        well = false;
    }
    well
}
