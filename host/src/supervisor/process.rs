//! One process and its services: what they share, and how they run side by side.
//!
//! A single service is supervised on the main thread. Each of several has a thread of its own for that, so that
//! what blocks or panics in one supervisor does not reach the others, and so that the thread tells whose line a
//! line of the log is. Does not know how a service runs.

use std::fmt::Display;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tokio::runtime::Runtime;

use super::neighbours::Neighbours;
use super::service_manager::ServiceManager;
use super::{
    Director, ExitReason, Hangup, Look, Refusal, RunError, Signals, Supervisor, announce,
    leaves_stdout,
};
use crate::definition::Definition;
use crate::engine::Cache;
use crate::extension::Extensions;
use crate::lifecycle::{Loader, Pace};
use crate::machine;
use crate::observe::{Monitor, Phase};
use crate::telemetry::{Attributes, Event, Flush, HostLog, Level, LogStream, Logger};
use crate::text::on_one_line;

/// How long the end of the process may wait for whoever reads the log.
const FLUSH_LIMIT: Duration = Duration::from_secs(2);
/// The same when a second signal demands an end at once.
const FORCED_FLUSH_LIMIT: Duration = Duration::from_millis(200);

/// What all services of a process have in common.
#[derive(Debug)]
pub(crate) struct Options {
    pub look: Look,
    /// Where the log goes, which makes way for a script.
    pub stream: LogStream,
    /// Where compiled components are kept; `None` compiles at every start.
    pub cache_directory: Option<PathBuf>,
    /// What beside the built-in kinds there is.
    pub extensions: Arc<Extensions>,
    pub hangup: Hangup,
    pub pace: Pace,
}

/// One service to run.
#[derive(Debug)]
pub(crate) struct ServiceOptions<F> {
    /// What to serve first; `None` leaves that to the director as well.
    pub definition: Option<Definition>,
    /// For a script.
    pub arguments: Vec<String>,
    /// Makes the director, inside the runtime of the service's supervisor.
    pub direct: F,
}

/// What the supervisors of all services use.
#[derive(Debug)]
pub(super) struct Process {
    options: Options,
    loader: Mutex<Option<Loader>>,
    /// Of the services, as far as they are known at the start.
    names: Vec<String>,
    pub(super) neighbours: Neighbours,
    pub(super) service_manager: ServiceManager,
}

/// One service with what was made for it before the first of them began.
struct Start<F> {
    index: usize,
    service: ServiceOptions<F>,
    log: HostLog,
    stream: LogStream,
    signals: Signals,
    monitor: Monitor,
}

/// Runs services to their end. The log of all goes to `output`.
///
/// # Errors
/// Only for what fails before there is a log. With a single service also what its `direct` returns; of several,
/// the service has failed then, which the log says.
pub(crate) fn run<D, E, F>(
    options: Options,
    services: Vec<ServiceOptions<F>>,
    output: impl Write + Send + 'static,
) -> Result<ExitReason, E>
where
    D: Director,
    E: From<RunError> + Display,
    F: AsyncFnOnce(&HostLog) -> Result<D, E> + Send,
{
    let first = match &services[..] {
        [ServiceOptions { definition: Some(definition), .. }] => Some(definition),
        _ => None,
    };
    let settings = match first {
        Some(definition) => announce::log_settings(definition, options.look),
        None => announce::bare_log_settings(options.look),
    };
    let (logger, flush) = Logger::start(&settings, output, complain).map_err(RunError::Log)?;
    let log = HostLog::new(logger.clone());
    log.install();
    report_panics(logger);
    let neighbours = Neighbours::new(services.len());
    let definitions = services.iter().filter_map(|service| service.definition.as_ref());
    let names = definitions.map(|definition| definition.identity.name.clone()).collect();
    let service_manager = ServiceManager::new(services.len());
    let loader = Mutex::default();
    let process = Process { options, loader, names, neighbours, service_manager };
    let ending = process.run(services, &log);
    finish(flush, &ending);
    ending
}

impl Process {
    fn run<D, E, F>(&self, services: Vec<ServiceOptions<F>>, log: &HostLog) -> Result<ExitReason, E>
    where
        D: Director,
        E: From<RunError> + Display,
        F: AsyncFnOnce(&HostLog) -> Result<D, E> + Send,
    {
        let runtime = machine::runtime().map_err(RunError::Runtime)?;
        let is_single = services.len() == 1;
        let mut starts = Vec::new();
        for (index, service) in services.into_iter().enumerate() {
            let log = if is_single { log.clone() } else { self.log_of(&service, log) };
            let _entered = runtime.enter();
            // All of them are heard before the first service begins: none misses a signal.
            let signals = Signals::listen(self.options.hangup).map_err(RunError::Signals)?;
            let mut stream = self.options.stream.another();
            stream.use_stderr(service.definition.as_ref().is_some_and(leaves_stdout));
            let monitor = self.monitor(service.definition.as_ref());
            starts.push(Start { index, service, log, stream, signals, monitor });
        }
        match (is_single, starts.pop()) {
            (true, Some(start)) => self.supervise(start, runtime),
            (_, last) => {
                starts.extend(last);
                Ok(self.run_all(starts))
            }
        }
    }

    /// What is told of a service to those who look from outside.
    fn monitor(&self, definition: Option<&Definition>) -> Monitor {
        let monitor = Monitor::new();
        if let Some(definition) = definition {
            monitor.update(|status| status.name.clone_from(&definition.identity.name));
        }
        self.options.extensions.services().add(monitor.clone());
        monitor
    }

    fn log_of<F>(&self, service: &ServiceOptions<F>, log: &HostLog) -> HostLog {
        HostLog::new(match &service.definition {
            Some(definition) => {
                log.current().with(&announce::log_settings(definition, self.options.look))
            }
            None => log.current(),
        })
    }

    /// Runs each service on a thread of its own. The last of their endings, in the order of the type, is that
    /// of all.
    fn run_all<D, E, F>(&self, starts: Vec<Start<F>>) -> ExitReason
    where
        D: Director,
        E: From<RunError> + Display,
        F: AsyncFnOnce(&HostLog) -> Result<D, E> + Send,
    {
        thread::scope(|scope| {
            let run = |start: Start<F>| {
                let (index, log) = (start.index, start.log.clone());
                let thread = thread::Builder::new().name(format!("service-{index}"));
                let thread = thread.spawn_scoped(scope, move || self.run_one(start));
                thread.map_err(|error| self.give_up(index, &log, &RunError::Runtime(error)))
            };
            // All have begun before the first one is waited for.
            let threads = starts.into_iter().map(run).collect::<Vec<_>>();
            let endings = threads.into_iter().map(|thread| match thread {
                Ok(thread) => thread.join().unwrap_or(ExitReason::Failed),
                Err(ending) => ending,
            });
            endings.max().unwrap_or(ExitReason::Stopped)
        })
    }

    /// Runs one of several services on its thread.
    fn run_one<D, E, F>(&self, start: Start<F>) -> ExitReason
    where
        D: Director,
        E: From<RunError> + Display,
        F: AsyncFnOnce(&HostLog) -> Result<D, E>,
    {
        let (index, log, monitor) = (start.index, start.log.clone(), start.monitor.clone());
        log.clone().take_thread();
        // Also when this panics.
        let _over = self.neighbours.over_at_drop(index);
        let runtime = machine::runtime().map_err(|error| E::from(RunError::Runtime(error)));
        let ending = match runtime.and_then(|runtime| self.supervise(start, runtime)) {
            Ok(ending) => ending,
            Err(error) => self.give_up(index, &log, &error),
        };
        monitor.enter(if ending == ExitReason::Failed { Phase::Failed } else { Phase::Stopped });
        self.service_manager.note_ended(index);
        ending
    }

    fn supervise<D, E, F>(&self, start: Start<F>, runtime: Runtime) -> Result<ExitReason, E>
    where
        D: Director,
        F: AsyncFnOnce(&HostLog) -> Result<D, E>,
    {
        let Start { index, service, log, stream, signals, monitor } = start;
        let ServiceOptions { definition, arguments, direct } = service;
        let ending = runtime.block_on(async {
            let director = direct(&log).await?;
            let supervisor = Supervisor {
                process: self,
                index,
                signals,
                director,
                log,
                version_log: None,
                look: self.options.look,
                look_at_start: self.options.look,
                stream,
                arguments,
                has_loaded: false,
                stopping: None,
                level_changes: monitor.level_changes(),
                monitor,
                turns: self.service_manager.turns(),
            };
            Ok(supervisor.supervise(definition).await)
        });
        runtime.shutdown_background();
        ending
    }

    /// The line that says why one of several services does not even begin.
    fn give_up(&self, index: usize, log: &HostLog, error: &impl Display) -> ExitReason {
        drop(self.neighbours.over_at_drop(index));
        let attributes = Attributes::from_iter([
            ("reason".to_owned(), Value::from("could not bootstrap service")),
            ("error.message".to_owned(), Value::from(error.to_string())),
        ]);
        let message = "aborting service execution";
        let logger = log.current();
        let logger = logger.event(Event::ServiceAborted);
        logger.log(Level::Fatal, message, &attributes, &Attributes::new());
        ExitReason::Failed
    }

    /// What makes versions, of all services; made when the first version is to be loaded.
    pub(super) fn loader(&self) -> Result<Loader, Refusal> {
        let mut loader = self.loader.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(loader) = &*loader {
            return Ok(loader.clone());
        }
        let Options { cache_directory, extensions, pace, .. } = &self.options;
        let cache = Cache::open_or_warn(cache_directory.as_deref());
        let made = Loader::new(cache, extensions.clone(), *pace);
        let made = made.map_err(|error| Refusal::new(on_one_line(&error), error.help()))?;
        for name in &self.names {
            made.expect(name);
        }
        Ok(loader.insert(made).clone())
    }
}

fn finish<E>(flush: Flush, ending: &Result<ExitReason, E>) {
    let forced = matches!(ending, Ok(ExitReason::Forced(_)));
    // That lines are lost was said when it began.
    let _ = flush.finish(if forced { FORCED_FLUSH_LIMIT } else { FLUSH_LIMIT });
}

/// Says on standard error what the log cannot say of itself.
fn complain(trouble: &str) {
    // It may be as gone as the log.
    let _ = io::stderr().lock().write_all(format!("warning: {trouble}\n").as_bytes());
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
        let own = HostLog::of_thread().map(|log| log.current());
        let logger = own.as_ref().unwrap_or(&logger).event(Event::HostPanicked);
        logger.log(Level::Error, message, &attributes, &Attributes::new());
    }));
}
