//! The host and a native server, side by side on one processor.
//!
//! Does not know what is asked of them, nor what the native one is made of.

use std::io;

use tokio::process::Command;

use super::NATIVE;
use super::guest::Guest;
use super::load::{LoadError, Shape};
use super::processors::Processors;
use super::rounds::{self, Extent, Turn};
use super::sample::Sample;
use super::server::{self, LaunchError, Server};

/// Who takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Contender {
    Host,
    Native,
}

impl Contender {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Host => "mikros-host",
            Self::Native => NATIVE,
        }
    }

    /// Starts it and waits until it says where it listens.
    pub(crate) async fn launch(
        self,
        processors: &Processors,
        guest: &Guest,
    ) -> Result<Server, LaunchError> {
        let command = self.command(guest);
        let failed = |source| LaunchError::Spawn { server: self.name(), source };
        Server::launch(self.name(), &mut command.map_err(failed)?, processors).await
    }

    fn command(self, guest: &Guest) -> io::Result<Command> {
        Ok(match self {
            Self::Host => server::host(&guest.definition, &guest.cache),
            Self::Native => {
                let mut command = Command::new(std::env::current_exe()?);
                command.arg("--serve").env_clear();
                command
            }
        })
    }
}

/// Both contenders.
#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) host: Server,
    pub(crate) native: Server,
}

impl Pair {
    pub(crate) async fn launch(
        processors: &Processors,
        guest: &Guest,
    ) -> Result<Self, LaunchError> {
        Ok(Self {
            host: Contender::Host.launch(processors, guest).await?,
            native: Contender::Native.launch(processors, guest).await?,
        })
    }

    /// Lets both take turns; `tell` hears of each round when it is over.
    pub(crate) async fn compare(
        &self,
        shape: &impl Shape,
        extent: &Extent,
        tell: impl Fn(usize, &Both<Turn>),
    ) -> Result<Throughput, LoadError> {
        let mut rounds = Vec::with_capacity(extent.rounds);
        let latencies = rounds::run([&self.host, &self.native], shape, extent, |number, round| {
            let round = Both::from(round);
            tell(number, &round);
            rounds.push(round);
        });
        Ok(Throughput { latencies: latencies.await?.into(), rounds })
    }
}

/// One thing of each contender.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Both<T> {
    pub(crate) host: T,
    pub(crate) native: T,
}

impl<T> From<[T; 2]> for Both<T> {
    fn from([host, native]: [T; 2]) -> Self {
        Self { host, native }
    }
}

/// What both did in all rounds.
#[derive(Debug)]
pub(crate) struct Throughput {
    pub(crate) rounds: Vec<Both<Turn>>,
    /// Of all answers, in microseconds.
    pub(crate) latencies: Both<Sample>,
}
