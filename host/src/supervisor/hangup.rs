//! SIGHUP: whether anybody wants to hear it, and whether it is about the terminal.
//!
//! Does not know what follows from it.

use std::future::pending;
use std::io;
use std::mem::MaybeUninit;
use std::ptr;
use std::time::Duration;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use tokio::signal::unix::{self, SignalKind};
use tokio::time::sleep;

/// The system may signal before it takes the terminal away: when the program that owned it ends.
const FAREWELL: Duration = Duration::from_millis(100);

/// Why there was a SIGHUP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// Somebody has sent it.
    Request,
    /// The terminal that the process was started with is gone.
    TerminalGone,
}

/// Hears SIGHUP, unless whoever started the process has said that it is to be ignored, as `nohup` does:
/// then it stays ignored.
#[derive(Debug)]
pub(super) struct Hangups {
    signal: Option<unix::Signal>,
    had_terminal: bool,
    /// Whether one has come whose cause nobody has been told.
    is_due: bool,
}

impl Hangups {
    pub(super) fn listen() -> io::Result<Self> {
        let signal = if is_ignored() { None } else { Some(unix::signal(SignalKind::hangup())?) };
        Ok(Self { signal, had_terminal: terminal() == Some(true), is_due: false })
    }

    /// Waits for the next one.
    ///
    /// # Cancel safety
    /// None is lost.
    pub(super) async fn next(&mut self) -> Cause {
        if !self.is_due {
            let Some(signal) = &mut self.signal else { return pending().await };
            if signal.recv().await.is_none() {
                return pending().await;
            }
            self.is_due = true;
        }
        if self.had_terminal && terminal() == Some(true) {
            sleep(FAREWELL).await;
        }
        self.is_due = false;
        let is_gone = self.had_terminal && terminal() == Some(false);
        if is_gone { Cause::TerminalGone } else { Cause::Request }
    }
}

/// Whether the process has a terminal that controls it; `None` if that cannot be found out, for want of
/// descriptors for example.
fn terminal() -> Option<bool> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    match rustix::fs::open("/dev/tty", flags, Mode::empty()) {
        Ok(_) => Some(true),
        Err(Errno::NXIO | Errno::IO | Errno::NOENT) => Some(false),
        Err(_) => None,
    }
}

/// Whether the process was started with SIGHUP ignored, as long as nobody has asked to hear it.
pub(crate) fn is_ignored() -> bool {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    #[expect(unsafe_code, reason = "no safe interface tells how a signal is handled")]
    // SAFETY: without a new action this only writes the present one to memory that is made for it, and
    // all of that is zero before, which is a valid action as well.
    let (result, action) = unsafe {
        let result = libc::sigaction(libc::SIGHUP, ptr::null(), action.as_mut_ptr());
        (result, action.assume_init())
    };
    result == 0 && action.sa_sigaction == libc::SIG_IGN
}
