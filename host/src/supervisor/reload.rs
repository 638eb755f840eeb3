//! The director of a service in production: SIGHUP lets it read its definition and component again.
//! Nothing is built.

use std::io;
use std::path::PathBuf;

use serde_json::Value;
use tokio::signal::unix::{self, SignalKind};
use tracing::info;

use super::{Demand, Director, News, Refusal};
use crate::definition::{Definition, Variables};
use crate::telemetry::{Attributes, HostLog, Level};

/// Serves what its files say, as of the last time it was told to look.
#[derive(Debug)]
pub struct Reload {
    path: PathBuf,
    variables: Variables,
    hangup: unix::Signal,
    log: HostLog,
}

impl Reload {
    /// `path` is the `service.toml`, `variables` what it is read with.
    ///
    /// # Errors
    /// When the signal cannot be handled.
    pub fn new(path: PathBuf, variables: Variables, log: HostLog) -> io::Result<Self> {
        let hangup = unix::signal(SignalKind::hangup())?;
        Ok(Self { path, variables, hangup, log })
    }

    fn report(&self, refusal: &Refusal) {
        let message = "could not replace service, the version that serves goes on";
        self.log.current().log(Level::Error, message, &refusal.fields(), &Attributes::new());
    }
}

impl Director for Reload {
    async fn next(&mut self) -> Demand {
        loop {
            if self.hangup.recv().await.is_none() {
                return std::future::pending().await;
            }
            info!(signal = "SIGHUP", "reading the definition again");
            match Definition::load(&self.path, &self.variables) {
                Ok(definition) => return Demand::Serve(Box::new(definition)),
                Err(error) => {
                    let mut refusal = Refusal::new(super::with_source(&error), error.help());
                    let path = Value::from(self.path.display().to_string());
                    refusal.attributes.insert("path".to_owned(), path);
                    self.report(&refusal);
                }
            }
        }
    }

    fn tell(&mut self, news: News<'_>) {
        match news {
            News::Refused(refusal) => self.report(refusal),
            News::Left { version, stopped } => info!(
                replaced.version = version,
                in_order = stopped.in_order,
                "previous version stopped"
            ),
            // The log says these by itself.
            News::Serving { .. } | News::Ended { .. } => (),
        }
    }

    fn perseveres(&self) -> bool {
        false
    }
}
