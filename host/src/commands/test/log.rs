//! What becomes of the service's log while it is tested.
//!
//! Does not know what is logged.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use crate::report;

/// Bytes of the log that are kept; of more than that, the last ones.
const MOST: usize = 1024 * 1024;

/// The log of a service under test.
#[derive(Debug)]
pub(super) enum Transcript {
    /// Shown when something has failed.
    LogTail(Arc<Mutex<LogTail>>),
    /// Goes to standard error as it comes.
    Shown,
    Discarded,
}

impl Transcript {
    /// As `[tests] discard_log_messages` has it.
    pub(super) fn new(discards: Option<bool>) -> Self {
        match discards {
            None => Self::LogTail(Arc::default()),
            Some(false) => Self::Shown,
            Some(true) => Self::Discarded,
        }
    }

    pub(super) fn output(&self) -> Box<dyn Write + Send> {
        match self {
            Self::LogTail(tail) => Box::new(LogWriter(tail.clone())),
            Self::Shown => Box::new(io::stderr()),
            Self::Discarded => Box::new(io::sink()),
        }
    }

    /// Shows what was kept.
    pub(super) fn show(&self) {
        let Self::LogTail(tail) = self else { return };
        let tail = tail.lock().unwrap_or_else(PoisonError::into_inner);
        if !tail.bytes.is_empty() {
            report::tell(format_args!("{}\n{}", tail.title(), tail.text()));
        }
    }

    /// Where the user finds why the service has failed.
    pub(super) fn place(&self) -> &'static str {
        match self {
            Self::LogTail(_) | Self::Shown => "its log, above, says why",
            Self::Discarded => {
                "its log says why, which `[tests] discard_log_messages` in `service.toml` discards"
            }
        }
    }
}

/// The end of a log.
#[derive(Debug, Default)]
pub(super) struct LogTail {
    bytes: VecDeque<u8>,
    is_cut: bool,
}

impl LogTail {
    fn add(&mut self, bytes: &[u8]) {
        self.bytes.extend(bytes);
        if let Some(beyond) = self.bytes.len().checked_sub(MOST).filter(|beyond| *beyond > 0) {
            self.bytes.drain(..beyond);
            self.is_cut = true;
        }
    }

    fn title(&self) -> &'static str {
        if self.is_cut { "the end of the service's log:" } else { "the service's log:" }
    }

    /// Whole lines.
    fn text(&self) -> String {
        let bytes: Vec<u8> = self.bytes.iter().copied().collect();
        let first = bytes.iter().position(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let whole = if self.is_cut { &bytes[first..] } else { &bytes };
        String::from_utf8_lossy(whole).into_owned()
    }
}

struct LogWriter(Arc<Mutex<LogTail>>);

impl Write for LogWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).add(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_log_the_last_whole_lines_are_kept() {
        let mut tail = LogTail::default();
        tail.add(b"one\ntwo\n");
        assert_eq!((tail.title(), tail.text().as_str()), ("the service's log:", "one\ntwo\n"));

        tail.add(&[b"x".repeat(MOST - 5), b"\nend\n".to_vec()].concat());

        assert_eq!(
            (tail.title(), tail.text().as_str()),
            ("the end of the service's log:", "end\n")
        );
    }
}
