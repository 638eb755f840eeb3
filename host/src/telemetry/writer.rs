//! The thread that writes the log, whatever the output does.
//!
//! Does not know who logs, nor what a line says.

use std::io::{self, ErrorKind, Write};
use std::time::Duration;

use rustix::io::Errno;

use super::line::LineFormat;
use super::queue::Queue;

/// An output that refuses bytes is tried again after this long, then after twice as long, …
const FIRST_RETRY: Duration = Duration::from_millis(1);
/// … but at least this often.
const LONGEST_RETRY: Duration = Duration::from_millis(250);

/// Why lines were not written.
enum Unwritten {
    /// Nobody is there to read them. Others may come.
    Gone(io::Error),
    /// Time is up.
    TooLate,
}

/// Writes what comes out of `queue` until it ends. Sleeps while there is nothing to write. `complain` is told, once
/// each, when lines stop to reach the output and when they reach it again.
pub(super) fn write_all(
    queue: &Queue,
    format: &LineFormat,
    output: impl Write,
    complain: impl FnMut(&str),
) {
    let mut writer = BatchWriter { queue, output, complain, is_within_line: false, lost: None };
    let mut notice = Vec::new();
    while let Some(batch) = queue.take() {
        notice.clear();
        if batch.lost_before > 0 {
            format.write_loss(batch.lost_before, &mut notice);
        }
        match writer.write_batch(&notice, &batch.bytes) {
            Ok(()) => {
                queue.written(batch);
                writer.note_recovery();
            }
            Err(Unwritten::Gone(error)) => queue.dropped(batch, error),
            Err(Unwritten::TooLate) => return,
        }
    }
}

struct BatchWriter<'a, W, C> {
    queue: &'a Queue,
    output: W,
    complain: C,
    /// Whether the last byte that the output took is within a line.
    is_within_line: bool,
    /// While the output takes nothing: how many lines were lost before.
    lost: Option<u64>,
}

impl<W: Write, C: FnMut(&str)> BatchWriter<'_, W, C> {
    fn write_batch(&mut self, notice: &[u8], lines: &[u8]) -> Result<(), Unwritten> {
        if self.is_within_line {
            // Of a line whose end was dropped.
            self.write(b"\n")?;
        }
        self.write(notice)?;
        self.write(lines)?;
        self.flush()
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Unwritten> {
        let mut rest = bytes;
        let mut retry = FIRST_RETRY;
        while !rest.is_empty() {
            match self.output.write(rest) {
                Ok(0) => self.wait(ErrorKind::WriteZero.into(), &mut retry)?,
                Ok(count) => {
                    self.is_within_line = rest[count - 1] != b'\n';
                    rest = &rest[count..];
                    retry = FIRST_RETRY;
                }
                Err(error) => self.wait(error, &mut retry)?,
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Unwritten> {
        let mut retry = FIRST_RETRY;
        while let Err(error) = self.output.flush() {
            self.wait(error, &mut retry)?;
        }
        Ok(())
    }

    /// Decides after a failure whether to go on, and when.
    ///
    /// Where the reader is gone, these lines are lost; the next ones are tried again, because a named pipe can get
    /// another reader. Everything else can pass: a full pipe that does not block, a full disk. Going on at the
    /// byte that was refused keeps lines whole.
    fn wait(&mut self, error: io::Error, retry: &mut Duration) -> Result<(), Unwritten> {
        match error.kind() {
            ErrorKind::Interrupted => return Ok(()),
            // The reader is slow, which costs lines only when there is no more room for them.
            ErrorKind::WouldBlock => {}
            _ if is_gone(&error) => {
                self.note_failure(&error, "are lost");
                return Err(Unwritten::Gone(error));
            }
            _ => self.note_failure(&error, "wait"),
        }
        if !self.queue.pause(error, *retry) {
            return Err(Unwritten::TooLate);
        }
        *retry = (*retry * 2).min(LONGEST_RETRY);
        Ok(())
    }

    fn note_failure(&mut self, error: &io::Error, lines: &str) {
        if self.lost.is_none() {
            self.lost = Some(self.queue.lost());
            (self.complain)(&format!("the log cannot be written and its lines {lines}: {error}"));
        }
    }

    fn note_recovery(&mut self) {
        let Some(before) = self.lost.take() else { return };
        (self.complain)(&match self.queue.lost() - before {
            0 => "the log is written again, no line was lost".to_owned(),
            1 => "the log is written again, 1 line was lost".to_owned(),
            lost => format!("the log is written again, {lost} lines were lost"),
        });
    }
}

/// Whether there is no reader: of a pipe, of a socket, of a terminal that was closed.
fn is_gone(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset)
        || Errno::from_io_error(error) == Some(Errno::IO)
}
