//! The host's own `tracing` events as lines of the log.
//!
//! Does not know spans: what a line is about stands in the line.

use std::cell::RefCell;
use std::error::Error as StdError;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use serde_json::{Number, Value};
use tracing::field::{Field, Visit};
use tracing::subscriber::Interest;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::Registry;

use super::allowance::Allowance;
use super::record::Record;
use super::{Attributes, Event, Level, Logger};
use crate::text::on_one_line;

/// The crate whose events are lines; events of all others are those of libraries.
const HOST: &str = "mikros_host";

/// Events of libraries beyond that are counted; the next line says how many in `log.suppressed`.
const LIBRARY_LINES_PER_SECOND: u32 = 10;

/// The logger of the host's own lines. Clones are one; it can be replaced while the program runs,
/// which the subscriber that `tracing` holds for ever cannot.
#[derive(Debug, Clone)]
pub(crate) struct HostLog(Arc<RwLock<Logger>>);

thread_local! {
    /// Of a thread that belongs to one of several services.
    static OF_THREAD: RefCell<Option<HostLog>> = const { RefCell::new(None) };
}

/// `body` for another thread, whose lines go where those of the calling thread go.
pub(crate) fn inheriting<T>(body: impl FnOnce() -> T) -> impl FnOnce() -> T {
    let log = HostLog::of_thread();
    move || {
        if let Some(log) = log {
            log.take_thread();
        }
        body()
    }
}

impl HostLog {
    /// The log that this thread was given; `None` on threads that have the log of the process.
    pub(crate) fn of_thread() -> Option<Self> {
        // A thread that is ending has none any more.
        OF_THREAD.try_with(|log| log.borrow().clone()).ok().flatten()
    }

    /// Lets the lines of this thread go here from now on, also those of its tasks.
    pub(crate) fn take_thread(self) {
        OF_THREAD.with(|log| *log.borrow_mut() = Some(self));
    }

    pub(crate) fn new(logger: Logger) -> Self {
        Self(Arc::new(RwLock::new(logger)))
    }

    pub(crate) fn current(&self) -> Logger {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes the `tracing` events of the whole process from now on, unless another log of this process already does.
    pub(crate) fn install(&self) {
        let _ = tracing::subscriber::set_global_default(subscriber(self.clone()));
    }

    /// Takes the `tracing` events of `work`.
    pub(crate) fn during<T>(self, work: impl FnOnce() -> T) -> T {
        tracing::subscriber::with_default(subscriber(self), work)
    }

    pub(crate) fn replace(&self, logger: Logger) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = logger;
    }
}

/// A subscriber that turns `tracing` events into lines of the thread's log, or else of `log`, at the level
/// that it has when the event happens.
///
/// Of libraries only warnings and errors are taken, a few per second, with the attribute
/// `log.target`: what they say is for their developers, and some of it a client can provoke.
fn subscriber(log: HostLog) -> impl Subscriber + Send + Sync + 'static {
    let lines = Lines {
        log,
        started: Instant::now(),
        allowance: Allowance::per_second(LIBRARY_LINES_PER_SECOND),
    };
    Registry::default().with(lines)
}

fn is_candidate(metadata: &Metadata<'_>) -> bool {
    metadata.is_event() && (is_host(metadata) || *metadata.level() <= tracing::Level::WARN)
}

fn is_host(metadata: &Metadata<'_>) -> bool {
    let rest = metadata.target().strip_prefix(HOST);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

fn level_of(metadata: &Metadata<'_>) -> Level {
    match *metadata.level() {
        tracing::Level::ERROR => Level::Error,
        tracing::Level::WARN => Level::Warn,
        tracing::Level::INFO => Level::Info,
        tracing::Level::DEBUG | tracing::Level::TRACE => Level::Debug,
    }
}

struct Lines {
    log: HostLog,
    started: Instant,
    allowance: Allowance,
}

impl Lines {
    fn logger(&self) -> Logger {
        HostLog::of_thread().as_ref().unwrap_or(&self.log).current()
    }
}

impl<S: Subscriber> Layer<S> for Lines {
    /// What can never be a line is settled once. The rest is asked every time, because the level
    /// changes while the program runs.
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if is_candidate(metadata) { Interest::sometimes() } else { Interest::never() }
    }

    /// Decides for the whole subscriber. With a filter of this layer only (`with_filter`), the
    /// values of every event would be computed, also of those below the level.
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        is_candidate(metadata) && self.logger().enabled(level_of(metadata))
    }

    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        let mut fields = Fields::default();
        if !is_host(metadata) {
            let Some(suppressed) = self.allowance.take(self.started.elapsed().as_secs()) else {
                return;
            };
            fields.add("log.target", metadata.target());
            if suppressed > 0 {
                fields.add("log.suppressed", suppressed);
            }
        }
        event.record(&mut fields);
        if !is_host(metadata)
            && let Some(own) = fields.event.replace(Event::LibraryMessage.name().to_owned())
        {
            fields.add("event", own);
        }
        let record = Record {
            level: level_of(metadata),
            message: fields.message.as_deref().unwrap_or(metadata.target()),
            event: fields.event.as_deref(),
            attributes: &fields.attributes,
            context: &Attributes::new(),
        };
        self.logger().write(record);
    }
}

/// The fields of one event.
#[derive(Default)]
struct Fields {
    message: Option<String>,
    event: Option<String>,
    attributes: Attributes,
}

impl Fields {
    fn add(&mut self, name: &str, value: impl Into<Value>) {
        self.attributes.insert(name.to_owned(), value.into());
    }

    fn add_text(&mut self, field: &Field, text: String) {
        match field.name() {
            "message" => self.message = Some(text),
            "event" => self.event = Some(text),
            name => self.add(name, text),
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add_text(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add_text(field, value.to_owned());
    }

    /// The error and what caused it: a line is the last place where both can be said.
    fn record_error(&mut self, field: &Field, value: &(dyn StdError + 'static)) {
        self.add_text(field, on_one_line(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field.name(), value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field.name(), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field.name(), value);
    }

    /// JSON has no word for infinite; that is shown as text.
    fn record_f64(&mut self, field: &Field, value: f64) {
        let number = Number::from_f64(value).map(Value::Number);
        self.add(field.name(), number.unwrap_or_else(|| value.to_string().into()));
    }
}
