//! `[services.consumer]`: what may be written there, and what is wrong with it.
//!
//! Does not know whether the directories exist: that may change until the service starts.

use std::num::NonZeroU16;
use std::path::PathBuf;
use std::time::Duration;

use mikros_host::extension::{ExtensionSettings, HumanDuration, HumanSize, ValidationErrors};
use mikros_host::schemars::{self, JsonSchema};
use serde::Deserialize;

/// Least time between two looks into the directory.
const LEAST_INTERVAL: Duration = Duration::from_millis(10);
const LONGEST: Duration = Duration::from_hours(24);
/// Largest message that may be allowed: on its way into the guest it takes dozens of times its length.
const LARGEST_MESSAGE: u64 = 16 * 1024 * 1024;

/// Where messages come from, and on which terms they are handled.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(crate = "schemars")]
pub(crate) struct Settings {
    /// Where messages arrive, each a file, relative to `service.toml`. Files whose names begin with a dot are none:
    /// producers write these, and rename them when they are complete.
    pub(super) directory: PathBuf,
    /// Where messages go that could not be handled. On the same file system as `directory`.
    pub(super) dead_letter: PathBuf,
    /// How many messages are handled at a time. With 1 they follow each other in the order of their names.
    #[serde(default = "one")]
    pub(super) concurrency: NonZeroU16,
    /// How often a message that has failed is handled again before it becomes a dead letter.
    #[serde(default = "three")]
    pub(super) retries: u32,
    /// How long it rests at least before that; others are handled meanwhile. At most `24h`.
    #[serde(default = "five_seconds")]
    pub(super) retry_delay: HumanDuration,
    /// How often the directory is looked at while there is nothing to do. From `10ms` to `24h`.
    #[serde(default = "one_second")]
    pub(super) poll_interval: HumanDuration,
    /// Larger messages become dead letters at once. At most `16MiB`.
    #[serde(default = "one_mebibyte")]
    pub(super) max_size: HumanSize,
}

fn one() -> NonZeroU16 {
    NonZeroU16::MIN
}

fn three() -> u32 {
    3
}

fn five_seconds() -> HumanDuration {
    HumanDuration(Duration::from_secs(5))
}

fn one_second() -> HumanDuration {
    HumanDuration(Duration::from_secs(1))
}

fn one_mebibyte() -> HumanSize {
    HumanSize(1024 * 1024)
}

/// What the types above cannot say.
impl ExtensionSettings for Settings {
    fn check(&self, errors: &mut ValidationErrors<'_>) {
        for (key, path) in [("directory", &self.directory), ("dead_letter", &self.dead_letter)] {
            if path.as_os_str().is_empty() {
                errors.note(key, "must not be empty");
            }
        }
        let directory = errors.directory();
        if directory.join(&self.directory) == directory.join(&self.dead_letter) {
            errors.note("dead_letter", "must be another directory than `directory`");
        }
        if self.retry_delay.0 > LONGEST {
            errors.note("retry_delay", "must be at most `24h`");
        }
        if !(LEAST_INTERVAL..=LONGEST).contains(&self.poll_interval.0) {
            errors.note("poll_interval", "must be from `10ms` to `24h`");
        }
        if !(1..=LARGEST_MESSAGE).contains(&self.max_size.0) {
            errors.note("max_size", "must be from `1B` to `16MiB`");
        }
    }
}
