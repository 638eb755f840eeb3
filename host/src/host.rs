//! The host as a library: a binary of one's own with further features and kinds.

use std::process::ExitCode;
use std::sync::Arc;

use crate::cli::{Cli, ProcessEnv};
use crate::commands;
use crate::definition::Catalogue;
use crate::extension::{AnyFeature, AnyKind, Duplicate, Extensions, Feature, Kind};
use crate::features;
use crate::kinds;
use crate::report::{Report, Status, tell};

/// A host: everything that `mikros-host` can do, with further features and kinds.
///
/// ```no_run
/// use std::process::ExitCode;
///
/// use mikros_host::Host;
///
/// fn main() -> ExitCode {
///     Host::builder().run()
/// }
/// ```
#[derive(Debug)]
pub struct Host {
    extensions: Arc<Extensions>,
}

impl Host {
    /// A host with all that is shipped.
    pub fn builder() -> Builder {
        Builder { features: features::shipped(), kinds: kinds::shipped() }
    }

    /// What `service.toml` may say of its features and kinds.
    pub fn catalogue(&self) -> &Arc<Catalogue> {
        self.extensions.catalogue()
    }

    /// Does what was typed on the command line, as `mikros-host` does, and gives back its exit status.
    pub fn run(self) -> ExitCode {
        match commands::run(Cli::of_process(), &ProcessEnv::of_process(self.extensions)) {
            Ok(status) => status.into(),
            Err(error) => {
                tell(Report::new(&error, error.help()));
                error.status().into()
            }
        }
    }
}

/// Puts a [`Host`] together.
pub struct Builder {
    features: Vec<Box<dyn AnyFeature>>,
    kinds: Vec<Box<dyn AnyKind>>,
}

impl Builder {
    /// Adds a feature, which services enable with `[features.<name>] enabled = true`.
    #[must_use]
    pub fn feature(mut self, feature: impl Feature) -> Self {
        self.features.push(Box::new(feature));
        self
    }

    /// Adds a kind, which services name in `types`.
    #[must_use]
    pub fn kind(mut self, kind: impl Kind) -> Self {
        self.kinds.push(Box::new(kind));
        self
    }

    /// The host; `run` does the same and runs it.
    ///
    /// # Errors
    /// When two features, or two kinds, have the same name.
    pub fn build(self) -> Result<Host, Duplicate> {
        let extensions = Extensions::new(self.features, self.kinds)?;
        Ok(Host { extensions: Arc::new(extensions) })
    }

    /// Runs the host that was put together, as [`Host::run`]. A name that comes twice is told on standard
    /// error.
    pub fn run(self) -> ExitCode {
        match self.build() {
            Ok(host) => host.run(),
            Err(error) => {
                tell(Report::new(&error, Some("give one of them another name")));
                Status::Failure.into()
            }
        }
    }
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
