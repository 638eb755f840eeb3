//! The one build that may run, from its start to its end or until it is no longer wanted.
//!
//! Does not know why.

use std::pin::Pin;
use std::time::{Duration, Instant};

use super::builder::{Build, Ended};
use super::change::During;

/// What goes on.
pub(super) enum Stage {
    Idle,
    Building {
        build: Box<Build>,
        began: Instant,
    },
    /// A build that is no longer wanted ends, with all it has started.
    Killing(Pin<Box<dyn Future<Output = ()>>>),
    /// A build has ended, and what it has written is to be taken for known. `None`: its result is
    /// not wanted.
    Over(Option<Ended>),
}

/// What is to be done next.
pub(super) enum Done {
    /// Nothing runs any more; see [`Stage::Over`].
    Ended(Option<Ended>),
    /// [`Stage::Over`] is the stage, still.
    Over,
}

impl Stage {
    pub(super) fn is_idle(&self) -> bool {
        matches!(self, Self::Idle)
    }

    /// Whether what a build writes may be on its way still.
    pub(super) fn is_building(&self) -> bool {
        !self.is_idle()
    }

    /// Whether files change while something is built.
    pub(super) fn during(&self) -> During {
        match self {
            Self::Idle => During::Nothing,
            Self::Building { .. } | Self::Killing(_) => During::Build,
            Self::Over(_) => During::End,
        }
    }

    /// How long the build has been running.
    pub(super) fn elapsed(&self) -> Option<Duration> {
        match self {
            Self::Building { began, .. } => Some(began.elapsed()),
            _ => None,
        }
    }

    /// Ends a build that runs, and forgets the result of one that has ended.
    pub(super) fn kill(&mut self) {
        *self = match std::mem::replace(self, Self::Idle) {
            Self::Building { build, .. } => Self::Killing(Box::pin(build.kill())),
            Self::Over(_) => Self::Over(None),
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
            Self::Building { build, .. } => Done::Ended(Some(build.wait().await)),
            Self::Killing(end) => {
                end.await;
                Done::Ended(None)
            }
            Self::Over(_) => Done::Over,
        }
    }
}
