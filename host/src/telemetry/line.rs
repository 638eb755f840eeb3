//! Turns a record into the bytes of its line, within bounds.
//!
//! Does not know where the bytes go.

use std::io::{self, Write};

use super::clock::Clock;
use super::record::{Record, insert, shorten_group, shorten_message};
use super::{Attributes, Format, Level, json, text};

/// A line that would be longer is shortened. Readers of logs give up at about this length.
pub(super) const LONGEST_LINE_BYTES: usize = 256 * 1024;

/// Everything that all lines of one logger have in common.
pub(super) struct LineFormat {
    clock: Clock,
    shape: Shape,
}

enum Shape {
    Json(json::FixedFields),
    Text(text::Paint),
}

impl LineFormat {
    pub(super) fn new(format: Format, fixed: &[(String, String)], clock: Clock) -> Self {
        let shape = match format {
            Format::Json => Shape::Json(json::FixedFields::new(fixed)),
            Format::Text { colour } => Shape::Text(text::Paint { is_on: colour }),
        };
        Self { clock, shape }
    }

    /// Writes the line of `record` into `line`, which is emptied first.
    ///
    /// A record whose line would be too long loses the end of what is long in it, and says so in
    /// the attribute `log.shortened`.
    ///
    /// # Errors
    ///
    /// When even the shortened line is too long, because the fixed fields alone are.
    pub(super) fn write(&self, record: Record<'_>, line: &mut Vec<u8>) -> io::Result<()> {
        if self.try_write(record, line).is_ok() {
            return Ok(());
        }
        let mut attributes = shorten_group(record.attributes);
        insert(&mut attributes, "log.shortened", true.into());
        let shortened = Record {
            level: record.level,
            message: &shorten_message(record.message),
            attributes: &attributes,
            context: &shorten_group(record.context),
        };
        self.try_write(shortened, line)
    }

    /// Writes the line that stands where `count` lines are missing.
    pub(super) fn write_loss(&self, count: u64, line: &mut Vec<u8>) -> io::Result<()> {
        let attributes = Attributes::from_iter([("lines".to_owned(), count.into())]);
        let record = Record {
            level: Level::Warn,
            message: "log lines were lost",
            attributes: &attributes,
            context: &Attributes::new(),
        };
        self.write(record, line)
    }

    fn try_write(&self, record: Record<'_>, line: &mut Vec<u8>) -> io::Result<()> {
        line.clear();
        let mut line = Bounded { line };
        match &self.shape {
            Shape::Json(fixed) => json::write(&mut line, &self.clock, fixed, record),
            Shape::Text(paint) => text::write(&mut line, &self.clock, *paint, record),
        }
    }
}

/// A buffer that refuses to grow beyond the longest line, so that a huge record costs no more than
/// a long one.
struct Bounded<'a> {
    line: &'a mut Vec<u8>,
}

impl Write for Bounded<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.line.len() + bytes.len() > LONGEST_LINE_BYTES {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.line.extend_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
