//! Takes services from their first versions to the end of the process: phases, signals, log. Each has a
//! [`Supervisor`] of its own; `process` has what they share.
//!
//! Decides what happens next; how any of it is done is `lifecycle`'s, and what is to be served the
//! director's.

mod announce;
mod director;
mod hangup;
mod neighbours;
mod preparation;
mod process;
mod reload;
mod script;
mod service_manager;
mod service_run;
mod signal;

use std::io;
use std::pin::pin;
use std::time::Duration;

use humantime::format_duration;
use serde_json::Value;
use tokio::time::Interval;

pub(crate) use self::director::{Demand, Director, Refusal, ServiceEvent};
pub(crate) use self::hangup::is_ignored as hangup_is_ignored;
use self::process::Process;
pub(crate) use self::process::{Options, ServiceOptions, run};
pub(crate) use self::reload::Reload;
use self::service_run::RunOutcome;
use self::signal::Signals;
pub(crate) use self::signal::{Hangup, REPEAT, Signal};
use crate::definition::Definition;
use crate::lifecycle::{LeftVersion, Service, Stopped};
use crate::observe::{LevelChanges, Monitor};
use crate::telemetry::{
    self, Attributes, Event, Format, HostLog, Level, LogStream, Logger, StartLogError, info, warn,
};

/// What the command line says of the log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    pub format: Format,
    /// Replaces the level of the definition.
    pub level: Option<Level>,
    /// The level of the host's own lines, unless `level` says it; they follow the definition otherwise.
    pub host_level: Option<Level>,
}

/// How a service ended. Of several services, the last of these in this order is how the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ExitReason {
    /// As it was asked to, or with its script done.
    Stopped,
    /// A signal cancelled its script, which then ended in order.
    Cancelled(Signal),
    /// It failed, or did not stop in order. The log says why.
    Failed,
    /// A signal did not let it come to its end.
    Forced(Signal),
}

/// Why a service could not even begin; everything later is in the log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    #[error(transparent)]
    Log(#[from] StartLogError),
    #[error("cannot set up the main thread: {0}")]
    Runtime(io::Error),
    #[error("cannot handle signals: {0}")]
    Signals(io::Error),
}

/// What a service that is told to stop waits for.
#[derive(Debug, Default)]
struct Stop {
    /// Calls in flight, those that wait for their turn included.
    calls: usize,
    /// How long it serves on before it drains.
    delay: Option<Duration>,
    /// The services of this process that call it: it serves on until they have ended.
    callers: Vec<String>,
}

impl Stop {
    /// Whether it drains at once.
    fn is_immediate(&self) -> bool {
        self.delay.is_none() && self.callers.is_empty()
    }
}

/// Where a step left off.
type Step<T> = Result<T, ExitReason>;

/// What the lines of a version look like as its definition says, and what writes them.
struct VersionLog {
    settings: telemetry::LogSettings,
    logger: Logger,
}

struct Supervisor<'p, D> {
    process: &'p Process,
    /// Among the services of the process.
    index: usize,
    signals: Signals,
    director: D,
    /// The log of the host itself, which follows the version that serves.
    log: HostLog,
    /// That of the last version.
    version_log: Option<VersionLog>,
    look: Look,
    /// What the command line said.
    look_at_start: Look,
    stream: LogStream,
    arguments: Vec<String>,
    /// Whether a version was to be loaded before.
    has_loaded: bool,
    /// The signal that asked the service to stop; the next one forces it.
    stopping: Option<Signal>,
    /// What is told to those who look from outside.
    monitor: Monitor,
    level_changes: LevelChanges,
    /// When the service manager wants to hear that this turns.
    turns: Option<Interval>,
}

impl<D: Director> Supervisor<'_, D> {
    async fn supervise(mut self, first: Option<Definition>) -> ExitReason {
        let ending = match self.serve(first.map(Box::new)).await {
            Ok(ending) | Err(ending) => ending,
        };
        if !matches!(ending, ExitReason::Forced(_)) {
            self.director.end().await;
        }
        match ending {
            ExitReason::Stopped => info!(ServiceStopped, "service stopped"),
            ExitReason::Failed => info!(ServiceStopped, exit.status = 1, "service stopped"),
            ExitReason::Cancelled(signal) => {
                info!(
                    ServiceStopped,
                    signal = signal.name(),
                    exit.status = signal.exit_status(),
                    "service stopped"
                );
            }
            ExitReason::Forced(signal) => {
                warn!(ServiceKilled, signal = signal.name(), "service stopped by force");
            }
        }
        ending
    }

    /// Serves one service after the other; more than one only with a director that perseveres.
    async fn serve(&mut self, mut next: Option<Box<Definition>>) -> Step<ExitReason> {
        loop {
            match self.run_service(next.take()).await? {
                RunOutcome::Ended(ending) => return Ok(ending),
                RunOutcome::Next(definition) => next = definition,
            }
        }
    }

    /// The service begins to stop, for a signal or because its director says so.
    fn note_stop(&mut self, signal: Option<Signal>, stop: &Stop) {
        self.stopping = signal;
        let calls = (stop.calls > 0).then_some(stop.calls);
        let delay = stop.delay.map(|delay| format_duration(delay).to_string());
        let callers = (!stop.callers.is_empty()).then(|| stop.callers.join(", "));
        let help = match calls {
            _ if callers.is_some() => {
                Some("it drains when its callers have stopped; another signal aborts them")
            }
            _ if !stop.is_immediate() => Some("signal again to drain at once"),
            Some(_) => Some("send the signal again to stop immediately"),
            None => None,
        };
        info!(
            ServiceStopping,
            signal = signal.map(Signal::name),
            calls.in_flight = calls,
            drain_delay = delay,
            callers,
            help,
            "stopping service"
        );
        self.director.notify(ServiceEvent::Stopping { calls: stop.calls, signal });
    }

    /// Waits for `step` while the service stops; a further signal ends the process at once.
    async fn forcible<F: Future>(&mut self, step: F) -> Step<F::Output> {
        let mut step = pin!(step);
        loop {
            tokio::select! {
                done = &mut step => return Ok(done),
                signal = self.signals.next() => {
                    if self.stopping.is_some() {
                        return Err(ExitReason::Forced(signal));
                    }
                    self.stopping = Some(signal);
                    warn!(
                        SignalRepeated,
                        signal = signal.name(),
                        after = %format_duration(REPEAT),
                        "already stopping, the next signal stops the service immediately"
                    );
                }
            }
        }
    }

    /// Stops what serves, and tells what became of the versions that were on their way out.
    async fn stop(&mut self, service: Service, limit: Duration) -> Step<Stopped> {
        let mut left = Vec::new();
        let stopped = self.forcible(service.stop(limit, &mut left)).await?;
        for LeftVersion { name, stopped } in left {
            self.director.notify(ServiceEvent::Left { version: &name, stopped });
        }
        Ok(stopped)
    }

    /// The line that says why the service ends without being asked to.
    fn abort(&self, reason: &str, refusal: &Refusal) -> ExitReason {
        let mut attributes = Attributes::new();
        attributes.insert("reason".to_owned(), Value::from(reason));
        attributes.extend(refusal.fields());
        let message = "aborting service execution";
        let log = self.log.current();
        log.event(Event::ServiceAborted).log(
            Level::Fatal,
            message,
            &attributes,
            &Attributes::new(),
        );
        ExitReason::Failed
    }

    /// Somebody has set the level from outside; `None`: its time is over.
    fn change_level(&mut self, level: Option<Level>) {
        let level = level.or(self.look_at_start.level);
        let name = level.map_or("configured", Level::name);
        // Before or after, so that it is seen in either case.
        let said = || info!(LogLevelChanged, log.level = name, "level of the log changed");
        if self.log.current().enabled(Level::Info) {
            said();
            self.set_level(level);
        } else {
            self.set_level(level);
            said();
        }
    }

    /// Writes lines of this level from now on, whatever definitions say; `None`: as they say.
    fn set_level(&mut self, level: Option<Level>) {
        self.look.level = level;
        match (&self.version_log, level) {
            (Some(_), _) => self.speak(),
            (None, Some(level)) => _ = self.log.current().set_level(level),
            // There is no definition yet.
            (None, None) => (),
        }
    }

    /// Lets the host's own lines look like those of a version, which `logger` writes.
    fn speak_as(&mut self, definition: &Definition, logger: Logger) {
        self.stream.use_stderr(leaves_stdout(definition));
        let settings = announce::log_settings(definition, Look { level: None, ..self.look });
        self.version_log = Some(VersionLog { settings, logger });
        self.speak();
    }

    fn speak(&self) {
        let level = self.version_log.as_ref().map(|log| log.settings.level);
        let level = self.look.level.or(level).unwrap_or_default().name();
        self.monitor.update(|status| level.clone_into(&mut status.log_level));
        let Some(VersionLog { settings, logger }) = &self.version_log else { return };
        logger.set_level(self.look.level.unwrap_or(settings.level));
        self.log.replace(match (self.look.level, self.look.host_level) {
            (None, Some(level)) => {
                let level = level.max(settings.level);
                logger.with(&telemetry::LogSettings { level, ..settings.clone() })
            }
            _ => logger.clone(),
        });
    }
}

/// Whether standard output is the script's, so that the log goes to standard error.
pub(crate) fn leaves_stdout(definition: &Definition) -> bool {
    definition.script().is_some_and(|script| script.inherits_stdio)
}

fn ending(stopped: &Stopped) -> ExitReason {
    if stopped.in_order { ExitReason::Stopped } else { ExitReason::Failed }
}
