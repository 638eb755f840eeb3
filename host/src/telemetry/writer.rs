//! The thread that writes the log, whatever the output does.
//!
//! Does not know who logs, nor what a line says.

use std::io::{self, ErrorKind, Write};
use std::time::Duration;

use super::line::LineFormat;
use super::queue::Queue;

/// An output that refuses bytes is tried again after this long, then after twice as long, …
const FIRST_RETRY: Duration = Duration::from_millis(1);
/// … but at least this often.
const LONGEST_RETRY: Duration = Duration::from_millis(250);

/// Nobody wants the rest: the reader is gone, or time is up.
struct Stopped;

/// Writes what comes out of `queue` until it ends. Sleeps while there is nothing to write.
pub(super) fn write_all(queue: &Queue, format: &LineFormat, output: impl Write) {
    let mut outlet = Outlet { queue, output };
    let mut notice = Vec::new();
    while let Some(batch) = queue.take() {
        if batch.lost_before > 0 && format.write_loss(batch.lost_before, &mut notice).is_err() {
            notice.clear();
        }
        let written = outlet.write(&notice).and_then(|()| outlet.write(&batch.bytes));
        if written.and_then(|()| outlet.flush()).is_err() {
            return;
        }
        notice.clear();
        queue.written(batch);
    }
}

struct Outlet<'a, W> {
    queue: &'a Queue,
    output: W,
}

impl<W: Write> Outlet<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), Stopped> {
        let mut rest = bytes;
        let mut retry = FIRST_RETRY;
        while !rest.is_empty() {
            match self.output.write(rest) {
                Ok(0) => self.wait(ErrorKind::WriteZero.into(), &mut retry)?,
                Ok(count) => {
                    rest = &rest[count..];
                    retry = FIRST_RETRY;
                }
                Err(error) => self.wait(error, &mut retry)?,
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Stopped> {
        let mut retry = FIRST_RETRY;
        while let Err(error) = self.output.flush() {
            self.wait(error, &mut retry)?;
        }
        Ok(())
    }

    /// Decides after a failure whether to go on, and when.
    ///
    /// A pipe without a reader stays so. Everything else can pass: a full pipe that does not block,
    /// a full disk. Going on at the byte that was refused keeps lines whole.
    fn wait(&self, error: io::Error, retry: &mut Duration) -> Result<(), Stopped> {
        match error.kind() {
            ErrorKind::Interrupted => return Ok(()),
            ErrorKind::BrokenPipe | ErrorKind::ConnectionReset => {
                self.queue.discard();
                return Err(Stopped);
            }
            _ => {}
        }
        if !self.queue.pause(error, *retry) {
            return Err(Stopped);
        }
        *retry = (*retry * 2).min(LONGEST_RETRY);
        Ok(())
    }
}
