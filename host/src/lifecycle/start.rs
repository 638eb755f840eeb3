//! The start phase of a version: sockets, workers, `on-start`; beside the version that serves.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::FuturesUnordered;
use tokio::sync::{mpsc, oneshot, watch};

use super::StartError;
use super::answers::{Needs, Plan};
use super::crew::{Order, StationId};
use super::end::{Ending, Stopped};
use super::equip::EquippedVersion;
use super::load::Loaded;
use super::service::Service;
use super::station::{Endpoint, Station, Wish};
use super::version::{self, Version};
use crate::capability::{Grants, Stopping};
use crate::definition::{Definition, Instances};
use crate::dispatch::Condition;
use crate::engine::{Interface, Program};
use crate::guest::{self, Event, Seat, Workers};
use crate::telemetry::{Attributes, Logger};

/// Longest wait for an instance that replaces a lost one.
const LONGEST_DELAY: Duration = Duration::from_secs(1);

/// A version whose sockets are bound and whose instances start.
#[derive(Debug)]
pub struct Starting {
    pub(super) version: Version,
    pub(super) condition: Condition,
    pub(super) needs: Needs,
    pub(super) stations: Vec<Planned>,
    pub(super) logger: Logger,
    /// Indices of the workers whose first instance has not started yet.
    waiting: BTreeSet<usize>,
}

/// A station that the version will serve.
pub(super) struct Planned {
    pub(super) plan: Plan,
    pub(super) endpoint: Endpoint,
    pub(super) place: Place,
}

impl std::fmt::Debug for Planned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Planned").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

#[derive(Debug)]
pub(super) enum Place {
    /// One that serves the version before.
    Kept(StationId),
    /// One of this version, attended by its threads already.
    New(Station),
}

impl Service {
    /// Binds the sockets that are not there yet and starts all workers of a version. The version that
    /// serves goes on.
    ///
    /// # Errors
    /// [`StartError::Bind`] and [`StartError::Descriptors`]; nothing is left running then.
    pub fn start(&mut self, equipped: EquippedVersion) -> Result<Starting, StartError> {
        let EquippedVersion { loaded, equipment } = equipped;
        let definition = loaded.definition.clone();
        let count = instances(definition.host.instances);
        let limits = limits(&definition);
        let workers = Workers::new(count, &limits, &loaded.watchdog, (&loaded.logger, None));
        let stopping = watch::Sender::new(Stopping::No);
        let grants = Arc::new(loaded.grants(&equipment, stopping.subscribe()));
        let condition = loaded.condition(grants.health.subscribe(), &workers);
        if !self.is_serving() {
            self.condition.send_replace(Some(condition.clone()));
        }
        // Its capacity is never used: nothing is sent.
        let (sender, presence) = mpsc::channel(1);
        let needs = Needs {
            workers: workers.clone(),
            logger: loaded.logger.clone(),
            serving: self.serving.subscribe(),
            stopping: self.stopping.subscribe(),
            condition: self.condition.subscribe(),
            presence: sender,
            hooks: equipment.hooks(),
        };
        let stations = match self.settle(&loaded, count, &needs) {
            Ok(stations) => stations,
            Err(error) => {
                self.unequip(equipment, definition.host.shutdown_timeout);
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
            presence,
            own_presence: None,
            natives: FuturesUnordered::new(),
            has_begun: false,
            cleared: version::cleared(None),
            equipment,
            kinds: Vec::new(),
            _watchdog: loaded.watchdog,
        };
        self.man(&mut version, (grants, limits, events), &loaded.program);
        let waiting = (0..count).collect();
        let logger = loaded.logger;
        Ok(Starting { version, condition, needs, stations, logger, waiting })
    }

    /// Orders the threads to run the workers of a version.
    fn man(
        &self,
        version: &mut Version,
        (grants, limits, events): (Arc<Grants>, guest::Limits, mpsc::UnboundedSender<Event>),
        program: &Program,
    ) {
        let workers = version.workers.clone();
        for (index, worker) in workers.iter().enumerate() {
            let seat = Box::new(Seat {
                index,
                worker: worker.clone(),
                workers: workers.clone(),
                program: program.clone(),
                grants: grants.clone(),
                limits,
                events: events.clone(),
                replace: version.definition.script().is_none(),
                longest_delay: LONGEST_DELAY,
            });
            let (end, ended) = oneshot::channel();
            self.crew.order(index, Order::Work { seat, end });
            version.ended.push(Some(ended));
        }
    }

    /// The stations of a version, attended by its threads.
    fn settle(
        &mut self,
        loaded: &Loaded,
        count: usize,
        needs: &Needs,
    ) -> Result<Vec<Planned>, StartError> {
        let stations = self.place(loaded.plans(needs)?, count)?;
        self.attend_new(stations, count, needs)
    }

    /// Finds or binds a station for each plan.
    fn place(&mut self, plans: Vec<Plan>, count: usize) -> Result<Vec<Planned>, StartError> {
        let mut planned = Vec::new();
        for plan in plans {
            let (addresses, place) = self.find_place(plan.wish, count)?;
            let (kind, source) = (plan.wish.kind, plan.source.clone());
            planned.push(Planned { plan, endpoint: Endpoint { kind, addresses, source }, place });
        }
        Ok(planned)
    }

    fn find_place(
        &mut self,
        wish: Wish,
        count: usize,
    ) -> Result<(Vec<SocketAddr>, Place), StartError> {
        if let Some(station) = self.stations.iter().find(|station| station.wish == wish) {
            return Ok((station.addresses.clone(), Place::Kept(station.id)));
        }
        let id = self.next_station();
        let same = |station: &&Station| {
            station.wish.address == wish.address && station.wish.port == wish.port
        };
        // A port that another kind gives up is taken over. Port 0 is another one each time.
        let station = match self.stations.iter().find(same).filter(|_| wish.port != 0) {
            Some(station) => station.convert(id, wish)?,
            None => Station::bind(id, wish, count).map_err(|error| self.explain(error))?,
        };
        Ok((station.addresses.clone(), Place::New(station)))
    }

    /// A port that cannot be had because the service has it already.
    fn explain(&self, error: StartError) -> StartError {
        let StartError::Bind { kind, address, port, source } = error else { return error };
        let mut taken = self.stations.iter().flat_map(|station| &station.addresses);
        match taken.find(|taken| taken.port() == port) {
            Some(taken) if source.kind() == ErrorKind::AddrInUse => {
                StartError::Overlap { kind, address, port, taken: *taken }
            }
            _ => StartError::Bind { kind, address, port, source },
        }
    }

    /// Lets the threads attend to the stations that are new: connections wait there, and some are
    /// answered already.
    fn attend_new(
        &self,
        mut stations: Vec<Planned>,
        count: usize,
        needs: &Needs,
    ) -> Result<Vec<Planned>, StartError> {
        for Planned { plan, place, .. } in &mut stations {
            if let Place::New(station) = place {
                for local in 0..count {
                    station.attend(&self.crew, plan.answerer(local, needs))?;
                }
            }
        }
        Ok(stations)
    }
}

impl Starting {
    /// Where the service will listen. Connections wait until the version is opened.
    pub fn endpoints(&self) -> impl Iterator<Item = &Endpoint> {
        self.stations.iter().map(|station| &station.endpoint)
    }

    pub fn definition(&self) -> &Arc<Definition> {
        &self.version.definition
    }

    /// What the log says of its features.
    pub fn features(&self) -> Vec<(String, Attributes)> {
        self.version.equipment.describe()
    }

    /// What the log says of its kinds that are not built in.
    pub fn custom_kinds(&self) -> Vec<(&'static str, Attributes)> {
        let kinds = self.version.equipment.kinds.iter();
        kinds.map(|kind| (kind.name, kind.attributes.clone())).collect()
    }

    /// Where the lines of this version go.
    pub fn logger(&self) -> &Logger {
        &self.logger
    }

    /// Waits until `on-start` has returned in every instance.
    ///
    /// # Errors
    /// The first instance that fails decides; the others are still there for [`Starting::abandon`].
    ///
    /// # Cancel safety
    /// Can be called again.
    pub async fn ready(&mut self) -> Result<(), StartError> {
        self.version.ready(&mut self.waiting).await
    }

    /// Takes back what was started: `on-finish` where `on-start` has returned, then everything ends.
    pub async fn abandon(self, limit: Duration) -> Stopped {
        let Self { version, stations, needs, .. } = self;
        drop(needs);
        for worker in version.workers.iter().filter(|worker| !worker.is_ready()) {
            worker.close();
            worker.kill();
        }
        let stations = stations.into_iter().filter_map(|planned| match planned.place {
            Place::New(station) => Some(station),
            Place::Kept(_) => None,
        });
        Ending { version, stations: stations.collect(), has_natives: false }.end(limit).await
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
