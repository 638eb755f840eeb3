//! The time of a line, as machines and as people read it.
//!
//! Does not know what a line is.

use std::io::{self, Write};

use jiff::Timestamp;
use jiff::fmt::StdIoWrite;
use jiff::fmt::temporal::DateTimePrinter;
use jiff::tz::{Offset, TimeZone};

use super::zone;

/// RFC 3339 with all nine digits, so that every line has the same width.
const RFC3339: DateTimePrinter = DateTimePrinter::new().precision(Some(9));
/// The same for people.
const RFC3339_MILLIS: DateTimePrinter = DateTimePrinter::new().precision(Some(3));

pub(super) struct Clock {
    now: Box<dyn Fn() -> Timestamp + Send + Sync>,
    zone: TimeZone,
}

impl Clock {
    /// The clock of the machine, in its time zone or in UTC. A zone that cannot be had is UTC too: whoever
    /// reads the settings says so.
    pub(super) fn system(is_local: bool) -> Self {
        let zone = if is_local { zone::local().ok() } else { None };
        let zone = zone.unwrap_or(TimeZone::UTC);
        Self { now: Box::new(Timestamp::now), zone }
    }

    #[cfg(test)]
    pub(super) fn fixed(time: &str, zone: TimeZone) -> Self {
        let time: Timestamp = time.parse().unwrap();
        Self { now: Box::new(move || time), zone }
    }

    /// Writes for example `2026-11-22T13:48:46.350431041Z`; a zone other than UTC as `+01:00`.
    pub(super) fn write_rfc3339(&self, output: &mut impl Write) -> io::Result<()> {
        self.write(&RFC3339, output)
    }

    /// Writes for example `2026-11-22T13:48:46.350Z`.
    pub(super) fn write_rfc3339_millis(&self, output: &mut impl Write) -> io::Result<()> {
        self.write(&RFC3339_MILLIS, output)
    }

    fn write(&self, printer: &DateTimePrinter, output: &mut impl Write) -> io::Result<()> {
        let now = (self.now)();
        let offset = self.zone.to_offset(now);
        let written = if offset == Offset::UTC {
            printer.print_timestamp(&now, StdIoWrite(output))
        } else {
            printer.print_timestamp_with_offset(&now, offset, StdIoWrite(output))
        };
        written.map_err(io::Error::other)
    }

    /// Writes for example `13:48:46.350`.
    pub(super) fn write_time_of_day(&self, output: &mut impl Write) -> io::Result<()> {
        let now = (self.now)();
        let time = self.zone.to_offset(now).to_datetime(now).time();
        let (hour, minute, second) = (time.hour(), time.minute(), time.second());
        write!(output, "{hour:02}:{minute:02}:{second:02}.{:03}", time.millisecond())
    }
}
