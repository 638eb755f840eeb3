//! Programs that a command starts and waits for, and what a signal does meanwhile: it ends them, and then
//! the command.
//!
//! Does not know which programs.

mod group;

use std::future::pending;
use std::io;
use std::process::{Command, Output};
use std::thread;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Signal, WaitId, WaitIdOptions, waitid};
use tokio::signal::unix::{self, SignalKind};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};

pub(super) use self::group::Group;
use crate::machine;
use crate::supervisor::{REPEAT, hangup_is_ignored};

/// How often a command that is told to end looks whether its programs have ended.
const LOOK: Duration = Duration::from_millis(10);

/// How a program ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// By itself.
    Exited(Output),
    /// Because this process got the signal with this number.
    Interrupted(u8),
}

/// The signal with this number has ended a program that was waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Interrupted(pub(super) u8);

/// Starts a program and waits for its end. The output that `command` captures is in the result.
///
/// On SIGINT, SIGTERM and SIGHUP the program and all it has started get the same signal and a moment to end; the next
/// signal, [`REPEAT`] later, kills them at once.
pub(super) fn wait(command: Command) -> io::Result<Ended> {
    machine::runtime()?.block_on(attend(|| Group::start(command)))
}

/// The same for a program that the user watches, and may have to answer.
pub(super) fn show(command: Command) -> io::Result<Ended> {
    machine::runtime()?.block_on(attend(|| Group::start_in_foreground(command)))
}

async fn attend(start: impl FnOnce() -> io::Result<Group>) -> io::Result<Ended> {
    // Before the program starts, so that no signal can end this process and not the program.
    let mut signals = Signals::listen()?;
    let mut group = start()?;
    let signal = tokio::select! {
        // A signal from the terminal ends the program as well: the signal is the reason.
        biased;
        signal = signals.next() => signal,
        output = group.output() => return Ok(Ended::Exited(output?)),
    };
    tokio::select! {
        biased;
        // What is dropped is killed.
        () = signals.another() => (),
        () = group.kill(signal) => (),
    }
    Ok(Ended::Interrupted(number(signal)))
}

/// Does `work`. A signal ends the wait for it: at once, or when the program has ended that `work` waits for.
/// The error is its number.
///
/// Whoever has listened to a signal once keeps the system from ending the process because of it. So a
/// command that goes on after its programs needs this.
pub(super) fn interruptible<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<Result<T, u8>> {
    machine::runtime()?.block_on(async {
        let mut signals = Signals::listen()?;
        let (sender, mut done) = oneshot::channel();
        let work = move || {
            // Nobody waits for what is done too late.
            let _ = sender.send(work());
        };
        let thread = thread::Builder::new().name("command".to_owned()).spawn(work)?;
        let signal = tokio::select! {
            result = &mut done => return Ok(Ok(result.expect("the work has not panicked"))),
            signal = signals.next() => signal,
        };
        // Some may be of whoever started this one, and never end: another signal does not wait for them.
        while !thread.is_finished() && has_programs() {
            tokio::select! {
                () = sleep(LOOK) => (),
                _ = signals.next() => break,
            }
        }
        Ok(Err(number(signal)))
    })
}

fn has_programs() -> bool {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    !matches!(waitid(WaitId::All, options), Err(Errno::CHILD))
}

fn number(signal: Signal) -> u8 {
    u8::try_from(signal.as_raw()).expect("signals have small numbers")
}

struct Signals {
    interrupt: unix::Signal,
    terminate: unix::Signal,
    /// `None`: whoever has started this process wants it to be ignored.
    hangup: Option<unix::Signal>,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        let hangup = (!hangup_is_ignored()).then(|| unix::signal(SignalKind::hangup()));
        Ok(Self {
            interrupt: unix::signal(SignalKind::interrupt())?,
            terminate: unix::signal(SignalKind::terminate())?,
            hangup: hangup.transpose()?,
        })
    }

    async fn next(&mut self) -> Signal {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => Signal::INT,
            _ = self.terminate.recv() => Signal::TERM,
            _ = hangup => Signal::HUP,
        }
    }

    /// One that is not the same again.
    async fn another(&mut self) {
        let before = Instant::now();
        while before.elapsed() < REPEAT {
            self.next().await;
        }
    }
}
