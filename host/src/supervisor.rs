//! Takes one service from its definition to the end of the process: phases, signals, log.
//!
//! Decides what happens next; how any of it is done is `lifecycle`'s.

mod announce;
mod signal;

use std::io;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tracing::{info, warn};

use self::signal::{Signal, Signals};
use crate::definition::{Definition, Kind};
use crate::engine::Cache;
use crate::lifecycle::{KindFailure, LoadError, Loaded, Running, StartError, Starting, Stopped};
use crate::telemetry::{self, Attributes, Format, Level, Logger, StartLogError};

/// How long the end of the process may wait for whoever reads the log.
const FLUSH_LIMIT: Duration = Duration::from_secs(2);
/// The same when a second signal demands an end at once.
const FORCED_FLUSH_LIMIT: Duration = Duration::from_millis(200);

/// What to run, and how.
#[derive(Debug)]
pub struct Options {
    pub definition: Definition,
    pub format: Format,
    /// Replaces the level of the definition.
    pub level: Option<Level>,
    /// For a script.
    pub arguments: Vec<String>,
    /// Where compiled components are kept; `None` compiles at every start.
    pub cache_directory: Option<PathBuf>,
}

/// How the service ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// As it was asked to, or with its script done.
    Stopped,
    /// It failed, or did not stop in order. The log says why.
    Failed,
    /// A signal did not let it come to its end.
    Forced(Signal),
}

/// Why a service could not even begin; everything later is in the log.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error(transparent)]
    Log(#[from] StartLogError),
    #[error("cannot set up the main thread: {0}")]
    Runtime(io::Error),
    #[error("cannot handle signals: {0}")]
    Signals(io::Error),
}

/// Runs a service to its end. Its log goes to stdout.
///
/// # Errors
/// Only for what fails before there is a log.
pub fn run(options: Options) -> Result<Ending, RunError> {
    let settings = announce::log_settings(&options);
    let (logger, flush) = Logger::start(&settings, io::stdout())?;
    // There can be only one; a second service in this process would keep the first one's.
    let _ = tracing::subscriber::set_global_default(telemetry::subscriber(logger.clone()));
    report_panics(logger.clone());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(RunError::Runtime)?;
    let ending = runtime.block_on(async {
        let signals = Signals::listen().map_err(RunError::Signals)?;
        Ok(Supervisor { signals, logger, stopping: None }.supervise(options).await)
    });
    runtime.shutdown_background();
    let forced = matches!(ending, Ok(Ending::Forced(_)));
    // Lines that nobody takes are lost; there is nowhere left to say so.
    let _ = flush.finish(if forced { FORCED_FLUSH_LIMIT } else { FLUSH_LIMIT });
    ending
}

/// What wakes the supervisor while a step goes on.
enum Event<T> {
    Done(T),
    /// The first signal; it is in [`Supervisor::stopping`].
    Signal,
}

/// Where a step left off.
type Step<T> = Result<T, Ending>;

struct Supervisor {
    signals: Signals,
    logger: Logger,
    /// The signal that asked the service to stop; the next one forces it.
    stopping: Option<Signal>,
}

impl Supervisor {
    async fn supervise(mut self, options: Options) -> Ending {
        match self.phases(options).await {
            Ok(ending) | Err(ending) => {
                match ending {
                    Ending::Stopped => info!("service stopped"),
                    Ending::Failed => info!(exit.status = 1, "service stopped"),
                    Ending::Forced(signal) => {
                        warn!(signal = signal.name(), "service stopped by force");
                    }
                }
                ending
            }
        }
    }

    async fn phases(&mut self, options: Options) -> Step<Ending> {
        let began = Instant::now();
        let Options { definition, arguments, cache_directory, .. } = options;
        let definition = Arc::new(definition);
        info!("starting service");
        for warning in &definition.warnings {
            let place = warning.located(&definition.path);
            warn!(help = warning.help.as_deref(), "{place}");
        }
        let loaded = self.load(definition.clone(), cache_directory).await?;
        let starting = self.start(&definition, loaded).await?;
        announce::resources(&definition, began);
        for endpoint in starting.endpoints() {
            announce::endpoint(endpoint);
        }
        let running = starting.open();
        for kind in definition.kinds.iter().filter(|kind| !kind.listens()) {
            info!(kind = kind.name(), "service is running");
        }
        if definition.kinds.contains(&Kind::Script) {
            self.script(&definition, running, arguments).await
        } else {
            self.serve(&definition, running).await
        }
    }

    /// Build phase. Compiling happens on a thread of its own, so that signals are heard.
    async fn load(
        &mut self,
        definition: Arc<Definition>,
        cache_directory: Option<PathBuf>,
    ) -> Step<Loaded> {
        let logger = self.logger.clone();
        let (sender, receiver) = oneshot::channel();
        let load = move || {
            let cache = open_cache(cache_directory.as_deref());
            // A supervisor that was told to stop does not wait for it.
            let _ = sender.send(Loaded::load(definition, logger, cache.as_ref()));
        };
        if let Err(error) = std::thread::Builder::new().name("build".to_owned()).spawn(load) {
            return Err(self.abort(&LoadError::Thread(error).to_string(), None));
        }
        match self.or_signal(receiver).await? {
            Event::Done(Ok(Ok(loaded))) => {
                info!("starting features");
                Ok(loaded)
            }
            Event::Done(Ok(Err(error))) => {
                let help = match &error {
                    LoadError::Compile(error) => error.help(),
                    LoadError::Thread(_) => None,
                };
                Err(self.abort(&with_source(&error), help))
            }
            Event::Done(Err(_)) => Err(self.abort("the thread that compiles has panicked", None)),
            Event::Signal => Err(Ending::Stopped),
        }
    }

    /// Start phase.
    async fn start(&mut self, definition: &Definition, loaded: Loaded) -> Step<Starting> {
        let mut starting = match loaded.start() {
            Ok(starting) => starting,
            Err(error) => return Err(self.abort(&error.to_string(), error.help())),
        };
        let limit = definition.host.shutdown_timeout;
        match self.or_signal(starting.ready()).await? {
            Event::Done(Ok(())) => Ok(starting),
            Event::Done(Err(error)) => {
                let ending = self.abort_start(&error, definition);
                self.forcible(starting.abandon(limit)).await?;
                Err(ending)
            }
            Event::Signal => {
                let stopped = self.forcible(starting.abandon(limit)).await?;
                Err(ending(&stopped))
            }
        }
    }

    /// Run phase of everything that serves until it is told to stop.
    async fn serve(&mut self, definition: &Definition, mut running: Running) -> Step<Ending> {
        let failure = match self.or_signal(running.failure()).await? {
            Event::Done(failure) => Some(failure),
            Event::Signal => None,
        };
        if let Some(failure) = &failure {
            self.abort_with("could not execute service", &failure.to_string(), None, None);
            info!("stopping service");
        }
        let stopped = self.forcible(running.stop(definition.host.shutdown_timeout)).await?;
        Ok(if failure.is_some() { Ending::Failed } else { ending(&stopped) })
    }

    /// Run phase of a script: `run`, then `cleanup` always, then the shutdown.
    async fn script(
        &mut self,
        definition: &Definition,
        running: Running,
        arguments: Vec<String>,
    ) -> Step<Ending> {
        let limit = definition.host.shutdown_timeout;
        let (outcome, deadline) = self.run_script(&running, arguments, limit).await?;
        let left = || deadline.map_or(limit, |at| at.saturating_duration_since(Instant::now()));
        let cut_short = self.stopping.filter(|_| outcome.is_err());
        if let (Err(failure), None) = (&outcome, cut_short) {
            self.abort_with("could not execute service", &failure.to_string(), None, None);
        }
        let cleaned = self.forcible(running.clean_up(left())).await?;
        if let Err(failure) = &cleaned {
            tracing::error!(error.message = %failure, "cleanup of the script failed");
        }
        if self.stopping.is_none() {
            info!("stopping service");
        }
        let stopped = self.forcible(running.stop(left())).await?;
        Ok(match cut_short {
            Some(signal) => Ending::Forced(signal),
            None if outcome.is_err() || cleaned.is_err() => Ending::Failed,
            None => ending(&stopped),
        })
    }

    /// `run` of a script. A signal tells it to give up; then all that is left to do has until `limit`
    /// from there, which is returned.
    async fn run_script(
        &mut self,
        running: &Running,
        arguments: Vec<String>,
        limit: Duration,
    ) -> Step<(Result<(), KindFailure>, Option<Instant>)> {
        let (cancel, cancelled) = oneshot::channel();
        let mut script = pin!(running.script(arguments, cancelled));
        if let Event::Done(outcome) = self.or_signal(&mut script).await? {
            return Ok((outcome, None));
        }
        let deadline = Instant::now() + limit;
        // The script may have ended in this very moment.
        let _ = cancel.send(());
        let patient = async {
            if let Ok(outcome) = timeout(limit, &mut script).await {
                return outcome;
            }
            warn!("the script does not end, interrupting it");
            running.kill();
            script.await
        };
        Ok((self.forcible(patient).await?, Some(deadline)))
    }

    /// Waits for `step` or for the signal that ends the service in order.
    async fn or_signal<F: Future>(&mut self, step: F) -> Step<Event<F::Output>> {
        tokio::select! {
            done = step => Ok(Event::Done(done)),
            signal = self.signals.next() => {
                self.stopping = Some(signal);
                info!(signal = signal.name(), "stopping service");
                Ok(Event::Signal)
            }
        }
    }

    /// Waits for `step` while the service stops; a further signal ends the process at once.
    async fn forcible<F: Future>(&mut self, step: F) -> Step<F::Output> {
        let mut step = pin!(step);
        loop {
            tokio::select! {
                done = &mut step => return Ok(done),
                signal = self.signals.next() => {
                    if self.stopping.is_some() {
                        return Err(Ending::Forced(signal));
                    }
                    self.stopping = Some(signal);
                    warn!(signal = signal.name(), "already stopping, the next signal ends the service at once");
                }
            }
        }
    }

    fn abort(&self, message: &str, help: Option<&str>) -> Ending {
        self.abort_with("could not bootstrap service", message, help, None);
        Ending::Failed
    }

    fn abort_start(&self, error: &StartError, definition: &Definition) -> Ending {
        let details = match error {
            StartError::Instance(failure) => Some(failure.attributes(definition.log.stack_trace)),
            _ => None,
        };
        let message = error.to_string();
        self.abort_with("could not bootstrap service", &message, error.help(), details);
        Ending::Failed
    }

    /// The line that says why the service ends without being asked to.
    fn abort_with(
        &self,
        reason: &str,
        message: &str,
        help: Option<&str>,
        details: Option<Attributes>,
    ) {
        let mut attributes = Attributes::new();
        attributes.insert("reason".to_owned(), Value::from(reason));
        attributes.insert("error.message".to_owned(), Value::from(message));
        attributes.extend(help.map(|help| ("error.help".to_owned(), Value::from(help))));
        attributes.extend(details.unwrap_or_default());
        let message = "aborting service execution";
        self.logger.log(Level::Fatal, message, &attributes, &Attributes::new());
    }
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
        logger.log(Level::Error, message, &attributes, &Attributes::new());
    }));
}

fn ending(stopped: &Stopped) -> Ending {
    if stopped.in_order { Ending::Stopped } else { Ending::Failed }
}

/// A message with its cause, which the log has no other place for.
fn with_source(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

fn open_cache(directory: Option<&Path>) -> Option<Cache> {
    let Some(directory) = directory else {
        warn!(
            help = "set `MIKROS_HOST_CACHE` to a directory",
            "compiled components are not kept, compiling at every start"
        );
        return None;
    };
    match Cache::open(directory.to_owned()) {
        Ok(cache) => Some(cache),
        Err(error) => {
            warn!(
                path = %directory.display(),
                %error,
                "cannot use the cache of compiled components, compiling at every start"
            );
            None
        }
    }
}
