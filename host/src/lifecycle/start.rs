//! The start phase of a version: sockets, workers, `on-start`; beside the version that serves.
//!
//! Everything that the system may refuse is asked for here, so that nothing is left to fail when the version takes
//! over. That decides the order, and why listeners come from three places: one that the version before has is
//! kept, a port that another kind gives up is converted, everything else is bound. Until the version takes over
//! all of it can be dropped, and the one that serves has noticed nothing.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::FuturesUnordered;
use tokio::sync::{mpsc, oneshot, watch};

use super::StartError;
use super::end::{Ending, Stopped};
use super::endpoints::{DispatchContext, EndpointPlan};
use super::listener::{Endpoint, Listener, ListenerKey};
use super::load::Loaded;
use super::service::Service;
use super::starting_extensions::StartingExtensions;
use super::threads::{ListenerId, ThreadCommand};
use super::version::{self, Version};
use crate::capability::{Grants, Stopping};
use crate::client::local::Registration;
use crate::client::settings::Protocol;
use crate::definition::{Definition, Instances};
use crate::dispatch::Condition;
use crate::engine::{Interface, Program};
use crate::guest::{self, WorkerConfig, WorkerEvent, Workers, WorkersSource};
use crate::telemetry::{Attributes, Logger};

/// Longest wait for an instance that replaces a lost one.
const LONGEST_DELAY: Duration = Duration::from_secs(1);

/// A version whose sockets are bound and whose instances start.
#[derive(Debug)]
pub(crate) struct Starting {
    pub(super) version: Version,
    pub(super) condition: Condition,
    pub(super) dispatch: DispatchContext,
    pub(super) listeners: Vec<Planned>,
    pub(super) logger: Logger,
    digest: String,
    /// Indices of the workers whose first instance has not started yet.
    waiting: BTreeSet<usize>,
}

/// A listener that the version will serve.
pub(super) struct Planned {
    pub(super) plan: EndpointPlan,
    pub(super) endpoint: Endpoint,
    pub(super) listener: ListenerSource,
}

impl std::fmt::Debug for Planned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Planned").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

/// What all workers of a version are given.
struct WorkerSetup {
    program: Program,
    grants: Arc<Grants>,
    limits: guest::Limits,
    events: mpsc::UnboundedSender<WorkerEvent>,
}

#[derive(Debug)]
pub(super) enum ListenerSource {
    /// One that serves the version before.
    Kept(ListenerId),
    /// One of this version, attended by its threads already.
    New(Listener),
}

impl Service {
    /// Binds the sockets that are not there yet and starts all workers of a version. The version that
    /// serves goes on.
    ///
    /// # Errors
    /// [`StartError::Bind`] and [`StartError::Descriptors`]; nothing is left running then.
    pub(crate) fn start(&mut self, extensions: StartingExtensions) -> Result<Starting, StartError> {
        let StartingExtensions { loaded, running: running_extensions, .. } = extensions;
        let definition = loaded.definition.clone();
        let digest = loaded.digest().to_owned();
        let count = instances(definition.host.instances);
        let limits = limits(&definition);
        let workers = Workers::new(count, &limits, &loaded.watchdog, &loaded.logger, None);
        let stopping = watch::Sender::new(Stopping::No);
        let observe = loaded.observe_context(&running_extensions);
        let source = WorkersSource::of(workers.clone());
        observe.monitor.add_source(Arc::downgrade(&source));
        let granted = loaded.grants(&running_extensions, stopping.subscribe(), observe.clone());
        let grants = Arc::new(granted);
        let condition = loaded.condition(grants.health.subscribe(), &workers);
        if !self.is_serving() {
            self.condition.send_replace(Some(condition.clone()));
        }
        // Its capacity is never used: nothing is sent.
        let (guard, guards) = mpsc::channel(1);
        let dispatch = DispatchContext {
            workers: workers.clone(),
            logger: loaded.logger.clone(),
            serving: self.serving.subscribe(),
            stopping: self.stopping.subscribe(),
            condition: self.condition.subscribe(),
            guard,
            hooks: running_extensions.hooks(),
            observe,
        };
        let listeners = match self.settle(&loaded, count, &dispatch) {
            Ok(listeners) => listeners,
            Err(error) => {
                self.end_extensions(running_extensions, definition.host.shutdown_timeout);
                return Err(error);
            }
        };
        let (events, receiver) = mpsc::unbounded_channel();
        let mut exported = loaded.program.surface().exported();
        let mut version = Version {
            definition,
            hands_over: exported.any(|interface| interface == Interface::Handover),
            workers: workers.clone(),
            stopping,
            events: receiver,
            ended: Vec::new(),
            guards,
            own_guard: None,
            natives: FuturesUnordered::new(),
            has_begun: false,
            cleared: version::cleared(None),
            running_extensions,
            kinds: Vec::new(),
            _watchdog: loaded.watchdog,
            _source: source,
        };
        let setup = WorkerSetup { program: loaded.program.clone(), grants, limits, events };
        self.start_workers(&mut version, &setup);
        let waiting = (0..count).collect();
        let logger = loaded.logger;
        Ok(Starting { version, condition, dispatch, listeners, logger, digest, waiting })
    }

    /// Orders the threads to run the workers of a version.
    fn start_workers(&self, version: &mut Version, setup: &WorkerSetup) {
        let WorkerSetup { program, grants, limits, events } = setup;
        let workers = version.workers.clone();
        for (index, worker) in workers.iter().enumerate() {
            let config = Box::new(WorkerConfig {
                index,
                worker: worker.clone(),
                workers: workers.clone(),
                program: program.clone(),
                grants: grants.clone(),
                limits: *limits,
                events: events.clone(),
                replace: version.definition.script().is_none(),
                longest_delay: LONGEST_DELAY,
            });
            let (end, ended) = oneshot::channel();
            self.threads.send(index, ThreadCommand::RunWorker { config, end });
            version.ended.push(Some(ended));
        }
    }

    /// The listeners of a version, attended by its threads.
    fn settle(
        &mut self,
        loaded: &Loaded,
        count: usize,
        dispatch: &DispatchContext,
    ) -> Result<Vec<Planned>, StartError> {
        let name = &loaded.definition.identity.name;
        let registered = |protocol| loaded.local_services.register(name, protocol);
        let listeners = self.find_listeners(loaded.plans(dispatch)?, count, registered)?;
        self.listen_new(listeners, count, dispatch)
    }

    /// Finds or binds a listener for each plan.
    fn find_listeners(
        &mut self,
        plans: Vec<EndpointPlan>,
        count: usize,
        registered: impl Fn(Protocol) -> Registration,
    ) -> Result<Vec<Planned>, StartError> {
        let mut planned = Vec::new();
        for plan in plans {
            let registered = || registered(plan.protocol());
            let (addresses, listener) = self.find_listener(plan.key, count, registered)?;
            let (kind, source) = (plan.key.kind, plan.source.clone());
            let is_secured = plan.is_secured();
            planned.push(Planned {
                plan,
                endpoint: Endpoint { kind, addresses, source, is_secured },
                listener,
            });
        }
        Ok(planned)
    }

    fn find_listener(
        &mut self,
        key: ListenerKey,
        count: usize,
        registered: impl FnOnce() -> Registration,
    ) -> Result<(Vec<SocketAddr>, ListenerSource), StartError> {
        if let Some(listener) = self.listeners.iter().find(|listener| listener.key == key) {
            return Ok((listener.addresses.clone(), ListenerSource::Kept(listener.id)));
        }
        let id = self.next_listener();
        let same = |listener: &&Listener| {
            listener.key.address == key.address && listener.key.port == key.port
        };
        // A port that another kind gives up is taken over. Port 0 is another one each time.
        let listener = match self.listeners.iter().find(same).filter(|_| key.port != 0) {
            Some(listener) => listener.convert(id, key, registered())?,
            None => {
                Listener::bind(id, key, count, registered()).map_err(|error| self.explain(error))?
            }
        };
        Ok((listener.addresses.clone(), ListenerSource::New(listener)))
    }

    /// A port that cannot be had because the service has it already.
    fn explain(&self, error: StartError) -> StartError {
        let StartError::Bind { kind, address, port, source } = error else { return error };
        let mut taken = self.listeners.iter().flat_map(|listener| &listener.addresses);
        match taken.find(|taken| taken.port() == port) {
            Some(taken) if source.kind() == ErrorKind::AddrInUse => {
                StartError::Overlap { kind, address, port, taken: *taken }
            }
            _ => StartError::Bind { kind, address, port, source },
        }
    }

    /// Lets the threads serve the listeners that are new: connections wait there, and some are
    /// answered already.
    fn listen_new(
        &self,
        mut listeners: Vec<Planned>,
        count: usize,
        dispatch: &DispatchContext,
    ) -> Result<Vec<Planned>, StartError> {
        for Planned { plan, listener, .. } in &mut listeners {
            if let ListenerSource::New(listener) = listener {
                for local in 0..count {
                    listener.add_thread(&self.threads, plan.service(local, dispatch))?;
                }
            }
        }
        Ok(listeners)
    }
}

impl Starting {
    /// Where the service will listen. Connections wait until the version is opened.
    pub(crate) fn endpoints(&self) -> impl Iterator<Item = &Endpoint> {
        self.listeners.iter().map(|listener| &listener.endpoint)
    }

    pub(crate) fn definition(&self) -> &Arc<Definition> {
        &self.version.definition
    }

    /// SHA-256 of its component, in hexadecimal.
    pub(crate) fn digest(&self) -> &str {
        &self.digest
    }

    /// What the log says of its features.
    pub(crate) fn features(&self) -> Vec<(String, Attributes)> {
        self.version.running_extensions.describe()
    }

    /// What the log says of its kinds that are not built in.
    pub(crate) fn custom_kinds(&self) -> Vec<(&'static str, Attributes)> {
        let kinds = self.version.running_extensions.kinds.iter();
        kinds.map(|kind| (kind.name, kind.attributes.clone())).collect()
    }

    /// Where the lines of this version go.
    pub(crate) fn logger(&self) -> &Logger {
        &self.logger
    }

    /// Waits until `on-start` has returned in every instance.
    ///
    /// # Errors
    /// The first instance that fails decides; the others are still there for [`Starting::abandon`].
    ///
    /// # Cancel safety
    /// Can be called again.
    pub(crate) async fn ready(&mut self) -> Result<(), StartError> {
        self.version.ready(&mut self.waiting).await
    }

    /// Takes back what was started: `on-finish` where `on-start` has returned, then everything ends.
    pub(crate) async fn abandon(self, limit: Duration) -> Stopped {
        let Self { version, listeners, dispatch, .. } = self;
        drop(dispatch);
        for worker in version.workers.iter().filter(|worker| !worker.is_ready()) {
            worker.close();
            worker.kill();
        }
        let listeners = listeners.into_iter().filter_map(|planned| match planned.listener {
            ListenerSource::New(listener) => Some(listener),
            ListenerSource::Kept(_) => None,
        });
        Ending { version, listeners: listeners.collect(), has_natives: false }.end(limit).await
    }
}

/// How many workers a version has.
pub(super) fn instances(instances: Instances) -> usize {
    match instances {
        Instances::Count(count) => count.get(),
        Instances::Auto => std::thread::available_parallelism().map_or(1, usize::from),
    }
}

fn limits(definition: &Definition) -> guest::Limits {
    let limits = definition.host.limits;
    guest::Limits {
        memory: limits.memory,
        max_concurrency: limits.max_concurrency,
        max_queue: limits.max_queue,
        call_timeout: limits.call_timeout,
        start_timeout: definition.host.start_timeout,
    }
}
