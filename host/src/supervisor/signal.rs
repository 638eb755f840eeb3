//! The signals that end a service.

use std::io;

use tokio::signal::unix::{self, SignalKind};

/// A signal that asks the service to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    Hangup,
    Interrupt,
    Terminate,
}

impl Signal {
    /// As `kill` spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hangup => "SIGHUP",
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
        }
    }

    /// As the system numbers it; the same on every Unix.
    pub fn number(self) -> u8 {
        match self {
            Self::Hangup => 1,
            Self::Interrupt => 2,
            Self::Terminate => 15,
        }
    }
}

/// What the end of the terminal, or whoever else sends SIGHUP, asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hangup {
    /// To stop, as SIGTERM does.
    Stops,
    /// Something that the director knows of.
    Directs,
}

/// Replaces the default action of the signals by [`Signals::next`].
#[derive(Debug)]
pub(super) struct Signals {
    hangup: Option<unix::Signal>,
    interrupt: unix::Signal,
    terminate: unix::Signal,
}

impl Signals {
    pub(super) fn listen(hangup: Hangup) -> io::Result<Self> {
        let hangup = match hangup {
            Hangup::Stops => Some(unix::signal(SignalKind::hangup())?),
            Hangup::Directs => None,
        };
        Ok(Self {
            hangup,
            interrupt: unix::signal(SignalKind::interrupt())?,
            terminate: unix::signal(SignalKind::terminate())?,
        })
    }

    /// Waits for the next signal.
    ///
    /// # Cancel safety
    /// No signal is lost.
    pub(super) async fn next(&mut self) -> Signal {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => None,
            }
        };
        tokio::select! {
            Some(()) = self.interrupt.recv() => Signal::Interrupt,
            Some(()) = self.terminate.recv() => Signal::Terminate,
            Some(()) = hangup => Signal::Hangup,
            else => std::future::pending().await,
        }
    }
}
