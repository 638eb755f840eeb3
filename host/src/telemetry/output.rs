//! Standard output as the log wants it: what is written is out.
//!
//! Does not know what is written.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;

use rustix::fs::{FileType, fstat};

/// Standard output without the buffer of the standard library, which would keep what a full disk refuses and write
/// it a second time.
#[derive(Debug)]
pub struct StandardOutput {
    /// It is a file whose last line has no end: a process before this one was cut off.
    is_within_line: bool,
}

impl StandardOutput {
    /// Standard output of this process.
    pub fn of_process() -> Self {
        Self { is_within_line: ends_within_line().unwrap_or_default() }
    }
}

impl Write for StandardOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
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
