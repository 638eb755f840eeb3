//! The log of the host and of its service: lines in, bytes out, nobody waits.
//!
//! Uses no other module of the host. Of what the lines are about it knows the list of [`Event`]s.

mod allowance;
mod clock;
mod escape;
mod event;
mod json;
mod level;
mod line;
mod macros;
mod output;
mod queue;
mod record;
mod shortening;
mod subscriber;
mod text;
mod writer;
pub(crate) mod zone;

use std::cell::Cell;
use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;
use std::time::Duration;

pub(crate) use self::event::Event;
pub use self::event::events_table;
pub use self::level::Level;
pub(crate) use self::macros::{debug, error, info, warn};
pub(crate) use self::output::{LogOutput, LogStream};
pub(crate) use self::queue::Delivery;
pub(crate) use self::subscriber::{HostLog, inheriting};

use self::clock::Clock;
use self::line::LineFormat;
use self::queue::{Limits, Queue};
use self::record::Record;

/// How long a logger that is dropped without [`Flush::finish`] may take for its last lines.
const DROP_LIMIT: Duration = Duration::from_secs(1);

/// Named values of a line, in the order in which they are written.
pub type Attributes = serde_json::Map<String, serde_json::Value>;

/// How a line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One JSON object per line.
    Json,
    /// For people. Values of several lines follow below their line, indented.
    Text { colour: bool, place: TextOutput },
}

impl Format {
    /// The same for lines that stand among those of other services.
    #[must_use]
    pub(crate) fn among_others(self) -> Self {
        match self {
            Self::Text { colour, place: TextOutput::Terminal } => {
                Self::Text { colour, place: TextOutput::SharedTerminal }
            }
            format => format,
        }
    }
}

/// Where lines for people are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextOutput {
    /// As they are written: the time of day is enough.
    Terminal,
    /// The same, among those of other services: with the name of the service.
    SharedTerminal,
    /// Later, and among those of others: with the date and the name of the service.
    File,
}

/// What a logger is started with.
#[derive(Debug, Clone)]
pub struct LogSettings {
    pub format: Format,
    /// The least important level that is written; [`Logger::set_level`] changes it later.
    pub level: Level,
    /// Fields that every JSON line carries after `msg`, in this order. A key that comes twice has
    /// its last value at its first place.
    pub fixed: Vec<(String, String)>,
    /// Time stamps in the time zone of the machine rather than in UTC; in UTC as well if it cannot be had.
    pub local_timestamp: bool,
    /// The most bytes of a line, its end included; what is longer is shortened. At least 4 KiB.
    pub max_line: usize,
}

/// The default of [`LogSettings::max_line`]: container runtimes cut what is longer.
pub(crate) const MAX_LINE: usize = 16 * 1024;

/// The log could not be started.
#[derive(Debug, thiserror::Error)]
#[error("cannot start the thread that writes the log")]
pub struct StartLogError {
    source: io::Error,
}

/// Where lines go. Cheap to clone; all clones share their level and their fixed fields.
#[derive(Clone)]
pub struct Logger(Arc<Log>);

/// Writes lines of the host, which say what event they are about.
#[must_use]
#[derive(Debug, Clone, Copy)]
pub(crate) struct EventLogger<'a> {
    logger: &'a Logger,
    event: Event,
}

struct Log {
    level: AtomicU8,
    format: LineFormat,
    queue: Arc<Queue>,
}

/// The end of a log: whoever holds it decides when the last line is written.
///
/// Dropped without [`Flush::finish`], it waits for up to a second.
#[must_use]
pub struct Flush {
    queue: Arc<Queue>,
    is_over: bool,
}

thread_local! {
    /// Where this thread makes its lines, so that a line costs no allocation.
    static LINE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

impl Logger {
    /// Starts a log that a thread of its own writes to `output`.
    ///
    /// `output` should not buffer: lines are gathered here already. It may fail and it may block;
    /// then lines wait, up to 8 MiB of them, and beyond that are lost and counted. Where nobody is there to
    /// read, lines are lost at once. `complain` is told when either begins, and when it is over.
    pub fn start(
        settings: &LogSettings,
        output: impl Write + Send + 'static,
        complain: impl FnMut(&str) + Send + 'static,
    ) -> Result<(Self, Flush), StartLogError> {
        let clock = Clock::system(settings.local_timestamp);
        Self::start_with(settings, clock, Limits::DEFAULT, output, complain)
    }

    fn start_with(
        settings: &LogSettings,
        clock: Clock,
        limits: Limits,
        output: impl Write + Send + 'static,
        complain: impl FnMut(&str) + Send + 'static,
    ) -> Result<(Self, Flush), StartLogError> {
        let queue = Arc::new(Queue::new(limits));
        let logger = Self::of(queue.clone(), settings, clock);
        let log = Arc::clone(&logger.0);
        // Nobody joins the thread: it may hang in its output. `Flush` waits for the queue instead.
        thread::Builder::new()
            .name("log-writer".to_owned())
            .spawn(move || writer::write_all(&log.queue, &log.format, output, complain))
            .map_err(|source| StartLogError { source })?;
        Ok((logger, Flush { queue, is_over: false }))
    }

    /// A logger with other settings that writes to the same output. The levels of the two are
    /// independent of each other.
    #[must_use]
    pub fn with(&self, settings: &LogSettings) -> Self {
        let clock = Clock::system(settings.local_timestamp);
        Self::of(self.0.queue.clone(), settings, clock)
    }

    fn of(queue: Arc<Queue>, settings: &LogSettings, clock: Clock) -> Self {
        Self(Arc::new(Log {
            level: AtomicU8::new(settings.level as u8),
            format: LineFormat::new(settings, clock),
            queue,
        }))
    }

    /// Whether a line of `level` would be written. Costs one load: ask before costly work.
    pub fn enabled(&self, level: Level) -> bool {
        level as u8 >= self.0.level.load(Ordering::Relaxed)
    }

    /// How many lines were lost so far, of all loggers with this output.
    pub fn lines_lost(&self) -> u64 {
        self.0.queue.lost()
    }

    /// The most bytes that a line can have.
    pub fn max_line(&self) -> usize {
        self.0.format.max_line()
    }

    /// The least important level that is written now.
    pub fn level(&self) -> Level {
        level_of(self.0.level.load(Ordering::Relaxed))
    }

    /// Changes the level, for all clones at once, and returns the one before.
    pub fn set_level(&self, level: Level) -> Level {
        level_of(self.0.level.swap(level as u8, Ordering::Relaxed))
    }

    /// Writes one line, or counts it as lost when the output is too slow. Never waits for that.
    ///
    /// `context` says on behalf of what the caller runs (the request's id, for example) and comes
    /// after `attributes`, of which one with the name of a fixed field replaces that one. `time`, `level` and
    /// `msg` belong to the line, and the keys of the context to that: attributes of these names become
    /// `attributes.time` and so on.
    pub fn log(&self, level: Level, message: &str, attributes: &Attributes, context: &Attributes) {
        self.write(Record { level, message, event: None, attributes, context });
    }

    /// For the lines of the host about `event`.
    pub(crate) fn event(&self, event: Event) -> EventLogger<'_> {
        EventLogger { logger: self, event }
    }

    fn write(&self, record: Record<'_>) {
        if !self.enabled(record.level) {
            return;
        }
        // A thread that is ending has no buffer any more; it gets a new one.
        let mut line = LINE.try_with(Cell::take).unwrap_or_default();
        self.0.format.write(record, &mut line);
        self.0.queue.push(&line, record.level);
        let _ended = LINE.try_with(|slot| slot.set(line));
    }
}

impl EventLogger<'_> {
    /// Writes one line, as [`Logger::log`] does; `event` belongs to the line as well.
    pub(crate) fn log(
        self,
        level: Level,
        message: &str,
        attributes: &Attributes,
        context: &Attributes,
    ) {
        let event = Some(self.event.name());
        self.logger.write(Record { level, message, event, attributes, context });
    }
}

impl fmt::Debug for Logger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Logger").field("level", &self.level()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Flush {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flush").finish_non_exhaustive()
    }
}

impl Flush {
    /// Waits until everything logged so far is written, for at most `limit`, and ends the log.
    ///
    /// Returns in time even when the output blocks for ever. What is logged afterwards goes
    /// nowhere.
    pub fn finish(mut self, limit: Duration) -> Delivery {
        self.end(limit)
    }

    fn end(&mut self, limit: Duration) -> Delivery {
        self.is_over = true;
        self.queue.close(limit)
    }
}

impl Drop for Flush {
    fn drop(&mut self) {
        if !self.is_over {
            let _delivery = self.end(DROP_LIMIT);
        }
    }
}

fn level_of(number: u8) -> Level {
    Level::ALL.into_iter().find(|level| *level as u8 == number).unwrap_or_default()
}

#[cfg(test)]
mod tests;
