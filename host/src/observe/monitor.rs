//! One service as a whole: where in its life it is, and whether it can take requests.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::counter::{Counter, Counters, TimeCounter};
use super::sample::{Metric, MetricSource, Samples};
use crate::telemetry::{Attributes, Level};

/// Where in its life a service is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// It compiles, or its first instances start.
    #[default]
    Starting,
    Running,
    /// It was told to stop, and serves on for `drain_delay` or for its callers.
    Draining,
    /// It finishes what it has begun.
    Stopping,
    /// It has ended as it was to.
    Stopped,
    /// It has ended otherwise, or did not come to run. The log says why.
    Failed,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Draining => "draining",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
        })
    }
}

/// Whether requests are answered now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Readiness {
    pub ready: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
}

/// Where a kind is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceAddress {
    /// `http`, `grpc`, or a kind that is not built in.
    pub kind: String,
    /// With the port that the system gave.
    pub address: String,
}

/// What is known of a service.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ServiceStatus {
    pub name: String,
    /// Of the version that serves.
    pub version: String,
    pub phase: Phase,
    /// Seconds in that phase.
    pub phase_seconds: u64,
    /// Seconds since the service began to start.
    pub uptime_seconds: u64,
    /// The least important level of the log that is written.
    pub log_level: String,
    /// SHA-256 of the component that serves, in hexadecimal.
    pub digest: Option<String>,
    pub addresses: Vec<ServiceAddress>,
    /// `[host.limits]`, with units.
    pub limits: Attributes,
    /// What `service.toml` gives to the guest: environment variables by name, clients, features.
    pub grants: Attributes,
    /// How often another version has taken over.
    pub swaps: u64,
}

/// What is known of one service, kept by its supervisor. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Monitor(Arc<Inner>);

struct Inner {
    state: Mutex<State>,
    level: watch::Sender<Option<LevelOverride>>,
    counters: Counters,
}

/// That a monitor asks a probe. What the probe knows of a service must not outlive it.
#[must_use]
#[derive(Debug)]
pub(crate) struct ReadinessGuard(Monitor);

impl Drop for ReadinessGuard {
    fn drop(&mut self) {
        let probe = self.0.lock().probe.take();
        // Not under the lock: it may be the last that holds a service.
        drop(probe);
    }
}

/// A level of the log that counts for a time.
#[derive(Debug, Clone, Copy)]
struct LevelOverride {
    level: Level,
    until: Option<Instant>,
}

type Probe = Box<dyn Fn() -> Readiness + Send + Sync>;

struct State {
    status: ServiceStatus,
    began: SystemTime,
    phase_began: SystemTime,
    probe: Option<Probe>,
    sources: Vec<Weak<dyn MetricSource>>,
}

impl Monitor {
    /// Of a service that is to start.
    pub fn new() -> Self {
        let now = SystemTime::now();
        let state = State {
            status: ServiceStatus::default(),
            began: now,
            phase_began: now,
            probe: None,
            sources: Vec::new(),
        };
        let (state, level) = (Mutex::new(state), watch::Sender::new(None));
        Self(Arc::new(Inner { state, level, counters: Counters::default() }))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what is known of the service.
    pub(crate) fn update(&self, change: impl FnOnce(&mut ServiceStatus)) {
        change(&mut self.lock().status);
    }

    pub(crate) fn enter(&self, phase: Phase) {
        let mut state = self.lock();
        if state.status.phase != phase {
            state.status.phase = phase;
            state.phase_began = SystemTime::now();
        }
    }

    /// `probe` says whether requests are answered, until the guard is dropped. It must not wait.
    pub(crate) fn ask_readiness(
        &self,
        probe: impl Fn() -> Readiness + Send + Sync + 'static,
    ) -> ReadinessGuard {
        self.lock().probe = Some(Box::new(probe));
        ReadinessGuard(self.clone())
    }

    /// Values of `source` are asked for while it exists.
    pub(crate) fn add_source(&self, source: Weak<dyn MetricSource>) {
        let mut state = self.lock();
        state.sources.retain(|source| source.strong_count() > 0);
        state.sources.push(source);
    }

    /// What is known of the service now.
    pub fn status(&self) -> ServiceStatus {
        let state = self.lock();
        let since = |moment: SystemTime| moment.elapsed().unwrap_or_default().as_secs();
        ServiceStatus {
            phase_seconds: since(state.phase_began),
            uptime_seconds: since(state.began),
            ..state.status.clone()
        }
    }

    /// Of `service.toml`.
    pub fn name(&self) -> String {
        self.lock().status.name.clone()
    }

    /// Whether both are about the same service.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Whether requests are answered now.
    pub fn readiness(&self) -> Readiness {
        let state = self.lock();
        let not = |reason: &str| Readiness { ready: false, reason: Some(reason.to_owned()) };
        match (state.status.phase, &state.probe) {
            (Phase::Draining | Phase::Stopping, _) => not("the service stops"),
            (Phase::Stopped, _) => not("the service has stopped"),
            (Phase::Failed, _) => not("the service has failed, its log says why"),
            (Phase::Starting, _) | (_, None) => not("the service starts"),
            (Phase::Running, Some(probe)) => probe(),
        }
    }

    /// A counter of this service, which outlives its versions. The same metric and labels give the same counter. Takes a
    /// lock: whoever counts often keeps it. The values of a label must be of a bounded number.
    pub fn counter(&self, metric: Metric, labels: &[(&'static str, &str)]) -> Counter {
        self.0.counters.counter(metric, labels)
    }

    /// The same for time; the name of `metric` ends in `_seconds`.
    pub fn time(&self, metric: Metric, labels: &[(&'static str, &str)]) -> TimeCounter {
        self.0.counters.time(metric, labels)
    }

    /// The values of all counters and sources.
    pub fn measure(&self, samples: &mut Samples) {
        self.0.counters.measure(samples);
        let sources = self.lock().sources.clone();
        for source in sources.iter().filter_map(Weak::upgrade) {
            source.measure(samples);
        }
    }

    /// Writes lines of this level from now on, for `duration` or else until it is said again. `None`: as `service.toml`
    /// and the command line say.
    pub fn set_level(&self, level: Option<Level>, duration: Option<Duration>) {
        let until = duration.map(|duration| Instant::now() + duration);
        self.0.level.send_replace(level.map(|level| LevelOverride { level, until }));
    }

    /// Who follows [`Monitor::set_level`].
    pub(crate) fn level_changes(&self) -> LevelChanges {
        LevelChanges { set: self.0.level.subscribe(), until: None }
    }
}

/// The services of a process, as far as they are known. Cheap to clone; all clones are one.
#[derive(Debug, Clone, Default)]
pub struct Services(Arc<Mutex<Vec<Monitor>>>);

impl Services {
    pub(crate) fn add(&self, monitor: Monitor) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(monitor);
    }

    /// Also those that have ended.
    pub fn all(&self) -> Vec<Monitor> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Waits for levels of the log that are set from outside.
#[derive(Debug)]
pub(crate) struct LevelChanges {
    set: watch::Receiver<Option<LevelOverride>>,
    /// When the time of the last one is over.
    until: Option<Instant>,
}

impl LevelChanges {
    /// The level that counts from now on, when another one is set or its time is over; `None`: what counted before any
    /// was set.
    ///
    /// # Cancel safety
    /// Can be called again.
    pub(crate) async fn next(&mut self) -> Option<Level> {
        let over = async {
            match self.until {
                Some(until) => sleep_until(until).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            changed = self.set.changed() => {
                if changed.is_err() {
                    return std::future::pending().await;
                }
                let set = *self.set.borrow_and_update();
                self.until = set.and_then(|set| set.until);
                set.map(|set| set.level)
            }
            () = over => {
                self.until = None;
                None
            }
        }
    }
}

impl Default for Monitor {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Monitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Monitor").field("status", &self.lock().status).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    #[tokio::test(start_paused = true)]
    async fn a_level_with_a_time_counts_until_it_is_over() {
        let monitor = Monitor::new();
        let mut changes = monitor.level_changes();
        let began = Instant::now();

        monitor.set_level(Some(Level::Debug), Some(MINUTE));

        assert_eq!(changes.next().await, Some(Level::Debug));
        assert_eq!(began.elapsed(), Duration::ZERO);
        assert_eq!(changes.next().await, None);
        assert_eq!(began.elapsed().as_secs(), 60);
    }

    #[tokio::test(start_paused = true)]
    async fn a_later_level_takes_the_time_of_the_one_before_with_it() {
        let monitor = Monitor::new();
        let mut changes = monitor.level_changes();
        monitor.set_level(Some(Level::Debug), Some(MINUTE));
        assert_eq!(changes.next().await, Some(Level::Debug));

        monitor.set_level(Some(Level::Error), None);

        assert_eq!(changes.next().await, Some(Level::Error));
        let more = tokio::time::timeout(10 * MINUTE, changes.next()).await;
        assert!(more.is_err(), "{more:?}");
        monitor.set_level(None, None);
        assert_eq!(changes.next().await, None);
    }
}
