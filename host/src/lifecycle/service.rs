//! A running service: the version that serves, those that are on their way out, and the sockets and
//! threads that stay.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, timeout};

use super::StartError;
use super::end::{Ending, Stopped};
use super::handover::StateHandover;
use super::listener::Listener;
use super::running_extensions::RunningExtensions;
use super::start::{ListenerSource, Planned, Starting};
use super::starting_extensions::StartingExtensions;
use super::threads::{ListenerId, WorkerThreads};
use super::version::{CANCEL_GRACE, KindFailure, LAST_GRACE, Version};
use crate::capability::Stopping;
use crate::dispatch::{Condition, Health};
use crate::guest::{Worker, Workers};
use crate::telemetry::warn;

/// Versions that may be on their way out at a time: each holds its instances' memory until its last
/// stream has ended.
const MOST_LEAVING: usize = 3;

/// A service whose versions follow each other on the same sockets.
#[derive(Debug)]
pub(crate) struct Service {
    pub(super) threads: WorkerThreads,
    pub(super) listeners: Vec<Listener>,
    /// True while the health check says so.
    pub(super) serving: watch::Sender<bool>,
    pub(super) stopping: watch::Sender<Stopping>,
    pub(super) condition: watch::Sender<Option<Condition>>,
    current: Option<Version>,
    leaving: FuturesUnordered<Leaving>,
    listeners_made: u64,
}

/// A version on its way out.
struct Leaving {
    /// The version it is; `None` if it has never served.
    name: Option<String>,
    /// `None` if it has none yet.
    workers: Option<Workers>,
    end: Pin<Box<dyn Future<Output = Stopped>>>,
}

/// What happens to a service by itself.
#[derive(Debug)]
pub(crate) enum Incident {
    /// The version that serves cannot go on.
    Failed(KindFailure),
    /// A version that was replaced has come to its end.
    Left { version: String, stopped: Stopped },
}

impl Service {
    pub(crate) fn new() -> Self {
        Self {
            threads: WorkerThreads::default(),
            listeners: Vec::new(),
            serving: watch::Sender::new(false),
            stopping: watch::Sender::new(Stopping::No),
            condition: watch::Sender::new(None),
            current: None,
            leaving: FuturesUnordered::new(),
            listeners_made: 0,
        }
    }

    /// Whether there is a version that serves.
    pub(crate) fn is_serving(&self) -> bool {
        self.current.is_some()
    }

    /// Whether another version may be started; if not, it may once one has [left](Incident::Left).
    pub(crate) fn has_room(&self) -> bool {
        self.leaving.len() < MOST_LEAVING
    }

    /// How many versions are on their way out.
    pub(crate) fn leaving(&self) -> usize {
        self.leaving.len()
    }

    /// Requests in flight and those that wait for their turn, of all versions.
    pub(crate) fn calls(&self) -> usize {
        let leaving = self.leaving.iter().filter_map(|one| one.workers.as_ref());
        let current = self.current.iter().map(|version| &version.workers);
        current.chain(leaving).map(Workers::load).sum()
    }

    /// Says whether requests are answered, for as long as it is there.
    pub(crate) fn health(&self) -> Health {
        Health::new(self.serving.subscribe(), self.condition.subscribe())
    }

    pub(super) fn next_listener(&mut self) -> ListenerId {
        self.listeners_made += 1;
        ListenerId(self.listeners_made)
    }

    /// Lets a version that is ready take over: requests that begin from now on are its, on all
    /// connections. The version before finishes what it has begun and ends; that it has done so is an
    /// [`Incident`]. If both can, it hands its state over first, and requests wait until it has.
    ///
    /// # Errors
    /// When the system refuses what further threads need. Then the version has taken over all the same,
    /// on the threads that are there.
    pub(crate) async fn open(&mut self, starting: Starting) -> Result<(), StartError> {
        let Starting { mut version, condition, dispatch, listeners, .. } = starting;
        let count = version.workers.iter().count();
        // Before the first request can come.
        let (handover, inheritance) = self.handover(&version).unzip();
        let mut kept = Vec::new();
        let mut result = Ok(());
        for Planned { plan, listener, .. } in listeners {
            match listener {
                ListenerSource::New(listener) => {
                    listener.open();
                    kept.push(listener);
                }
                ListenerSource::Kept(id) => {
                    let Some(index) = self.listeners.iter().position(|s| s.id == id) else {
                        continue;
                    };
                    let mut listener = self.listeners.swap_remove(index);
                    listener
                        .replace_service(&self.threads, |thread| {
                            plan.service(thread % count, &dispatch)
                        })
                        .await;
                    for thread in listener.thread_count()..count {
                        let attended =
                            listener.add_thread(&self.threads, plan.service(thread, &dispatch));
                        result = result.and(attended);
                    }
                    kept.push(listener);
                }
            }
        }
        let closed = std::mem::replace(&mut self.listeners, kept);
        self.condition.send_replace(Some(condition));
        self.serving.send_replace(true);
        version.open(inheritance, &dispatch.guard);
        if let Some(old) = self.current.replace(version) {
            self.let_go(old, closed, handover);
        }
        result
    }

    fn handover(&self, version: &Version) -> Option<(StateHandover, oneshot::Receiver<()>)> {
        let old = self.current.as_ref()?;
        let both = old.hands_over && version.hands_over;
        both.then(|| StateHandover::begin(version, self.stopping.subscribe()))
    }

    /// Takes back a version that does not come to serve; it ends beside those that were replaced, after
    /// `limit` at the latest.
    pub(crate) fn abandon(&mut self, starting: Starting, limit: Duration) {
        let workers = Some(starting.dispatch.workers.clone());
        self.leaving.push(Leaving { name: None, workers, end: Box::pin(starting.abandon(limit)) });
    }

    /// Takes back a version whose features and kinds were being started.
    pub(crate) fn abandon_extensions(&mut self, starting: StartingExtensions, limit: Duration) {
        let end = Box::pin(starting.abandon(limit));
        self.leaving.push(Leaving { name: None, workers: None, end });
    }

    /// Takes back features that have started, of a version that has not.
    pub(super) fn end_extensions(
        &mut self,
        mut running_extensions: RunningExtensions,
        limit: Duration,
    ) {
        let end = Box::pin(async move {
            let in_order = running_extensions.end(Instant::now() + limit).await;
            Stopped { in_order, requests_cut: 0 }
        });
        self.leaving.push(Leaving { name: None, workers: None, end });
    }

    fn let_go(
        &mut self,
        version: Version,
        listeners: Vec<Listener>,
        handover: Option<StateHandover>,
    ) {
        let name = version.definition.identity.version.clone();
        let workers = Some(version.workers.clone());
        let ending = Ending { version, listeners, has_natives: true };
        let name = Some(name);
        self.leaving.push(Leaving { name, workers, end: Box::pin(ending.retire(handover)) });
    }

    /// Resolves when something happens by itself; stays pending for as long as all is well.
    ///
    /// # Cancel safety
    /// Can be called again.
    pub(crate) async fn incident(&mut self) -> Incident {
        let Self { current, leaving, .. } = self;
        let failure = async {
            match current {
                Some(version) => version.failure().await,
                None => std::future::pending().await,
            }
        };
        let left = async {
            loop {
                match leaving.next().await {
                    Some((Some(version), stopped)) => return Incident::Left { version, stopped },
                    Some((None, _)) => (),
                    None => std::future::pending().await,
                }
            }
        };
        tokio::select! {
            failure = failure => Incident::Failed(failure),
            left = left => left,
        }
    }

    /// Runs the script. It is told to give up once `cancel` receives something.
    pub(crate) async fn script(
        &self,
        arguments: Vec<String>,
        cancel: oneshot::Receiver<()>,
    ) -> Result<(), KindFailure> {
        match &self.current {
            Some(version) => version.script(arguments, cancel).await,
            None => Ok(()),
        }
    }

    /// `cleanup` of the script, at most for `limit`. Not possible when its instance was lost.
    pub(crate) async fn clean_up(&self, limit: Duration) -> Result<(), KindFailure> {
        match &self.current {
            Some(version) => version.clean_up(limit).await,
            None => Ok(()),
        }
    }

    /// Ends what the script still does, after it was told to give up and did not.
    pub(crate) fn kill(&self) {
        if let Some(version) = &self.current {
            version.workers.iter().for_each(Worker::kill);
        }
    }

    /// Lets the health check say that the service is about to stop, while it goes on to serve. No other
    /// version can take over after that.
    pub(crate) fn announce_end(&self) {
        // Not `serving`: calls wait until that is so.
        self.condition.send_replace(None);
    }

    /// Stops in order: no new connections, drain, notice, `stop`, `on-finish`, end. State that is being
    /// handed over is given up, so that requests which wait for it are answered.
    ///
    /// What is not done after `limit` is cut off. `left` receives the versions that were on their way out,
    /// as [`Incident::Left`].
    pub(crate) async fn stop(self, limit: Duration, left: &mut Vec<LeftVersion>) -> Stopped {
        let Self { threads, listeners, serving, stopping, current, mut leaving, .. } = self;
        serving.send_replace(false);
        stopping.send_replace(Stopping::Draining);
        let end = async {
            match current {
                Some(version) => Ending { version, listeners, has_natives: true }.end(limit).await,
                None => Stopped { in_order: true, requests_cut: 0 },
            }
        };
        let (mut stopped, others) = tokio::join!(end, all_left(&mut leaving, limit, left));
        stopped.in_order &= others.in_order;
        stopped.requests_cut += others.requests_cut;
        drop(threads);
        stopped
    }
}

impl Default for Service {
    fn default() -> Self {
        Self::new()
    }
}

/// A version that was replaced, when it is gone.
pub(crate) struct LeftVersion {
    pub name: String,
    pub stopped: Stopped,
}

/// Waits for the versions that were replaced; cuts them off after `limit`.
async fn all_left(
    leaving: &mut FuturesUnordered<Leaving>,
    limit: Duration,
    left: &mut Vec<LeftVersion>,
) -> Stopped {
    let mut stopped = Stopped { in_order: true, requests_cut: 0 };
    if timeout(limit.max(CANCEL_GRACE), count(leaving, &mut stopped, left)).await.is_ok() {
        return stopped;
    }
    let message = "shutdown takes too long, interrupting the versions before";
    warn!(ShutdownTimedOut, timeout = %humantime::format_duration(limit), versions = leaving.len(), "{message}");
    for workers in leaving.iter().filter_map(|one| one.workers.as_ref()) {
        stopped.requests_cut += workers.load();
        workers.iter().for_each(Worker::close);
        workers.iter().for_each(Worker::kill);
    }
    // Their features are still to end. Whoever does not make it is left behind.
    let _ = timeout(LAST_GRACE, count(leaving, &mut stopped, left)).await;
    stopped.in_order = false;
    stopped
}

async fn count(
    leaving: &mut FuturesUnordered<Leaving>,
    stopped: &mut Stopped,
    left: &mut Vec<LeftVersion>,
) {
    while let Some((name, one)) = leaving.next().await {
        stopped.in_order &= one.in_order;
        stopped.requests_cut += one.requests_cut;
        left.extend(name.map(|name| LeftVersion { name, stopped: one }));
    }
}

impl Future for Leaving {
    type Output = (Option<String>, Stopped);

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let stopped = std::task::ready!(self.end.as_mut().poll(context));
        Poll::Ready((self.name.clone(), stopped))
    }
}

impl std::fmt::Debug for Leaving {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Leaving").field("name", &self.name).finish_non_exhaustive()
    }
}
