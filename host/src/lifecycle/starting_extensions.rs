//! The start of a version's features and kinds, one after the other, before its own guests and sockets.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{FutureExt, LocalBoxFuture};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, timeout};

use super::StartError;
use super::assembly::Module;
use super::end::Stopped;
use super::kinds::PreparedKind;
use super::load::{Loaded, identity};
use super::running_extensions::{Equipped, Running, RunningExtensions, RunningPlugin};
use super::service::Service;
use super::start::instances;
use super::threads::{ThreadCommand, WorkerThreads};
use crate::capability::{ClientGrants, Grants, HealthOverrides, Shared, Stopping};
use crate::client::local::LocalServices;
use crate::definition::{CustomKind, Definition, Feature, FeatureSource, Kind, Port, Stage};
use crate::extension::{
    AnyFeature, AnyRunningFeature, AnyRunningKind, ExtensionError, Extensions, Start,
};
use crate::guest::{self, WorkerConfig, Workers};
use crate::observe::ObserveContext;
use crate::plugin::Plugin;
use crate::telemetry::warn;

/// Longest wait for an instance of a plug-in that replaces a lost one. All requests wait for it, so it is far
/// below any `call_timeout`; the price is that ten instances a second may be built in vain.
const LONGEST_DELAY: Duration = Duration::from_millis(100);

/// A version whose features and kinds start.
pub(crate) struct StartingExtensions {
    pub(super) loaded: Loaded,
    threads: WorkerThreads,
    tasks: VecDeque<Task>,
    current: Option<Current>,
    pub(super) running: RunningExtensions,
}

/// What is started next, by its index.
#[derive(Debug, Clone, Copy)]
enum Task {
    Feature(usize),
    Kind(usize),
}

/// What is being started.
enum Current {
    Feature(usize, LocalBoxFuture<'static, Result<Arc<dyn AnyRunningFeature>, StartError>>),
    Plugin(String),
    Kind(usize, LocalBoxFuture<'static, Result<Box<dyn AnyRunningKind>, StartError>>),
}

impl std::fmt::Debug for StartingExtensions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StartingExtensions").field("running", &self.running).finish_non_exhaustive()
    }
}

impl Service {
    /// Begins to start the features and kinds of a version. The version that serves goes on.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub(crate) fn start_extensions(
        &mut self,
        loaded: Loaded,
    ) -> Result<StartingExtensions, StartError> {
        let definition = &loaded.definition;
        for module in loaded.modules.iter().filter(|module| module.is_idle) {
            let provided: Vec<_> = module.provided.iter().map(|p| p.interface.as_str()).collect();
            warn!(
                FeatureUnused,
                feature = module.name,
                provides = provided.join(" "),
                "a feature has no effect: the service imports nothing that it provides"
            );
        }
        self.threads.grow(instances(definition.host.instances)).map_err(StartError::Thread)?;
        let enabled = definition.features.iter().enumerate().filter(|(_, f)| f.is_enabled);
        let features = enabled.map(|(index, _)| Task::Feature(index));
        let is_custom = |kind: &Kind| matches!(kind, Kind::Custom(_));
        let kinds = definition.kinds.iter().enumerate().filter(|(_, kind)| is_custom(kind));
        let tasks = features.chain(kinds.map(|(index, _)| Task::Kind(index))).collect();
        let (threads, running) = (self.threads.clone(), RunningExtensions::default());
        Ok(StartingExtensions { loaded, threads, tasks, current: None, running })
    }
}

impl StartingExtensions {
    /// Resolves when all have started.
    ///
    /// # Errors
    /// The first one that does not start decides; the others are still there for
    /// [`StartingExtensions::abandon`].
    ///
    /// # Cancel safety
    /// Can be called again.
    pub(crate) async fn ready(&mut self) -> Result<(), StartError> {
        loop {
            match &mut self.current {
                Some(Current::Feature(index, start)) => {
                    let (index, running) = (*index, start.await?);
                    self.current = None;
                    self.add(index, running);
                }
                Some(Current::Plugin(name)) => {
                    if let Some(plugin) = self.running.last_plugin() {
                        let ready = plugin.ready().await;
                        ready.map_err(|failure| StartError::Plugin {
                            name: name.clone(),
                            failure: Box::new(failure),
                        })?;
                    }
                    self.current = None;
                }
                Some(Current::Kind(index, start)) => {
                    let (index, running) = (*index, start.await?);
                    self.current = None;
                    let name = self.loaded.definition.kinds[index].name();
                    let kind = PreparedKind::new(name, running).map_err(StartError::Thread)?;
                    self.running.kinds.push(kind);
                }
                None => match self.tasks.pop_front() {
                    None => return Ok(()),
                    Some(task) => self.current = Some(self.begin(task)),
                },
            }
        }
    }

    /// Takes back what was started.
    pub(crate) async fn abandon(self, limit: Duration) -> Stopped {
        let Self { mut running, current, .. } = self;
        drop(current);
        let in_order = running.end(Instant::now() + limit).await;
        Stopped { in_order, requests_cut: 0 }
    }

    fn begin(&mut self, task: Task) -> Current {
        let definition = self.loaded.definition.clone();
        match task {
            Task::Feature(index) => {
                let feature = &definition.features[index];
                match self.loaded.modules.iter().position(|module| module.name == feature.name) {
                    Some(module) => {
                        self.add_plugin(feature, module);
                        Current::Plugin(feature.name.clone())
                    }
                    None => Current::Feature(index, self.start_feature(definition, index)),
                }
            }
            Task::Kind(index) => Current::Kind(index, self.start_kind(definition, index)),
        }
    }

    fn start_feature(
        &self,
        definition: Arc<Definition>,
        index: usize,
    ) -> LocalBoxFuture<'static, Result<Arc<dyn AnyRunningFeature>, StartError>> {
        let (extensions, start) = (self.loaded.extensions.clone(), self.start(None));
        async move {
            let feature = &definition.features[index];
            let FeatureSource::Native(settings) = &feature.source else {
                return Err(absent("feature", &feature.name));
            };
            let Some(native) = extensions.feature(&feature.name) else {
                return Err(absent("feature", &feature.name));
            };
            let started = native.start(settings.0.clone(), start);
            in_time(&definition, "feature", &feature.name, started).await
        }
        .boxed_local()
    }

    fn start_kind(
        &self,
        definition: Arc<Definition>,
        index: usize,
    ) -> LocalBoxFuture<'static, Result<Box<dyn AnyRunningKind>, StartError>> {
        let port = match &definition.kinds[index] {
            Kind::Custom(CustomKind { port, .. }) => port.clone(),
            _ => None,
        };
        let (extensions, start): (Arc<Extensions>, _) =
            (self.loaded.extensions.clone(), self.start(port));
        async move {
            let Kind::Custom(CustomKind { name, settings, .. }) = &definition.kinds[index] else {
                return Err(absent("kind", definition.kinds[index].name()));
            };
            let Some(kind) = extensions.kind(name) else { return Err(absent("kind", name)) };
            let started = kind.start(settings.0.clone(), start);
            in_time(&definition, "kind", name, started).await
        }
        .boxed_local()
    }

    fn start(&self, port: Option<Port>) -> Start {
        let definition = &self.loaded.definition;
        let directory = definition.path.parent().unwrap_or_else(|| "".as_ref());
        Start {
            service: definition.identity.name.clone(),
            deployment: definition.environment.deployment.as_str(),
            directory: directory.to_owned(),
            tracker_header: self.loaded.request_id_header(),
            logger: self.loaded.logger.clone(),
            monitor: self.loaded.monitor.clone(),
            services: self.loaded.extensions.services().clone(),
            pages: self.loaded.extensions.pages().clone(),
            port,
        }
    }

    fn add(&mut self, index: usize, running: Arc<dyn AnyRunningFeature>) {
        let feature = &self.loaded.definition.features[index];
        let entry = self.loaded.extensions.feature(&feature.name).map(AnyFeature::entry);
        let own = entry.map_or(Stage::Adapt, |entry| entry.stage);
        let stage = feature.stage.unwrap_or(own);
        let hook = running.clone().hook();
        let (name, running) = (feature.name.clone(), Running::Native(running));
        self.running.add(Equipped { name, hook, stage, running });
    }

    /// Orders the threads to run a plug-in.
    fn add_plugin(&mut self, feature: &Feature, module: usize) {
        let Loaded { definition, modules, watchdog, logger, .. } = &self.loaded;
        let module = &modules[module];
        let count = instances(definition.host.instances);
        let limits = limits(definition, module);
        let workers = Workers::new(count, &limits, watchdog, logger, Some(&feature.name));
        let stopping = watch::Sender::new(Stopping::No);
        let grants = Arc::new(grants(definition, feature, &self.loaded, &stopping));
        let (events, receiver) = mpsc::unbounded_channel();
        let mut ended = Vec::new();
        for (index, worker) in workers.iter().enumerate() {
            let config = Box::new(WorkerConfig {
                index,
                worker: worker.clone(),
                workers: workers.clone(),
                program: module.program.clone(),
                grants: grants.clone(),
                limits,
                events: events.clone(),
                replace: true,
                longest_delay: LONGEST_DELAY,
            });
            let (end, receiver) = oneshot::channel();
            self.threads.send(index, ThreadCommand::RunWorker { config, end });
            ended.push(receiver);
        }
        let plugin = Arc::new(Plugin {
            name: feature.name.as_str().into(),
            workers,
            on_failure: module.feature.on_failure,
            call_timeout: module.feature.limits.call_timeout,
            logger: logger.clone(),
        });
        let hook = plugin.hooked(module.program.surface());
        let waiting = (0..count).collect();
        let events = receiver;
        let running = Box::new(RunningPlugin { plugin, events, waiting, stopping, ended });
        self.running.add(Equipped {
            name: feature.name.clone(),
            hook,
            stage: module.feature.stage,
            running: Running::Component(running),
        });
    }
}

async fn in_time<T>(
    definition: &Definition,
    what: &'static str,
    name: &str,
    start: impl Future<Output = Result<T, ExtensionError>>,
) -> Result<T, StartError> {
    let limit = definition.host.start_timeout;
    let started = timeout(limit, start).await.unwrap_or_else(|_late| {
        let limit = humantime::format_duration(limit);
        Err(ExtensionError::new(format!("it did not start within {limit}")))
    });
    started.map_err(|error| StartError::of_extension(what, name, &error))
}

/// An extension that the definition knows and the host does not, which is a bug of the host.
fn absent(what: &'static str, name: &str) -> StartError {
    StartError::of_extension(what, name, &ExtensionError::new("it is not part of this host"))
}

fn limits(definition: &Definition, module: &Module) -> guest::Limits {
    let limits = module.feature.limits;
    guest::Limits {
        memory: limits.memory,
        max_concurrency: limits.max_concurrency,
        max_queue: definition.host.limits.max_queue,
        call_timeout: limits.call_timeout,
        start_timeout: definition.host.start_timeout,
    }
}

/// What a plug-in may have: its own settings and log lines.
fn grants(
    definition: &Definition,
    feature: &Feature,
    loaded: &Loaded,
    stopping: &watch::Sender<Stopping>,
) -> Grants {
    Grants {
        identity: identity(definition),
        settings: feature.settings.clone(),
        features: Vec::new(),
        variables: Vec::new(),
        shared: Shared::default(),
        providers: Vec::new(),
        feature: Some(feature.name.as_str().into()),
        deployment: definition.environment.deployment.as_str(),
        // A plug-in calls no other services.
        clients: ClientGrants {
            declared: Vec::new(),
            local: LocalServices::default(),
            request_id_header: http::HeaderName::from_static("x-request-id"),
        },
        stack_trace: definition.log.stack_trace,
        logger: loaded.logger.clone(),
        // Observers are told of requests of the service.
        observe: ObserveContext::unobserved(loaded.monitor.clone()),
        inherits_stdio: false,
        stopping: stopping.subscribe(),
        health: watch::Sender::new(HealthOverrides::new()),
    }
}
