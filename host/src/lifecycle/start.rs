//! The start phase: sockets, threads, `on-start`.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::StartError;
use super::crew::{Channels, Crew, one_ended};
use super::load::Loaded;
use super::running::{Running, Stopped, stop_crew};
use super::sockets::{self, Endpoint, Needs};
use crate::capability::Stopping;
use crate::definition::{Definition, Instances, Kind};
use crate::guest::{self, EventKind, Seat, Watchdog, Workers};
use crate::listener::Phase;

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
        let channels = Channels {
            phase: watch::channel(Phase::Hold).0,
            serving: watch::channel(false).0,
            stopping: watch::channel(Stopping::No).0,
        };
        let limits = limits(&self.definition);
        let workers = Workers::new(count, &limits, &self.watchdog);
        let (events, receiver) = mpsc::unbounded_channel();
        let grants = Arc::new(self.grants(channels.stopping.subscribe()));
        let needs = Needs {
            workers: workers.clone(),
            logger: self.logger.clone(),
            serving: channels.serving.subscribe(),
            stopping: channels.stopping.subscribe(),
            said: grants.health.subscribe(),
        };
        let mut outposts = sockets::bind(&self, count, &needs)?;
        let mut crew = Crew::new(workers.clone(), channels, receiver);
        for (index, worker) in workers.iter().enumerate() {
            let posts = outposts.iter_mut().filter_map(|outpost| outpost.post(index, &needs));
            let posts = posts.collect();
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
            crew.enlist(seat, posts).map_err(StartError::Thread)?;
        }
        let endpoints = outposts.into_iter().map(|outpost| outpost.endpoint).collect();
        Ok(Starting {
            definition: self.definition,
            crew,
            endpoints,
            watchdog: self.watchdog,
            waiting: (0..count).collect(),
        })
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
