//! The start phase: sockets, threads, `on-start`.

use std::collections::BTreeSet;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use http::HeaderName;
use tokio::sync::{mpsc, watch};

use super::StartError;
use super::crew::{Channels, Crew, Post, one_ended};
use super::load::Loaded;
use super::running::{Running, Stopped, stop_crew};
use crate::capability::Stopping;
use crate::definition::{Definition, Deployment, Http, Instances, Kind, Origin};
use crate::dispatch::{Dispatcher, ErrorRules, HttpRules};
use crate::guest::{self, EventKind, Seat, Watchdog, Worker, Workers};
use crate::listener::{self, ConnectionRules, Phase, Timeouts};

/// Requests at a time on one HTTP/2 connection: fewer than an instance has places by default, so that
/// one client cannot take them all.
const STREAMS_PER_CONNECTION: u32 = 128;

/// Where a kind listens.
#[derive(Debug, Clone)]
pub struct Endpoint {
    pub kind: &'static str,
    pub address: SocketAddr,
    /// Where the port comes from.
    pub source: Origin,
}

/// A service whose sockets are bound and whose instances start.
#[derive(Debug)]
pub struct Starting {
    definition: Arc<Definition>,
    crew: Crew,
    endpoints: Vec<Endpoint>,
    /// Keeps guests yielding; ends with the service.
    watchdog: Watchdog,
    /// Indices of the workers whose first instance has not started yet.
    waiting: BTreeSet<usize>,
}

impl Loaded {
    /// Binds all sockets and starts the threads of all workers.
    ///
    /// # Errors
    /// [`StartError::Bind`] and [`StartError::Thread`]; nothing is left running then.
    pub fn start(self) -> Result<Starting, StartError> {
        let count = instances(self.definition.host.instances);
        let (sockets, endpoints) = bind(&self.definition, count)?;
        let channels = Channels {
            phase: watch::channel(Phase::Hold).0,
            serving: watch::channel(false).0,
            stopping: watch::channel(Stopping::No).0,
        };
        let limits = limits(&self.definition);
        let workers = (0..count).map(|_| Worker::new(&limits, &self.watchdog)).collect();
        let workers = Workers::new(workers, self.definition.host.limits.call_timeout);
        let (events, receiver) = mpsc::unbounded_channel();
        let grants = Arc::new(self.grants(channels.stopping.subscribe()));
        let rules = http_kind(&self.definition).map(|http| Arc::new(self.http_rules(http)));
        let mut sockets = sockets.into_iter();
        let serving = channels.serving.subscribe();
        let mut crew = Crew::new(workers.clone(), channels, receiver);
        for (index, worker) in workers.iter().enumerate() {
            let post = rules.clone().zip(sockets.next()).map(|(rules, listener)| Post {
                listener,
                rules: connection_rules(&self.definition),
                dispatcher: Dispatcher::new(
                    rules,
                    (workers.clone(), index),
                    self.logger.clone(),
                    serving.clone(),
                ),
            });
            let seat = Seat {
                index,
                worker: worker.clone(),
                workers: workers.clone(),
                program: self.program.clone(),
                grants: grants.clone(),
                limits,
                events: events.clone(),
                replace: !self.definition.kinds.contains(&Kind::Script),
            };
            crew.enlist(seat, post).map_err(StartError::Thread)?;
        }
        Ok(Starting {
            definition: self.definition,
            crew,
            endpoints,
            watchdog: self.watchdog,
            waiting: (0..count).collect(),
        })
    }

    fn http_rules(&self, http: &Http) -> HttpRules {
        let definition = &*self.definition;
        let environment = &definition.environment;
        HttpRules {
            base_path: http.base_path.clone(),
            health: http.health.clone(),
            request_id_header: HeaderName::from_bytes(environment.tracker_header.as_bytes())
                .expect("the definition has checked the name"),
            max_head: http.max_header_bytes,
            max_body: definition.host.limits.max_body,
            read_timeout: http.timeouts.read,
            errors: ErrorRules {
                service_name: definition.identity.name.clone(),
                hidden: environment.hidden_fields.clone(),
                shows_internal_causes: environment.deployment != Deployment::Prod,
            },
            logs_errors: definition.log.display_errors,
        }
    }
}

impl Starting {
    /// Where the service will listen. Connections wait until it is opened.
    pub fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    /// Waits until `on-start` has returned in every instance.
    ///
    /// # Errors
    /// The first instance that fails decides; the others are still there for [`Starting::abandon`].
    ///
    /// # Cancel safety
    /// Can be called again.
    pub async fn ready(&mut self) -> Result<(), StartError> {
        let Crew { events, members, .. } = &mut self.crew;
        while !self.waiting.is_empty() {
            let event = tokio::select! {
                biased;
                Some(event) = events.recv() => event,
                () = one_ended(members) => return Err(StartError::ThreadLost),
            };
            match event.kind {
                EventKind::Ready => {
                    self.waiting.remove(&event.worker);
                }
                EventKind::Failed(failure) => return Err(StartError::Instance(failure)),
                // It had started, so it is replaced, or its loss is told to whoever calls it.
                EventKind::Lost(_) => (),
            }
        }
        Ok(())
    }

    /// Begins to accept connections and starts the kinds that run by themselves.
    pub fn open(self) -> Running {
        let Self { definition, crew, watchdog, .. } = self;
        crew.serving.send_replace(true);
        crew.phase.send_replace(Phase::Accept);
        Running::new(definition, crew, watchdog)
    }

    /// Takes back what was started: `on-finish` where `on-start` has returned, then everything ends.
    pub async fn abandon(mut self, limit: Duration) -> Stopped {
        for worker in self.crew.workers.iter().filter(|worker| !worker.is_ready()) {
            worker.close();
            worker.kill();
        }
        let stopped = stop_crew(&mut self.crew, None, limit).await;
        drop(self.watchdog);
        stopped
    }
}

fn instances(instances: Instances) -> usize {
    match instances {
        Instances::Count(count) => count.get(),
        Instances::Auto => std::thread::available_parallelism().map_or(1, usize::from),
    }
}

fn http_kind(definition: &Definition) -> Option<&Http> {
    definition.kinds.iter().find_map(|kind| match kind {
        Kind::Http(http) => Some(http),
        _ => None,
    })
}

fn bind(
    definition: &Definition,
    count: usize,
) -> Result<(Vec<TcpListener>, Vec<Endpoint>), StartError> {
    let Some(http) = http_kind(definition) else { return Ok((Vec::new(), Vec::new())) };
    let (kind, address, port) = ("http", definition.host.address, http.port.number);
    let failed = |source| StartError::Bind { kind, address, port, source };
    let sockets = listener::bind(address, port, count).map_err(failed)?;
    let bound = listener::local_address(&sockets[0]).map_err(failed)?;
    Ok((sockets, vec![Endpoint { kind, address: bound, source: http.port.source.clone() }]))
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

fn connection_rules(definition: &Definition) -> ConnectionRules {
    let http = http_kind(definition).expect("only called for services of this kind");
    ConnectionRules {
        timeouts: Timeouts {
            header: http.timeouts.header,
            write: http.timeouts.write,
            idle: http.timeouts.idle,
        },
        max_head: http.max_header_bytes,
        max_streams: STREAMS_PER_CONNECTION,
    }
}
