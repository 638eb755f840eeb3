//! The signals that end a service, and which of them are one.

use std::io;
use std::time::{Duration, Instant};

use tokio::signal::unix::{self, SignalKind};

use super::hangup::{Cause, Hangups};
use crate::telemetry::debug;

/// A signal so soon after one that counted is that one again: `timeout` of coreutils signals its child and
/// then the child's group, and wrappers pass on what the terminal has sent to all of them.
pub(crate) const REPEAT: Duration = Duration::from_secs(1);

/// A signal that asks the service to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Signal {
    Hangup,
    Interrupt,
    Terminate,
}

impl Signal {
    /// As `kill` spells it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Hangup => "SIGHUP",
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
        }
    }

    /// As the system numbers it; the same on every Unix.
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Hangup => 1,
            Self::Interrupt => 2,
            Self::Terminate => 15,
        }
    }

    /// The exit status of a process that it ended.
    pub(crate) fn exit_status(self) -> u8 {
        128 + self.number()
    }
}

/// What SIGHUP asks for while there is a terminal, or when there was none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hangup {
    /// To stop, as SIGTERM does.
    Stops,
    /// Something that the director knows of.
    Directs,
}

/// Replaces the default action of the signals by [`Signals::next`].
#[derive(Debug)]
pub(super) struct Signals {
    hangup: Hangup,
    hangups: Hangups,
    interrupt: unix::Signal,
    terminate: unix::Signal,
    counted: Counted,
}

impl Signals {
    pub(super) fn listen(hangup: Hangup) -> io::Result<Self> {
        Ok(Self {
            hangup,
            hangups: Hangups::listen()?,
            interrupt: unix::signal(SignalKind::interrupt())?,
            terminate: unix::signal(SignalKind::terminate())?,
            counted: Counted::default(),
        })
    }

    /// Waits for the next signal that counts.
    ///
    /// # Cancel safety
    /// No signal is lost.
    pub(super) async fn next(&mut self) -> Signal {
        loop {
            let signal = self.any().await;
            if self.counted.count(signal, Instant::now()) {
                return signal;
            }
            debug!(SignalIgnored, signal = signal.name(), "the service is already stopping");
        }
    }

    async fn any(&mut self) -> Signal {
        let Self { hangup, hangups, .. } = self;
        let hangup = async {
            loop {
                let cause = hangups.next().await;
                if *hangup == Hangup::Stops || cause == Cause::TerminalGone {
                    return;
                }
            }
        };
        tokio::select! {
            Some(()) = self.interrupt.recv() => Signal::Interrupt,
            Some(()) = self.terminate.recv() => Signal::Terminate,
            () = hangup => Signal::Hangup,
            else => std::future::pending().await,
        }
    }
}

/// When a signal last counted.
#[derive(Debug, Default)]
struct Counted(Option<Instant>);

impl Counted {
    /// Whether a signal counts.
    ///
    /// SIGHUP does for a service that is not told to stop yet: whoever closes the terminal does not ask for
    /// more than that.
    fn count(&mut self, signal: Signal, now: Instant) -> bool {
        let counts = match self.0 {
            None => true,
            Some(before) => signal != Signal::Hangup && now.duration_since(before) >= REPEAT,
        };
        if counts {
            self.0 = Some(now);
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::{Counted, REPEAT, Signal};
    use std::time::{Duration, Instant};

    /// A moment shorter than [`REPEAT`].
    const JUST_NOT: Duration = Duration::from_millis(999);

    #[test]
    fn signals_in_one_moment_are_one_whichever_they_are() {
        for second in [Signal::Interrupt, Signal::Terminate] {
            let mut counted = Counted::default();
            let begin = Instant::now();

            assert!(counted.count(Signal::Terminate, begin));
            assert!(!counted.count(second, begin));
            assert!(!counted.count(second, begin + JUST_NOT));
            // The moment does not begin anew with each of them.
            assert!(counted.count(second, begin + REPEAT));
            assert!(!counted.count(second, begin + REPEAT + JUST_NOT));
            assert!(counted.count(second, begin + 2 * REPEAT));
        }
    }

    #[test]
    fn the_end_of_the_terminal_asks_for_no_more_than_a_stop() {
        let mut counted = Counted::default();
        let begin = Instant::now();

        assert!(counted.count(Signal::Hangup, begin));
        assert!(!counted.count(Signal::Hangup, begin + 2 * REPEAT));
        assert!(counted.count(Signal::Interrupt, begin + 2 * REPEAT));
    }
}
