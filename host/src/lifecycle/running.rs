//! The run and shutdown phases.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout, timeout_at};
use tracing::{error, warn};

use super::crew::{Crew, one_ended};
use crate::bindings::errors::Error as ServiceError;
use crate::call::{Fault, Outcome, Step, describe};
use crate::capability::Stopping;
use crate::definition::{Definition, Kind};
use crate::guest::{EventKind, Watchdog, Worker};
use crate::listener::Phase;

/// How long guests get to notice that their calls are cancelled, before they are interrupted.
const CANCEL_GRACE: Duration = Duration::from_millis(250);
/// How long threads get to end after their guests were interrupted.
const LAST_GRACE: Duration = Duration::from_secs(2);

/// A service that serves.
#[derive(Debug)]
pub struct Running {
    definition: Arc<Definition>,
    crew: Crew,
    watchdog: Watchdog,
    natives: FuturesUnordered<Native>,
}

type Native = Pin<Box<dyn Future<Output = Outcome<()>>>>;

/// A kind that ended the service by itself.
#[derive(Debug, thiserror::Error)]
pub enum KindFailure {
    /// The guest returned an error.
    #[error("kind `{kind}` failed: {}", describe(.error))]
    Returned { kind: &'static str, error: ServiceError },
    /// A script's instance was lost. Has been logged.
    #[error("kind `{kind}` failed: {fault}")]
    Faulted { kind: &'static str, fault: Fault },
    #[error("a worker thread of the host has ended unexpectedly")]
    ThreadLost,
}

/// How a service stopped.
#[derive(Debug, Default)]
pub struct Stopped {
    /// Whether every step succeeded and was done in time.
    pub in_order: bool,
    /// Requests that were cut off because time ran out.
    pub requests_cut: usize,
}

impl Running {
    pub(super) fn new(definition: Arc<Definition>, crew: Crew, watchdog: Watchdog) -> Self {
        let running = Self { definition, crew, watchdog, natives: FuturesUnordered::new() };
        if running.is_native() {
            for worker in running.crew.workers.iter() {
                running.natives.push(native(worker.clone()));
            }
        }
        running
    }

    fn is_native(&self) -> bool {
        self.definition.kinds.contains(&Kind::Native)
    }

    /// Resolves when a kind fails by itself; stays pending for as long as all is well.
    ///
    /// # Cancel safety
    /// Can be called again.
    pub async fn failure(&mut self) -> KindFailure {
        let is_native = self.is_native();
        let Crew { workers, events, members, .. } = &mut self.crew;
        loop {
            tokio::select! {
                Some(ended) = self.natives.next() => {
                    if let Ok(Err(error)) = ended {
                        return KindFailure::Returned { kind: "native", error };
                    }
                    // It returned and that is fine, or its instance was lost and is replaced.
                }
                Some(event) = events.recv() => {
                    if is_native && matches!(event.kind, EventKind::Ready) {
                        self.natives.push(native(workers.get(event.worker).clone()));
                    }
                }
                () = one_ended(members) => return KindFailure::ThreadLost,
            }
        }
    }

    /// Runs the script. It is told to give up once `cancel` receives something.
    pub async fn script(
        &self,
        arguments: Vec<String>,
        cancel: oneshot::Receiver<()>,
    ) -> Result<(), KindFailure> {
        let worker = self.crew.workers.get(0);
        let outcome = worker.step_until(Step::ScriptRun { arguments }, cancel).await;
        into_result("script", outcome)
    }

    /// `cleanup` of the script, at most for `limit`. Not possible when its instance was lost.
    pub async fn clean_up(&self, limit: Duration) -> Result<(), KindFailure> {
        let worker = self.crew.workers.get(0);
        // It is not ready any more before `run` is told that it was lost.
        if !worker.is_ready() {
            warn!("the instance is lost, `cleanup` is left out");
            return Ok(());
        }
        into_result("script", worker.step(Step::ScriptCleanup, Some(limit)).await)
    }

    /// Ends what the script still does, after it was told to give up and did not.
    pub fn kill(&self) {
        for worker in self.crew.workers.iter() {
            worker.kill();
        }
    }

    /// Stops in order: no new connections, drain, notice, `stop`, `on-finish`, end.
    ///
    /// What is not done after `limit` is cut off.
    pub async fn stop(mut self, limit: Duration) -> Stopped {
        let natives = self.is_native().then(|| self.natives.into_iter().collect());
        let stopped = stop_crew(&mut self.crew, natives, limit).await;
        drop(self.watchdog);
        stopped
    }
}

fn native(worker: Worker) -> Native {
    Box::pin(async move { worker.step(Step::NativeStart, None).await })
}

fn into_result(kind: &'static str, outcome: Outcome<()>) -> Result<(), KindFailure> {
    match outcome {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(KindFailure::Returned { kind, error }),
        Err(fault) => Err(KindFailure::Faulted { kind, fault }),
    }
}

/// Stops the threads of a service in order; `natives` are the calls of `native.start` that go on,
/// `None` when the service is not of that kind.
pub(super) async fn stop_crew(
    crew: &mut Crew,
    natives: Option<Vec<Native>>,
    limit: Duration,
) -> Stopped {
    // A script may have used up all its time. What has ended by itself still gets to say so.
    let deadline = Instant::now() + limit.max(CANCEL_GRACE);
    let mut stopped = Stopped { in_order: true, requests_cut: 0 };
    let mut step = "drain";
    crew.serving.send_replace(false);
    crew.stopping.send_replace(Stopping::Draining);
    crew.phase.send_replace(Phase::Drain);
    let steps = async {
        stopped.in_order = finish(crew, natives, deadline, &mut step).await;
    };
    if timeout_at(deadline, steps).await.is_err() {
        stopped.in_order = false;
        stopped.requests_cut = crew.workers.load();
        warn!(
            timeout = %humantime::format_duration(limit),
            step,
            calls.cut = stopped.requests_cut,
            "shutdown takes too long, interrupting the service"
        );
        crew.stopping.send_replace(Stopping::Drained);
        crew.workers.iter().for_each(Worker::close);
        crew.phase.send_replace(Phase::Cut);
        if timeout(CANCEL_GRACE, crew.ended()).await.is_err() {
            crew.workers.iter().for_each(Worker::kill);
            if timeout(LAST_GRACE, crew.ended()).await.is_err() {
                error!("worker threads do not end, leaving them behind");
            }
        }
    }
    stopped
}

/// All steps, one after the other; tells whether all went well. `current` is the one that goes on.
async fn finish(
    crew: &mut Crew,
    natives: Option<Vec<Native>>,
    deadline: Instant,
    current: &mut &'static str,
) -> bool {
    crew.drained().await;
    crew.workers.iter().for_each(Worker::retire);
    crew.stopping.send_replace(Stopping::Drained);
    let mut well = true;
    if let Some(starts) = natives {
        *current = "native";
        let stops = steps(crew, &Step::NativeStop, deadline);
        let (stops, starts) = tokio::join!(stops, join_all(starts));
        well &= stops & all_well(&Step::NativeStart, starts);
    }
    *current = Step::OnFinish.name();
    well &= steps(crew, &Step::OnFinish, deadline).await;
    *current = "end";
    crew.workers.iter().for_each(Worker::close);
    crew.phase.send_replace(Phase::Cut);
    crew.ended().await;
    well
}

/// Takes a step in every instance that is there; tells whether all went well.
async fn steps(crew: &Crew, step: &Step, deadline: Instant) -> bool {
    let ready = crew.workers.iter().filter(|worker| worker.is_ready());
    let outcomes = ready.map(|worker| worker.step_of_shutdown(step.clone(), deadline));
    all_well(step, join_all(outcomes).await)
}

fn all_well(step: &Step, outcomes: Vec<Outcome<()>>) -> bool {
    let mut well = true;
    for outcome in outcomes {
        match outcome {
            Ok(Ok(())) => continue,
            Ok(Err(error)) => error!(
                step = step.name(),
                error.message = describe(&error),
                "a step of the shutdown failed"
            ),
            Err(fault) => {
                error!(step = step.name(), error.message = %fault, "a step of the shutdown failed");
            }
        }
        well = false;
    }
    well
}
