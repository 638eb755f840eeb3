//! Turns a record into the bytes of its line, within bounds.
//!
//! Does not know where the bytes go.

use std::io::{self, Write};

use super::clock::Clock;
use super::record::Record;
use super::shortening::fit;
use super::{Attributes, Event, Format, Level, LogSettings, json, text};

/// Everything that all lines of one logger have in common.
pub(super) struct LineFormat {
    clock: Clock,
    shape: Shape,
    max_line: usize,
}

enum Shape {
    Json(json::FixedFields),
    Text(text::Style),
}

impl LineFormat {
    pub(super) fn new(settings: &LogSettings, clock: Clock) -> Self {
        let LogSettings { fixed, max_line, .. } = settings;
        let shape = match settings.format {
            // Half of the line is left for what it is about.
            Format::Json => Shape::Json(json::FixedFields::new(fixed, max_line / 2)),
            Format::Text { colour, place } => Shape::Text(text::Style::new(colour, place, fixed)),
        };
        Self { clock, shape, max_line: *max_line }
    }

    /// The most bytes of a line.
    pub(super) fn max_line(&self) -> usize {
        self.max_line
    }

    /// Writes the line of `record` into `line`, which is emptied first.
    ///
    /// A record whose line would be too long loses the end of what is long in it, and says how much in the
    /// attribute `log.shortened`.
    pub(super) fn write(&self, record: Record<'_>, line: &mut Vec<u8>) {
        fit(record, self.max_line, |record| self.try_write(record, line));
    }

    /// Writes the line that stands where `count` lines are missing.
    pub(super) fn write_loss(&self, count: u64, line: &mut Vec<u8>) {
        let attributes = Attributes::from_iter([("lines".to_owned(), count.into())]);
        let record = Record {
            level: Level::Warn,
            message: "log lines were lost",
            event: Some(Event::LogLinesLost.name()),
            attributes: &attributes,
            context: &Attributes::new(),
        };
        self.write(record, line);
    }

    fn try_write(&self, record: Record<'_>, line: &mut Vec<u8>) -> io::Result<()> {
        line.clear();
        let mut line = Bounded { line, most: self.max_line };
        match &self.shape {
            Shape::Json(fixed) => json::write(&mut line, &self.clock, fixed, record),
            Shape::Text(style) => text::write(&mut line, &self.clock, style, record),
        }
    }
}

/// A buffer that refuses to grow beyond the longest line, so that a huge record costs no more than
/// a long one.
struct Bounded<'a> {
    line: &'a mut Vec<u8>,
    most: usize,
}

impl Write for Bounded<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.line.len() + bytes.len() > self.most {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.line.extend_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
