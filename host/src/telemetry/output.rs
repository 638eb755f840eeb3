//! The standard streams as the log wants them: what is written is out.
//!
//! Does not know what is written.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::fs::{FileType, fstat};

/// Standard output, or standard error while the other belongs to a script, without the buffer of the standard library,
/// which would keep what a full disk refuses and write it a second time.
#[derive(Debug)]
pub(crate) struct LogOutput {
    stream: LogStream,
    /// Standard output is a file whose last line has no end: a process before this one was cut off.
    is_within_line: bool,
}

/// Which of the standard streams a [`LogOutput`] writes to: standard error while any of the services that
/// share it wants that, otherwise standard output.
#[derive(Debug, Default)]
pub(crate) struct LogStream {
    /// How many services want standard error.
    wanted: Arc<AtomicUsize>,
    is_wanted: bool,
}

impl LogStream {
    /// The same for another service, which wants nothing yet.
    pub(crate) fn another(&self) -> Self {
        Self { wanted: self.wanted.clone(), is_wanted: false }
    }

    /// Takes effect with the next write.
    pub(crate) fn use_stderr(&mut self, is_so: bool) {
        match (std::mem::replace(&mut self.is_wanted, is_so), is_so) {
            (false, true) => _ = self.wanted.fetch_add(1, Ordering::Relaxed),
            (true, false) => _ = self.wanted.fetch_sub(1, Ordering::Relaxed),
            (false, false) | (true, true) => (),
        }
    }

    fn is_stderr(&self) -> bool {
        self.wanted.load(Ordering::Relaxed) > 0
    }
}

impl LogOutput {
    /// The standard streams of this process.
    pub(crate) fn standard() -> Self {
        let is_within_line = ends_within_line().unwrap_or_default();
        Self { stream: LogStream::default(), is_within_line }
    }

    /// What switches it over.
    pub(crate) fn stream(&self) -> LogStream {
        self.stream.another()
    }
}

impl Write for LogOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.stream.is_stderr() {
            return Ok(rustix::io::write(io::stderr(), bytes)?);
        }
        if self.is_within_line {
            rustix::io::write(io::stdout(), b"\n")?;
            self.is_within_line = false;
        }
        Ok(rustix::io::write(io::stdout(), bytes)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// `None` where nobody can tell.
fn ends_within_line() -> Option<bool> {
    let stat = fstat(io::stdout()).ok()?;
    let length = u64::try_from(stat.st_size).ok().filter(|length| *length > 0)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return None;
    }
    // It may be open for writing only.
    let file = File::open("/proc/self/fd/1").ok()?;
    let mut last = [0];
    file.read_exact_at(&mut last, length - 1).ok()?;
    Some(last != *b"\n")
}
