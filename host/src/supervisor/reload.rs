//! The director of a service in production: SIGHUP lets it read its definition and component again, and so
//! does a change of these files, if that is wanted. Nothing is built.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::hangup::{Cause, Hangups};
use super::{Demand, Director, Refusal, ServiceEvent};
use crate::definition::{Definition, LoadContext};
use crate::telemetry::{Attributes, Event, HostLog, Level, info, warn};
use crate::text::on_one_line;
use crate::watch::{StartWatchError, Watch, WatchedPath};

/// Serves what its files say, as of the last time it was told to look.
#[derive(Debug)]
pub(crate) struct Reload {
    path: PathBuf,
    context: LoadContext,
    hangups: Hangups,
    watch: Option<Watch>,
    /// As the definition said when it was last valid.
    components: Vec<PathBuf>,
    /// Whether it is time to look.
    looks: bool,
    log: HostLog,
}

impl Reload {
    /// `path` is the `service.toml`, `context` what it is read with.
    ///
    /// # Errors
    /// When the signal cannot be handled.
    pub(crate) fn new(path: PathBuf, context: LoadContext, log: HostLog) -> io::Result<Self> {
        let hangups = Hangups::listen()?;
        let components = Vec::new();
        Ok(Self { path, context, hangups, watch: None, components, looks: false, log })
    }

    /// Looks also when the definition or a component changes, that of a feature included.
    ///
    /// `polls`: see [`Watch::start`].
    ///
    /// # Errors
    /// When files cannot be watched at all.
    pub(crate) async fn watching(mut self, polls: bool) -> Result<Self, StartWatchError> {
        let definition = Definition::load(&self.path, &self.context);
        self.components = definition.map(|definition| components(&definition)).unwrap_or_default();
        self.watch = Some(Watch::start(self.places(), polls).await?);
        self.warn_of_limitations();
        Ok(self)
    }

    fn places(&self) -> Vec<WatchedPath> {
        std::iter::once(&self.path)
            .chain(&self.components)
            .map(|path| WatchedPath::File(path.clone()))
            .collect()
    }

    /// Waits for a reason to look.
    async fn reason(&mut self) {
        let changes = async {
            match &mut self.watch {
                Some(watch) => watch.changed().await,
                None => std::future::pending().await,
            }
        };
        let request = async {
            // The end of the terminal is that of the service: the supervisor sees to it.
            while self.hangups.next().await != Cause::Request {}
        };
        let changes = tokio::select! {
            () = request => {
                return info!(ReloadStarted, signal = "SIGHUP", "reading the definition again");
            }
            changes = changes => changes,
        };
        info!(ReloadStarted, %changes, "reading the definition again");
        self.warn_of_limitations();
    }

    /// Other components may be the ones to watch.
    async fn follow(&mut self, definition: &Definition) {
        let components = components(definition);
        if self.watch.is_none() || self.components == components {
            return;
        }
        self.components = components;
        let places = self.places();
        if let Some(watch) = &mut self.watch {
            watch.set(places).await;
        }
        self.warn_of_limitations();
    }

    fn warn_of_limitations(&mut self) {
        for limitation in self.watch.iter_mut().flat_map(Watch::limitations) {
            if limitation.is_no_loss() {
                info!(WatchLimited, "{limitation}");
            } else {
                warn!(WatchLimited, help = limitation.help(), "{limitation}");
            }
        }
    }

    /// Reads the definition; says so when it cannot be served.
    fn read(&self) -> Option<Box<Definition>> {
        match Definition::load(&self.path, &self.context) {
            Ok(definition) => Some(Box::new(definition)),
            Err(error) => {
                let mut refusal = Refusal::new(on_one_line(&error), error.help_while_serving());
                let path = Value::from(self.path.display().to_string());
                refusal.attributes.insert("path".to_owned(), path);
                self.report(&refusal);
                None
            }
        }
    }

    fn report(&self, refusal: &Refusal) {
        let message = "could not replace service, the version that serves goes on";
        let log = self.log.current();
        log.event(Event::SwapFailed).log(
            Level::Error,
            message,
            &refusal.fields(),
            &Attributes::new(),
        );
    }
}

impl Director for Reload {
    async fn next(&mut self) -> Demand {
        loop {
            if !self.looks {
                self.reason().await;
                // Whoever drops this future from here on finds that it is time to look.
                self.looks = true;
            }
            if let Some(definition) = self.read() {
                self.follow(&definition).await;
                self.looks = false;
                return Demand::Serve(definition);
            }
            self.looks = false;
        }
    }

    fn notify(&mut self, event: ServiceEvent<'_>) {
        match event {
            ServiceEvent::Refused(refusal) => self.report(refusal),
            ServiceEvent::Left { version, stopped } => info!(
                VersionStopped,
                replaced.version = version,
                in_order = stopped.in_order,
                "previous version stopped"
            ),
            ServiceEvent::Waiting { count } => info!(
                SwapWaiting,
                leaving = count,
                "waiting for a previous version to end before the next one starts"
            ),
            // The log says these by itself.
            ServiceEvent::Serving { .. }
            | ServiceEvent::Stopping { .. }
            | ServiceEvent::Ended { .. } => (),
        }
    }

    fn perseveres(&self) -> bool {
        false
    }
}

fn components(definition: &Definition) -> Vec<PathBuf> {
    definition.components().map(Path::to_owned).collect()
}
