//! One service from its first version to its end, in which versions follow each other.
//!
//! A loop over four sources of events: signals, incidents of the service, demands of the director, and the
//! progress of the version that is to serve. Each has a method, which returns why the run ends if it does. What
//! makes it long is that nothing waits for anything else: a demand takes the place of one that is still being
//! prepared, a stop may come at any moment, and after SIGTERM the service serves on for `drain_delay`, in which
//! all of them can happen again. Does not know how a version is started or ended.

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::{Interval, sleep};

use super::preparation::{Advanced, Preparation, Progress};
use super::{
    Demand, Director, ExitReason, Refusal, ServiceEvent, Signal, Step, Stop, Supervisor, announce,
    ending,
};
use crate::definition::{Definition, Kind};
use crate::lifecycle::{Incident, Service, Starting};
use crate::observe::{Metric, Phase};
use crate::telemetry::{Level, error, info};

const STARTS: Metric = Metric::counter("mikros_version_starts", "Versions that have come to serve");
const FAILED_STARTS: Metric =
    Metric::counter("mikros_version_failed_starts", "Versions that have not come to serve");
const START_TIME: Metric = Metric::counter(
    "mikros_version_start_seconds",
    "Time from the demand for a version until it served, compilation included",
);

/// What follows a service that was begun.
pub(super) enum RunOutcome {
    Ended(ExitReason),
    /// The director goes on, with this if it has said so already.
    Next(Option<Box<Definition>>),
}

/// What wakes the supervisor while a service serves.
enum Wake {
    Demand(Demand),
    Progress(Result<(), Refusal>),
    Incident(Incident),
    Signal(Signal),
    /// The level of the log that counts from now on; `None`: as the command line and the definition say.
    Level(Option<Level>),
    /// The service manager wants to hear that this turns.
    Turn,
}

/// Why a run ends.
enum Close {
    Stop,
    /// Another service takes its place.
    Yield(Box<Definition>),
    /// The script has started: the rest is its run.
    Script,
    Failed,
}

/// A service, the version that serves and the one that is to.
struct ServiceRun {
    service: Service,
    current: Option<Arc<Definition>>,
    coming: Option<Preparation>,
}

impl ServiceRun {
    /// How long it may take to stop.
    fn limit(&self) -> Duration {
        let coming = || self.coming.as_ref().map(|coming| &coming.definition);
        let definition = self.current.as_ref().or_else(coming);
        definition.map_or(Duration::ZERO, |definition| definition.host.shutdown_timeout)
    }

    /// What a stop has to wait for. Only SIGTERM, which supervisors of processes send, leaves those who
    /// send requests the time to hear of it: whoever presses Ctrl-C waits for the end.
    fn stop_for(&self, signal: Option<Signal>) -> Stop {
        let serving = self.current.as_ref().filter(|one| one.kinds.iter().any(Kind::listens));
        let delay = serving.map(|definition| definition.host.drain_delay);
        let delay =
            delay.filter(|delay| signal == Some(Signal::Terminate) && *delay > Duration::ZERO);
        Stop { calls: self.service.calls(), delay, callers: Vec::new() }
    }

    /// Takes back what has not come to serve.
    fn give_up(&mut self) {
        let Some(Preparation { definition, progress, .. }) = self.coming.take() else { return };
        let limit = definition.host.shutdown_timeout;
        match progress {
            Progress::Starting(starting) => self.service.abandon(*starting, limit),
            Progress::StartingExtensions(starting) => {
                self.service.abandon_extensions(*starting, limit);
            }
            Progress::Loading(_) | Progress::Loaded(_) => (),
        }
    }
}

impl<D: Director> Supervisor<'_, D> {
    /// Serves until the service ends, one version after the other.
    pub(super) async fn run_service(&mut self, first: Option<Box<Definition>>) -> Step<RunOutcome> {
        let mut run = ServiceRun { service: Service::new(), current: None, coming: None };
        let health = run.service.health();
        let _probe = self.monitor.ask_readiness(move || health.readiness());
        let mut close = match first {
            Some(definition) => self.prepare(&mut run, definition),
            None => None,
        };
        let close = loop {
            if let Some(close) = close {
                break close;
            }
            close = match self.wake(&mut run).await {
                Wake::Signal(signal) => Some(self.begin_to_stop(&mut run, Some(signal)).await),
                Wake::Demand(Demand::Stop) => Some(self.begin_to_stop(&mut run, None).await),
                Wake::Demand(demand) => self.fulfil(&mut run, demand),
                Wake::Progress(progress) => self.advance(&mut run, progress).await,
                Wake::Incident(incident) => self.face(incident),
                Wake::Turn => {
                    self.process.service_manager.note_turn(self.index);
                    None
                }
                Wake::Level(level) => {
                    self.change_level(level);
                    None
                }
            };
        };
        let limit = run.limit();
        run.give_up();
        // A script that has started is no stop.
        if !matches!(close, Close::Script) {
            self.monitor.enter(Phase::Stopping);
        }
        if matches!(close, Close::Script)
            && let Some(definition) = run.current
        {
            return self.script(&definition, run.service).await;
        }
        let stopped = self.stop(run.service, limit).await?;
        Ok(match close {
            Close::Yield(definition) => RunOutcome::Next(Some(definition)),
            Close::Failed if self.stopping.is_some() || !self.director.perseveres() => {
                RunOutcome::Ended(ExitReason::Failed)
            }
            Close::Failed => {
                self.director.notify(ServiceEvent::Ended { well: false });
                RunOutcome::Next(None)
            }
            Close::Stop | Close::Script => RunOutcome::Ended(ending(&stopped)),
        })
    }

    async fn wake(&mut self, run: &mut ServiceRun) -> Wake {
        let ServiceRun { service, coming, .. } = run;
        let has_room = service.has_room();
        let progress = async {
            match coming {
                Some(coming) => coming.progress(has_room).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            signal = self.signals.next() => Wake::Signal(signal),
            incident = service.incident() => Wake::Incident(incident),
            level = self.level_changes.next() => Wake::Level(level),
            () = turn(&mut self.turns) => Wake::Turn,
            demand = self.director.next() => Wake::Demand(demand),
            progress = progress => Wake::Progress(progress),
        }
    }

    /// Says that the service stops, and serves on for as long as it shall: for its `drain_delay`, and until the
    /// services of this process have ended that call it.
    async fn begin_to_stop(&mut self, run: &mut ServiceRun, signal: Option<Signal>) -> Close {
        let (neighbours, index) = (&self.process.neighbours, self.index);
        let stop = Stop { callers: neighbours.callers(index), ..run.stop_for(signal) };
        self.note_stop(signal, &stop);
        if signal.is_some() {
            self.process.service_manager.note_stopping();
        }
        self.monitor.enter(Phase::Draining);
        if stop.is_immediate() {
            return Close::Stop;
        }
        run.give_up();
        run.service.announce_end();
        let mut over = pin!(async move {
            sleep(stop.delay.unwrap_or_default()).await;
            neighbours.callers_ended(index).await;
        });
        loop {
            tokio::select! {
                biased;
                _ = self.signals.next() => break,
                demand = self.director.next() => match demand {
                    Demand::Level(level) => self.set_level(level),
                    Demand::Stop => break,
                    // What stops is not replaced any more.
                    Demand::Serve(_) => (),
                },
                level = self.level_changes.next() => {
                    self.change_level(level);
                }
                incident = run.service.incident() => {
                    if let Some(close) = self.face(incident) {
                        return close;
                    }
                }
                () = &mut over => break,
            }
        }
        info!(
            ServiceDraining,
            calls.in_flight = run.service.calls(),
            help = "send the signal again to stop immediately",
            "draining service"
        );
        Close::Stop
    }

    fn fulfil(&mut self, run: &mut ServiceRun, demand: Demand) -> Option<Close> {
        match demand {
            Demand::Level(level) => self.set_level(level),
            Demand::Stop => return Some(Close::Stop),
            Demand::Serve(definition) => {
                run.give_up();
                if !is_script(&definition) || run.current.is_none() {
                    return self.prepare(run, definition);
                }
                if self.director.perseveres() {
                    return Some(Close::Yield(definition));
                }
                self.director.notify(ServiceEvent::Refused(&Refusal::new(
                    "a script cannot take over from a service that runs",
                    Some("stop the service and start the script"),
                )));
            }
        }
        None
    }

    /// Begins with a version that is to serve.
    fn prepare(&mut self, run: &mut ServiceRun, definition: Box<Definition>) -> Option<Close> {
        let definition: Arc<Definition> = definition.into();
        let logger = self.log.current().with(&announce::log_settings(&definition, self.look));
        if run.current.is_some() {
            self.process.service_manager.note_reloading(self.index);
            info!(SwapStarted, "replacing service");
        } else {
            self.monitor.update(|status| status.name.clone_from(&definition.identity.name));
            self.monitor.enter(Phase::Starting);
            self.monitor.counter(FAILED_STARTS, &[]);
            self.speak_as(&definition, logger.clone());
            info!(ServiceStarting, "starting service");
        }
        let is_first = !std::mem::replace(&mut self.has_loaded, true);
        let loader = self.process.loader();
        announce::warnings(&definition);
        let monitor = self.monitor.clone();
        let begin = |loader| Preparation::begin(definition, logger, monitor, loader, is_first);
        match loader.and_then(begin) {
            Ok(preparation) => {
                run.coming = Some(preparation);
                None
            }
            Err(refusal) => self.refuse(run, &refusal),
        }
    }

    /// Takes the version that is to serve a step further.
    async fn advance(
        &mut self,
        run: &mut ServiceRun,
        progress: Result<(), Refusal>,
    ) -> Option<Close> {
        let advanced = match (progress, run.coming.take()) {
            (_, None) => return None,
            (Ok(()), Some(coming)) => coming.advance(&mut run.service),
            (Err(refusal), coming) => {
                run.coming = coming;
                Err(refusal)
            }
        };
        match advanced {
            Ok(Advanced::Further(coming)) => {
                if coming.is_waiting() {
                    let count = run.service.leaving();
                    self.director.notify(ServiceEvent::Waiting { count });
                }
                run.coming = Some(coming);
            }
            Ok(Advanced::Ready { starting, began }) => {
                let definition = starting.definition().clone();
                self.open(run, *starting, began).await;
                let is_script = is_script(&definition);
                run.current = Some(definition);
                return is_script.then_some(Close::Script);
            }
            Err(refusal) => return self.refuse(run, &refusal),
        }
        None
    }

    /// Lets a version that is ready serve.
    async fn open(&mut self, run: &mut ServiceRun, starting: Starting, began: Instant) {
        let replaces = run.current.is_some();
        let definition = starting.definition().clone();
        let endpoints = starting.endpoints().cloned().collect::<Vec<_>>();
        self.process.neighbours.note(self.index, &definition, &endpoints);
        self.speak_as(&definition, starting.logger().clone());
        let log = self.log.current();
        announce::resources(&log, &definition, starting.features(), began);
        let digest = starting.digest().to_owned();
        let custom = starting.custom_kinds();
        for endpoint in &endpoints {
            announce::endpoint(endpoint);
        }
        if let Err(error) = run.service.open(starting).await {
            error!(ThreadsMissing, %error, "the service runs with fewer threads than configured");
        }
        for kind in definition.kinds.iter().filter(|kind| !kind.listens()) {
            let own = custom.iter().find(|(name, _)| *name == kind.name());
            announce::running(&self.log.current(), kind.name(), own.map(|(_, own)| own));
        }
        self.monitor.update(|status| announce::status(status, &definition, digest, &endpoints));
        self.monitor.enter(Phase::Running);
        self.note_start(replaces, began);
        if replaces {
            info!(SwapCompleted, "service replaced");
        }
        self.process.service_manager.note_serving(self.index);
        self.director.notify(ServiceEvent::Serving { endpoints: &endpoints });
    }

    /// Counts a version that has come to serve; it was demanded when it `began`.
    fn note_start(&self, replaces: bool, began: Instant) {
        self.monitor.counter(STARTS, &[]).add(1);
        self.monitor.time(START_TIME, &[]).add(began.elapsed());
        if replaces {
            self.monitor.update(|status| status.swaps += 1);
        }
    }

    /// A version does not come to serve.
    fn refuse(&mut self, run: &mut ServiceRun, refusal: &Refusal) -> Option<Close> {
        if run.current.is_none() && !self.director.perseveres() {
            self.abort("could not bootstrap service", refusal);
            return Some(Close::Failed);
        }
        self.director.notify(ServiceEvent::Refused(refusal));
        if run.current.is_some() {
            self.process.service_manager.note_serving(self.index);
        }
        self.monitor.counter(FAILED_STARTS, &[]).add(1);
        run.give_up();
        None
    }

    fn face(&mut self, incident: Incident) -> Option<Close> {
        match incident {
            Incident::Left { version, stopped } => {
                self.director.notify(ServiceEvent::Left { version: &version, stopped });
                None
            }
            Incident::Failed(failure) => {
                self.abort("could not execute service", &Refusal::new(failure.to_string(), None));
                info!(ServiceStopping, "stopping service");
                Some(Close::Failed)
            }
        }
    }
}

/// Resolves when it is time for the next turn; never if nobody wants to know.
async fn turn(turns: &mut Option<Interval>) {
    match turns {
        Some(turns) => drop(turns.tick().await),
        None => std::future::pending().await,
    }
}

pub(super) fn is_script(definition: &Definition) -> bool {
    definition.script().is_some()
}

#[cfg(test)]
mod tests;
