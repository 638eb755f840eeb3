//! Takes one service from its first version to the end of the process: phases, signals, log.
//!
//! Decides what happens next; how any of it is done is `lifecycle`'s, and what is to be served the
//! director's.

mod announce;
mod director;
mod hangup;
mod preparation;
mod reload;
mod script;
mod service_run;
mod signal;

use std::io::{self, Write};
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use humantime::format_duration;
use serde_json::Value;

pub(crate) use self::director::{Demand, Director, Refusal, ServiceEvent};
pub(crate) use self::hangup::is_ignored as hangup_is_ignored;
pub(crate) use self::reload::Reload;
use self::service_run::RunOutcome;
use self::signal::Signals;
pub(crate) use self::signal::{Hangup, REPEAT, Signal};
use crate::definition::Definition;
use crate::engine::Cache;
use crate::extension::Extensions;
use crate::lifecycle::{LeftVersion, Loader, Pace, Service, Stopped};
use crate::machine;
use crate::telemetry::{
    self, Attributes, Event, Flush, Format, HostLog, Level, LogStream, Logger, StartLogError, info,
    warn,
};
use crate::text::on_one_line;

/// How long the end of the process may wait for whoever reads the log.
const FLUSH_LIMIT: Duration = Duration::from_secs(2);
/// The same when a second signal demands an end at once.
const FORCED_FLUSH_LIMIT: Duration = Duration::from_millis(200);

/// What to run, and how.
#[derive(Debug)]
pub(crate) struct Options {
    /// What to serve first; `None` leaves that to the director as well.
    pub definition: Option<Definition>,
    pub look: Look,
    /// Where the log goes, which makes way for a script.
    pub stream: LogStream,
    /// For a script.
    pub arguments: Vec<String>,
    /// Where compiled components are kept; `None` compiles at every start.
    pub cache_directory: Option<PathBuf>,
    /// What beside the built-in kinds there is.
    pub extensions: Arc<Extensions>,
    pub hangup: Hangup,
    pub pace: Pace,
}

/// What the command line says of the log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    pub format: Format,
    /// Replaces the level of the definition.
    pub level: Option<Level>,
    /// The level of the host's own lines, unless `level` says it; they follow the definition otherwise.
    pub host_level: Option<Level>,
}

/// How the service ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExitReason {
    /// As it was asked to, or with its script done.
    Stopped,
    /// It failed, or did not stop in order. The log says why.
    Failed,
    /// A signal cancelled its script, which then ended in order.
    Cancelled(Signal),
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

/// Runs a service to its end. Its log goes to `output`; `direct` makes the director, inside the
/// runtime of the main thread.
///
/// # Errors
/// Only for what fails before there is a log, and what `direct` returns.
pub(crate) fn run<D: Director, E: From<RunError>>(
    options: Options,
    output: impl Write + Send + 'static,
    direct: impl AsyncFnOnce(&HostLog) -> Result<D, E>,
) -> Result<ExitReason, E> {
    options.stream.use_stderr(options.definition.as_ref().is_some_and(leaves_stdout));
    let settings = match &options.definition {
        Some(definition) => announce::log_settings(definition, options.look),
        None => announce::bare_log_settings(options.look),
    };
    let (logger, flush) = Logger::start(&settings, output, complain).map_err(RunError::Log)?;
    let log = HostLog::new(logger.clone());
    log.install();
    report_panics(logger);
    let runtime = machine::runtime().map_err(RunError::Runtime)?;
    let ending = runtime.block_on(async {
        let signals = Signals::listen(options.hangup).map_err(RunError::Signals)?;
        let director = direct(&log).await?;
        let Options { definition, look, stream, arguments, .. } = options;
        let Options { cache_directory, extensions, pace, .. } = options;
        let supervisor = Supervisor {
            signals,
            director,
            log,
            version_log: None,
            look,
            stream,
            arguments,
            cache_directory,
            extensions,
            pace,
            loader: None,
            stopping: None,
        };
        Ok(supervisor.supervise(definition).await)
    });
    runtime.shutdown_background();
    finish(flush, &ending);
    ending
}

fn finish<E>(flush: Flush, ending: &Result<ExitReason, E>) {
    let forced = matches!(ending, Ok(ExitReason::Forced(_)));
    // That lines are lost was said when it began.
    let _ = flush.finish(if forced { FORCED_FLUSH_LIMIT } else { FLUSH_LIMIT });
}

/// What a service that is told to stop waits for.
#[derive(Debug, Default)]
struct Stop {
    /// Calls in flight, those that wait for their turn included.
    calls: usize,
    /// How long it serves on before it drains.
    delay: Option<Duration>,
}

/// Says on standard error what the log cannot say of itself.
fn complain(trouble: &str) {
    // It may be as gone as the log.
    let _ = io::stderr().lock().write_all(format!("warning: {trouble}\n").as_bytes());
}

/// Where a step left off.
type Step<T> = Result<T, ExitReason>;

/// What the lines of a version look like as its definition says, and what writes them.
struct VersionLog {
    settings: telemetry::Settings,
    logger: Logger,
}

struct Supervisor<D> {
    signals: Signals,
    director: D,
    /// The log of the host itself, which follows the version that serves.
    log: HostLog,
    /// That of the last version.
    version_log: Option<VersionLog>,
    look: Look,
    stream: LogStream,
    arguments: Vec<String>,
    cache_directory: Option<PathBuf>,
    extensions: Arc<Extensions>,
    pace: Pace,
    loader: Option<Loader>,
    /// The signal that asked the service to stop; the next one forces it.
    stopping: Option<Signal>,
}

impl<D: Director> Supervisor<D> {
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

    /// What makes versions; made for the first one.
    fn loader(&mut self) -> Result<Loader, Refusal> {
        if let Some(loader) = &self.loader {
            return Ok(loader.clone());
        }
        let loader = Loader::new(
            Cache::open_or_warn(self.cache_directory.as_deref()),
            self.extensions.clone(),
            self.pace,
        );
        let loader = loader.map_err(|error| Refusal::new(on_one_line(&error), error.help()))?;
        Ok(self.loader.insert(loader).clone())
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
        let help = match (calls, &delay) {
            (_, Some(_)) => Some("signal again to drain at once"),
            (Some(_), None) => Some("send the signal again to stop immediately"),
            (None, None) => None,
        };
        info!(
            ServiceStopping,
            signal = signal.map(Signal::name),
            calls.in_flight = calls,
            drain_delay = delay,
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
        let Some(VersionLog { settings, logger }) = &self.version_log else { return };
        logger.set_level(self.look.level.unwrap_or(settings.level));
        self.log.replace(match (self.look.level, self.look.host_level) {
            (None, Some(level)) => {
                let level = level.max(settings.level);
                logger.with(&telemetry::Settings { level, ..settings.clone() })
            }
            _ => logger.clone(),
        });
    }
}

/// Whether standard output is the script's, so that the log goes to standard error.
pub(crate) fn leaves_stdout(definition: &Definition) -> bool {
    definition.script().is_some_and(|script| script.inherits_stdio)
}

/// A panic of the host is a bug in it; the log is where it is looked for.
fn report_panics(logger: Logger) {
    std::panic::set_hook(Box::new(move |panic| {
        let place = panic.location().map(ToString::to_string);
        let attributes = Attributes::from_iter([
            ("error.message".to_owned(), Value::from(panic.payload_as_str().unwrap_or("unknown"))),
            ("error.place".to_owned(), Value::from(place)),
        ]);
        let message = "the host has a bug, please report it";
        let logger = logger.event(Event::HostPanicked);
        logger.log(Level::Error, message, &attributes, &Attributes::new());
    }));
}

fn ending(stopped: &Stopped) -> ExitReason {
    if stopped.in_order { ExitReason::Stopped } else { ExitReason::Failed }
}
