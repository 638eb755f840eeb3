//! The one build that may run, from its start to its end or until it is no longer wanted.
//!
//! Does not know why.

use std::pin::Pin;
use std::time::{Duration, Instant};

use super::builder::{Build, Ended};

/// What goes on.
pub(super) enum Stage {
    Idle,
    Building {
        build: Box<Build>,
        began: Instant,
    },
    /// A build that is no longer wanted ends, with all it has started.
    Killing(Pin<Box<dyn Future<Output = ()>>>),
    /// A build has succeeded; what it has written is not news.
    Built(Duration),
}

/// What came of it.
pub(super) enum Done {
    Built(Ended),
    Killed,
    /// The component may be served.
    Known(Duration),
}

impl Stage {
    pub(super) fn is_idle(&self) -> bool {
        matches!(self, Self::Idle)
    }

    pub(super) fn is_building(&self) -> bool {
        matches!(self, Self::Building { .. } | Self::Killing(_))
    }

    /// How long the build has been running.
    pub(super) fn elapsed(&self) -> Option<Duration> {
        match self {
            Self::Building { began, .. } => Some(began.elapsed()),
            _ => None,
        }
    }

    /// Ends a build that runs.
    pub(super) fn kill(&mut self) {
        *self = match std::mem::replace(self, Self::Idle) {
            Self::Building { build, .. } => Self::Killing(Box::pin(build.kill())),
            Self::Built(_) => Self::Idle,
            other => other,
        };
    }

    /// Resolves when what goes on is over; never when nothing does. What comes next has to be set.
    ///
    /// # Cancel safety
    /// Can be called again.
    pub(super) async fn done(&mut self) -> Done {
        match self {
            Self::Idle => std::future::pending().await,
            Self::Building { build, .. } => Done::Built(build.wait().await),
            Self::Killing(end) => {
                end.await;
                Done::Killed
            }
            Self::Built(after) => Done::Known(*after),
        }
    }
}
