//! What the service manager that has started this process is told: systemd, by the protocol of `sd_notify(3)`.
//!
//! The process is ready when all its services are, and alive while the supervisors of all turn. Without
//! `NOTIFY_SOCKET` nothing is told.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sd_notify::NotifyState;
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::telemetry::warn;

/// The services of this process as the service manager sees them.
#[derive(Debug)]
pub(super) struct ServiceManager {
    state: Mutex<State>,
    /// How long nothing may be heard of the process.
    watchdog: Option<Duration>,
}

#[derive(Debug)]
struct State {
    services: Vec<Service>,
    /// What the service manager was told last.
    told: Told,
    /// Whether it could not be told, which is said once.
    is_unreachable: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Nothing,
    Ready,
    Reloading,
    Stopping,
}

#[derive(Debug, Clone, Copy)]
struct Service {
    condition: Condition,
    /// Whether its supervisor has turned since the service manager last heard of the process.
    has_turned: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Condition {
    Starting,
    Serving,
    /// Another version is to take over.
    Reloading,
    Ended,
}

impl ServiceManager {
    pub(super) fn new(services: usize) -> Self {
        let service = Service { condition: Condition::Starting, has_turned: false };
        let state =
            State { services: vec![service; services], told: Told::Nothing, is_unreachable: false };
        Self { state: Mutex::new(state), watchdog: sd_notify::watchdog_enabled() }
    }

    /// Service `index` serves, with another version or with the one before.
    pub(super) fn note_serving(&self, index: usize) {
        self.note(index, Condition::Serving);
    }

    /// Another version of service `index` is to take over.
    pub(super) fn note_reloading(&self, index: usize) {
        self.note(index, Condition::Reloading);
    }

    /// Service `index` has ended; the others go on.
    pub(super) fn note_ended(&self, index: usize) {
        self.note(index, Condition::Ended);
    }

    /// The process was told to stop.
    pub(super) fn note_stopping(&self) {
        let mut state = self.lock();
        if state.told != Told::Stopping {
            state.told = Told::Stopping;
            state.tell(&[NotifyState::Stopping]);
        }
    }

    fn note(&self, index: usize, condition: Condition) {
        let mut state = self.lock();
        state.services[index].condition = condition;
        let is_any =
            |condition| state.services.iter().any(|service| service.condition == condition);
        let is_reloading = is_any(Condition::Reloading);
        let is_ready = is_any(Condition::Serving) && !is_any(Condition::Starting) && !is_reloading;
        match state.told {
            Told::Nothing | Told::Reloading if is_ready => {
                state.told = Told::Ready;
                state.tell(&[NotifyState::Ready]);
            }
            Told::Ready if is_reloading => {
                state.told = Told::Reloading;
                let now = NotifyState::monotonic_usec_now();
                state.tell(&[NotifyState::Reloading].into_iter().chain(now).collect::<Vec<_>>());
            }
            _ => (),
        }
    }

    /// How often each supervisor has to say that it turns; `None` if nobody wants to know.
    pub(super) fn turns(&self) -> Option<Interval> {
        // systemd wants to hear of the process twice in its time. Of several supervisors the last one counts.
        let mut turns = interval(self.watchdog? / 4);
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Some(turns)
    }

    /// The supervisor of service `index` turns. Once all have, the service manager hears of it.
    pub(super) fn note_turn(&self, index: usize) {
        let mut state = self.lock();
        state.services[index].has_turned = true;
        if state.services.iter().all(|one| one.has_turned || one.condition == Condition::Ended) {
            state.services.iter_mut().for_each(|service| service.has_turned = false);
            state.tell(&[NotifyState::Watchdog]);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn tell(&mut self, states: &[NotifyState<'_>]) {
        let told = sd_notify::notify(states);
        if let (Err(error), false) = (&told, self.is_unreachable) {
            warn!(ServiceManagerUnreachable, %error, "cannot notify the service manager");
        }
        self.is_unreachable = told.is_err();
    }
}
