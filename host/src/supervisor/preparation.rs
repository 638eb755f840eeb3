//! A version on its way to serving: compiled on a thread of its own, so that signals are heard, then
//! started.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::oneshot;

use super::Refusal;
use crate::call::Subject;
use crate::definition::{Definition, Kind, Position};
use crate::lifecycle::{
    LoadError, Loaded, Loader, Service, StartError, Starting, StartingExtensions,
};
use crate::observe::Monitor;
use crate::telemetry::{Logger, info, inheriting};
use crate::text::on_one_line;

/// How far it has come.
#[derive(Debug)]
pub(super) enum Progress {
    Loading(oneshot::Receiver<Result<Loaded, LoadError>>),
    /// Waits for versions that are on their way out.
    Loaded(Box<Loaded>),
    /// Its features and kinds start.
    StartingExtensions(Box<StartingExtensions>),
    Starting(Box<Starting>),
}

/// A version that is to serve.
#[derive(Debug)]
pub(super) struct Preparation {
    pub(super) definition: Arc<Definition>,
    pub(super) progress: Progress,
    pub(super) began: Instant,
}

impl Preparation {
    /// `is_first`: whether the loader has not loaded anything yet.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub(super) fn begin(
        definition: Arc<Definition>,
        logger: Logger,
        monitor: Monitor,
        loader: Loader,
        is_first: bool,
    ) -> Result<Self, Refusal> {
        let (sender, receiver) = oneshot::channel();
        let loading = definition.clone();
        let load = move || {
            if !is_first {
                give_way();
            }
            let result = loader.load(loading.clone(), logger, monitor);
            let is_cached = result.as_ref().is_ok_and(Loaded::is_cached);
            // A supervisor that was told to stop, or has another version to load, does not wait.
            let _ = sender.send(result);
            if is_cached && is_first {
                loader.prepare_for_next(&loading);
            }
        };
        std::thread::Builder::new()
            .name("build".to_owned())
            .spawn(inheriting(load))
            .map_err(|error| of_load(&LoadError::Thread(error)))?;
        let progress = Progress::Loading(receiver);
        Ok(Self { definition, progress, began: Instant::now() })
    }

    /// Resolves when there is something to do for [`Preparation::advance`].
    ///
    /// # Cancel safety
    /// Can be called again.
    pub(super) async fn progress(&mut self, has_room: bool) -> Result<(), Refusal> {
        match &mut self.progress {
            Progress::Loading(receiver) => {
                let loaded = match receiver.await {
                    Ok(Ok(loaded)) => loaded,
                    Ok(Err(error)) => return Err(of_load(&error)),
                    Err(_) => {
                        return Err(Refusal::new("the thread that compiles has panicked", None));
                    }
                };
                self.progress = Progress::Loaded(Box::new(loaded));
                Ok(())
            }
            Progress::Loaded(_) if has_room => Ok(()),
            Progress::Loaded(_) => std::future::pending().await,
            Progress::StartingExtensions(starting) => {
                let ready = starting.ready().await;
                ready.map_err(|error| of_start(&error, &self.definition))
            }
            Progress::Starting(starting) => {
                let ready = starting.ready().await;
                ready.map_err(|error| of_start(&error, &self.definition))
            }
        }
    }

    /// Whether it is to be started and may not.
    pub(super) fn is_waiting(&self) -> bool {
        matches!(self.progress, Progress::Loaded(_))
    }

    /// Takes the next step: starts what is loaded, and gives back what has started.
    pub(super) fn advance(self, service: &mut Service) -> Result<Advanced, Refusal> {
        let Self { definition, progress, began } = self;
        let progress = match progress {
            Progress::Loaded(loaded) if service.has_room() => {
                info!(FeaturesStarting, "starting features");
                let starting = service.start_extensions(*loaded);
                let starting = starting.map_err(|error| of_start(&error, &definition))?;
                Progress::StartingExtensions(Box::new(starting))
            }
            Progress::StartingExtensions(starting) => {
                let started = service.start(*starting);
                let starting = started.map_err(|error| of_start(&error, &definition))?;
                Progress::Starting(Box::new(starting))
            }
            Progress::Starting(starting) => {
                return Ok(Advanced::Ready { starting, began });
            }
            progress => progress,
        };
        Ok(Advanced::Further(Self { definition, progress, began }))
    }
}

/// Lets the threads that serve go first on a busy processor: this one gets a tenth of it then.
fn give_way() {
    // Only there it is about the thread and not about the whole process. Where it is refused, requests
    // are slower while a version is prepared.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::nice(10);
}

/// What a step led to.
pub(super) enum Advanced {
    Further(Preparation),
    /// `on-start` has returned everywhere.
    Ready {
        starting: Box<Starting>,
        began: Instant,
    },
}

fn of_load(error: &LoadError) -> Refusal {
    Refusal::new(on_one_line(error), error.help())
}

fn of_start(error: &StartError, definition: &Definition) -> Refusal {
    let mut message = error.to_string();
    if let Some(places) = settings_of(error, definition) {
        message = format!("{}: {message}", places.join(", "));
    }
    let mut refusal = Refusal::new(message, error.help());
    if let StartError::Instance(failure) | StartError::Plugin { failure, .. } = error {
        refusal.attributes = failure.attributes(definition.log.stack_trace, Subject::Service);
        // The refusal has its own.
        refusal.attributes.shift_remove("error.message");
    }
    refusal
}

/// Where in the file the settings are that a feature or a kind does not start with.
fn settings_of(error: &StartError, definition: &Definition) -> Option<Vec<String>> {
    let (name, paths) = match error {
        StartError::Extension(unstarted) => (&unstarted.name, vec![unstarted.setting.as_deref()?]),
        StartError::Plugin { name, failure } => (name, failure.settings()?),
        _ => return None,
    };
    let feature = definition.features.iter().find(|feature| feature.name == *name);
    let kinds = definition.kinds.iter().filter_map(|kind| match kind {
        Kind::Custom(custom) if custom.name == *name => Some(&custom.places),
        _ => None,
    });
    let places = feature.map(|feature| &feature.places).into_iter().chain(kinds).next()?;
    let place = |path: &str| {
        let Position { line, column } = places.of(path);
        format!("{}:{line}:{column}", definition.path.display())
    };
    Some(paths.into_iter().map(place).collect())
}
