//! The run phase of a script: `run`, then `cleanup` always.

use std::pin::pin;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio::time::timeout;

use super::service_run::RunOutcome;
use super::{Demand, Director, ExitReason, Refusal, ServiceEvent, Step, Stop, Supervisor};
use crate::definition::Definition;
use crate::lifecycle::{KindFailure, Service};
use crate::telemetry::{error, info, warn};

impl<D: Director> Supervisor<'_, D> {
    /// Run phase of a script, and the shutdown that follows.
    pub(super) async fn script(
        &mut self,
        definition: &Definition,
        service: Service,
    ) -> Step<RunOutcome> {
        let limit = definition.host.shutdown_timeout;
        let (outcome, given_up) = self.run_script(&service, limit).await?;
        let GivenUp { deadline, wanted, is_killed } = given_up;
        let left = || deadline.map_or(limit, |at| at.saturating_duration_since(Instant::now()));
        let cut_short = self.stopping.filter(|_| outcome.is_err());
        if let (Err(failure), None, None) = (&outcome, cut_short, &wanted) {
            let refusal = Refusal::new(failure.to_string(), None);
            self.abort("could not execute service", &refusal);
        }
        let cleaned = self.forcible(service.clean_up(left())).await?;
        if let Err(failure) = &cleaned {
            error!(ScriptCleanupFailed, error.message = %failure, "cleanup of the script failed");
        }
        if self.stopping.is_none() {
            info!(ServiceStopping, "stopping service");
        }
        let stopped = self.stop(service, left()).await?;
        let well = outcome.is_ok() && cleaned.is_ok() && stopped.in_order;
        Ok(match (cut_short, wanted) {
            (Some(signal), _) if is_killed || !stopped.in_order => {
                RunOutcome::Ended(ExitReason::Forced(signal))
            }
            (Some(signal), _) => RunOutcome::Ended(ExitReason::Cancelled(signal)),
            (None, Some(Wanted::Other(definition))) => RunOutcome::Next(Some(definition)),
            (None, None) if self.director.perseveres() && self.stopping.is_none() => {
                self.director.notify(ServiceEvent::Ended { well });
                RunOutcome::Next(None)
            }
            (None, Some(Wanted::End)) => RunOutcome::Ended(ExitReason::Stopped),
            (None, None) if well => RunOutcome::Ended(ExitReason::Stopped),
            (None, None) => RunOutcome::Ended(ExitReason::Failed),
        })
    }

    /// `run` of a script. A signal, or another demand, tells it to give up; then all that is left to do
    /// has until `limit` from there.
    async fn run_script(
        &mut self,
        service: &Service,
        limit: Duration,
    ) -> Step<(Result<(), KindFailure>, GivenUp)> {
        let (cancel, cancelled) = oneshot::channel();
        let mut script = pin!(service.script(self.arguments.clone(), cancelled));
        let wanted = match self.or_wanted(&mut script).await {
            Event::Done(outcome) => return Ok((outcome, GivenUp::default())),
            Event::Wanted(wanted) => Some(wanted),
            Event::Signal => None,
        };
        let deadline = Some(Instant::now() + limit);
        // The script may have ended in this very moment.
        let _ = cancel.send(());
        let patient = async {
            if let Ok(outcome) = timeout(limit, &mut script).await {
                return (outcome, false);
            }
            warn!(ScriptInterrupted, "the script did not stop, interrupting it");
            service.kill();
            (script.await, true)
        };
        let (outcome, is_killed) = self.forcible(patient).await?;
        Ok((outcome, GivenUp { deadline, wanted, is_killed }))
    }

    /// Waits for `step`, for the signal that ends the service, or for what the director wants instead.
    async fn or_wanted<F: Future>(&mut self, step: F) -> Event<F::Output> {
        let mut step = pin!(step);
        loop {
            let demand = tokio::select! {
                done = &mut step => return Event::Done(done),
                signal = self.signals.next() => {
                    self.note_stop(Some(signal), &Stop::default());
                    return Event::Signal;
                }
                demand = self.director.next() => demand,
            };
            match demand {
                Demand::Stop => return Event::Wanted(Wanted::End),
                Demand::Level(level) => self.set_level(level),
                Demand::Serve(definition) if self.director.perseveres() => {
                    return Event::Wanted(Wanted::Other(definition));
                }
                Demand::Serve(_) => self.director.notify(ServiceEvent::Refused(&Refusal::new(
                    "a script is not replaced while it runs",
                    Some("let it end, or stop it, and start it again"),
                ))),
            }
        }
    }
}

/// What wakes the supervisor while a script runs.
enum Event<T> {
    Done(T),
    /// The first signal; it is in [`Supervisor::stopping`].
    Signal,
    Wanted(Wanted),
}

/// What the director wants rather than the script.
enum Wanted {
    Other(Box<Definition>),
    End,
}

/// That a script was told to give up.
#[derive(Default)]
struct GivenUp {
    /// When all must be over.
    deadline: Option<Instant>,
    wanted: Option<Wanted>,
    /// Whether it did not, and was interrupted.
    is_killed: bool,
}
