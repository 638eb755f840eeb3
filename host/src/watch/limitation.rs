//! What the user should know about files whose changes are noticed late or not at all.
//!
//! Does not know when it happens.

use std::io;
use std::path::PathBuf;

use super::filesystem::Silence;
use super::observer::POLL_INTERVAL;
use super::snapshot::{MOST_DIRECTORIES, MOST_FILES};

/// Something is not watched as it ought to be. A warning: all is in its message.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Limitation {
    #[error(
        "files are checked for changes every {} s only: this system's limit of watched directories is reached",
        POLL_INTERVAL.as_secs()
    )]
    NoMoreWatches,
    #[error(
        "files are checked for changes every {} s only: this system does not tell about them: {reason}",
        POLL_INTERVAL.as_secs()
    )]
    NoEvents { reason: io::Error },
    #[error(
        "files are checked for changes every {} s only: this system does not tell about them in `{}`: {reason}",
        POLL_INTERVAL.as_secs(),
        directory.display()
    )]
    Unwatchable { directory: PathBuf, reason: io::Error },
    /// Events come as well, for what is changed on this machine.
    #[error(
        "files are also checked for changes every {} s: `{}` is {silence}",
        POLL_INTERVAL.as_secs(),
        silence.path.display()
    )]
    Silent { silence: Silence },
    #[error("files are checked for changes every {} s, as configured", POLL_INTERVAL.as_secs())]
    Asked,
    #[error(
        "changes of some files are not noticed: what is watched has more than {MOST_DIRECTORIES} directories"
    )]
    TooManyDirectories,
    #[error(
        "changes of some files are not noticed: what is watched has more than {MOST_FILES} files"
    )]
    TooManyFiles,
}

impl Limitation {
    /// Whether all changes are noticed as soon as can be expected.
    pub(crate) fn is_no_loss(&self) -> bool {
        matches!(self, Self::Silent { .. } | Self::Asked)
    }

    /// What to do about it, when that is known.
    pub(crate) fn help(&self) -> Option<&'static str> {
        match self {
            Self::NoMoreWatches => Some("raise it: `sysctl fs.inotify.max_user_watches=524288`"),
            Self::NoEvents { reason } if is_out_of_instances(reason) => {
                Some("raise the limit: `sysctl fs.inotify.max_user_instances=1024`")
            }
            Self::NoEvents { .. }
            | Self::Unwatchable { .. }
            | Self::Silent { .. }
            | Self::Asked => None,
            Self::TooManyDirectories | Self::TooManyFiles => {
                Some("name what is worth watching: `watch = [\"src\"]` in `[host.dev]`")
            }
        }
    }
}

/// What inotify says when the user has too many of its instances, or the process too many files.
fn is_out_of_instances(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::MFILE.raw_os_error())
}
