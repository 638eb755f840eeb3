//! What a fault is called, depending on whose it is.
//!
//! Does not know who is told.

use std::fmt;

use humantime::format_duration;

use super::Fault;

/// Whose fault it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    Service,
    Plugin,
    /// Of whom a sentence has told already.
    Known,
}

impl Subject {
    fn name(self) -> &'static str {
        match self {
            Self::Service => "the service",
            Self::Plugin => "the plug-in",
            Self::Known => "it",
        }
    }

    /// What it is asked for by calls.
    fn answer(self) -> &'static str {
        match self {
            Self::Service | Self::Known => "response",
            Self::Plugin => "decision",
        }
    }

    /// Its function that is called first.
    pub fn start(self) -> &'static str {
        match self {
            Self::Service | Self::Known => "on-start",
            Self::Plugin => "start",
        }
    }
}

impl Fault {
    /// Its message, with `subject` as the one who failed.
    pub fn of(&self, subject: Subject) -> String {
        let (name, answer) = (subject.name(), subject.answer());
        match self {
            Self::Trapped(reason) => format!("{name} trapped: {reason}"),
            Self::OutOfMemory { limit } => {
                format!("{name} exceeded its memory limit of {limit} bytes")
            }
            Self::OutOfAddressSpace { limit } => {
                format!("the system refused memory for an instance{}", address_space(*limit))
            }
            Self::Exited { status: 0 } => format!("{name} exited, reporting success"),
            Self::Exited { .. } => format!("{name} exited, reporting failure"),
            Self::Interrupted => format!("{name} computed past its deadline and was interrupted"),
            Self::Unresponsive => {
                "every slot is held by a cancelled call that has not returned".to_owned()
            }
            Self::CutOff => format!("{name} did not stop within the grace period and was aborted"),
            Self::Blocked => format!(
                "{name} blocked its instance past a deadline, in a call of WASI such as \
                 `std::thread::sleep`, and was stopped"
            ),
            Self::InvalidResponse(reason) => {
                format!("{name} returned an invalid {answer}: {reason}")
            }
            Self::DeadlineExceeded { limit } => {
                format!("{name} did not answer within {}", format_duration(*limit))
            }
            Self::QueueTimeout { limit } => {
                format!("{name} did not accept the request within {}", format_duration(*limit))
            }
            Self::InstanceLost => {
                "the instance was lost while it worked for another call".to_owned()
            }
            Self::Unavailable => format!("{name} cannot be started again"),
            Self::Saturated => format!("{name} is at capacity"),
            Self::Stopping => format!("{name} is stopping"),
        }
    }
}

/// What may be the reason that memory is refused.
fn address_space(limit: Option<u64>) -> String {
    limit.map_or_else(String::new, |limit| {
        format!("; its limit of address space is {limit} bytes, raise it with `ulimit -v`")
    })
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.of(Subject::Service))
    }
}

impl std::error::Error for Fault {}
