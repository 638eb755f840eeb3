//! Calls on their way into one instance. Any thread may add to it.
//!
//! A bound, fairness between connections, and callers that leave while they wait are simple one by one and meet
//! here. A request that finds the queue full may displace the last one of a connection that has asked for more.
//! Callers that have left are noticed only when a place is needed or their turn comes: looking for them at every
//! refusal would take the longer the fuller the queue is. All of this is under one lock. `in_flight` is not: only
//! the instance's thread changes it, and a stale value elsewhere is the same as having come a moment earlier.

mod order;
#[cfg(test)]
mod properties;
mod state;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::task::AtomicWaker;
use tokio::sync::watch;

use self::order::FairOrder;
use self::state::{QueueState, Waiting};
use super::meter::Meter;
use crate::call::{Call, CallRequest, Fault};

/// Least time between two looks for callers that have left a full queue.
const SWEEP_PAUSE: Duration = Duration::from_millis(10);

/// Requests wait within a bound, those of one connection in their order and taking turns with those of
/// others; what the host itself asks, the steps, goes first and has no bound.
#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<QueueState>,
    waker: AtomicWaker,
    /// Requests inside the instance.
    in_flight: AtomicUsize,
    max_in_flight: usize,
    max_waiting: usize,
    /// Notified whenever the readiness changes.
    readiness: watch::Sender<()>,
    /// Told when the last request has left.
    emptied: AtomicWaker,
    /// Where waiting is counted, if somebody wants to know.
    meter: OnceLock<Arc<Meter>>,
}

/// Whether calls can enter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Readiness {
    /// The instance starts; requests wait for it.
    Starting,
    /// The instance takes requests in.
    Ready,
    /// The instance could not be started; requests are refused until a later one is.
    Broken,
    /// The worker ends; nothing is taken any more.
    Closed,
}

/// A call that is not taken is given back, so that it can be offered elsewhere.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) call: Call,
    pub(super) fault: Fault,
}

impl Queue {
    pub(super) fn new(
        max_in_flight: usize,
        max_waiting: usize,
        readiness: watch::Sender<()>,
    ) -> Self {
        let state = QueueState {
            steps: VecDeque::new(),
            requests: VecDeque::new(),
            order: FairOrder::default(),
            readiness: Readiness::Starting,
            held: false,
            swept: None,
        };
        Self {
            state: Mutex::new(state),
            waker: AtomicWaker::new(),
            in_flight: AtomicUsize::new(0),
            max_in_flight,
            max_waiting,
            readiness,
            emptied: AtomicWaker::new(),
            meter: OnceLock::new(),
        }
    }

    /// Adds a call. A request whose turn comes before that of the last one in a full queue displaces that,
    /// which fails with [`Fault::Saturated`].
    ///
    /// # Errors
    /// [`Fault::Saturated`] when it is a request and there is no place for it, [`Fault::Unavailable`] while
    /// the instance cannot be started, [`Fault::Stopping`] after [`Queue::close`].
    pub(super) fn push(&self, call: Call) -> Result<(), Box<Refused>> {
        let mut state = self.state();
        let is_request = call.request.is_request();
        let refusal = match state.readiness {
            Readiness::Closed => Some(Fault::Stopping),
            Readiness::Broken if is_request => Some(Fault::Unavailable),
            _ => None,
        };
        if let Some(fault) = refusal {
            return Err(Box::new(Refused { call, fault }));
        }
        if is_request {
            let free = self.free();
            let admitted = state.admit(call, free, free + self.max_waiting);
            drop(state);
            if let Some(displaced) = admitted? {
                displaced.request.reply().fail(Fault::Saturated);
            }
        } else {
            state.steps.push_back(call);
            drop(state);
        }
        self.waker.wake();
        Ok(())
    }

    /// Takes the next call that may enter now, a request if it `fits`, and counts that as inside.
    pub(super) fn pop(&self, fits: impl Fn(&CallRequest) -> bool) -> Option<Call> {
        let mut state = self.state();
        while let Some(step) = state.steps.pop_front() {
            // One whose time is over must not begin after what was to follow it.
            if !step.request.reply().is_abandoned() {
                return Some(step);
            }
        }
        if state.held || self.free() == 0 {
            return None;
        }
        let mut dropped = false;
        let may_leave = |Waiting { call, .. }: &Waiting| {
            call.request.reply().is_abandoned() || fits(&call.request)
        };
        while let Some(Waiting { call, turn, since, .. }) =
            state.requests.iter().position(may_leave).and_then(|place| state.requests.remove(place))
        {
            // Others may be passed over, whose turn is still to come.
            let first = state.requests.front().map_or(turn, |first| first.turn);
            state.order.entered(turn.min(first));
            if state.requests.is_empty() {
                state.remember_those_waiting();
            }
            if !call.request.reply().is_abandoned() {
                self.in_flight.fetch_add(1, Ordering::Relaxed);
                if let Some(meter) = self.meter.get() {
                    meter.note_entry(since.elapsed());
                }
                return Some(call);
            }
            dropped = true;
        }
        if dropped {
            self.emptied.wake();
        }
        None
    }

    /// Counts into `meter` how long requests wait from now on.
    pub(super) fn measure_into(&self, meter: Arc<Meter>) {
        // There is one per worker, which runs once.
        let _ = self.meter.set(meter);
    }

    /// Requests inside the instance.
    pub(super) fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// Requests that wait to enter.
    pub(super) fn waiting(&self) -> usize {
        self.state().requests.len()
    }

    /// A request has left the instance.
    pub(super) fn left(&self) {
        if self.in_flight.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.emptied.wake();
        }
    }

    /// The instance is gone, and the requests in it with it.
    pub(super) fn emptied(&self) {
        self.in_flight.store(0, Ordering::Relaxed);
        self.emptied.wake();
    }

    /// Ready while no request is inside or waits. Only one task may wait for it.
    pub(super) fn poll_empty(&self, context: &mut Context<'_>) -> Poll<()> {
        self.emptied.register(context.waker());
        if self.load() == 0 { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Lets requests wait, and steps pass, until [`Queue::release`].
    pub(super) fn hold(&self) {
        self.state().held = true;
    }

    pub(super) fn release(&self) {
        self.state().held = false;
        self.waker.wake();
    }

    /// Takes back the request `id` if it has not entered yet.
    pub(super) fn withdraw(&self, id: &Arc<str>) -> Option<Call> {
        self.take_out(id, |_| true)
    }

    /// Forgets the request `id`, for which nobody waits any more; false if it has entered.
    pub(super) fn forget(&self, id: &Arc<str>) -> bool {
        // Calls of plug-ins for one request share its id.
        self.take_out(id, |call| call.request.reply().is_abandoned()).is_some()
    }

    fn take_out(&self, id: &Arc<str>, is_it: impl Fn(&Call) -> bool) -> Option<Call> {
        let mut state = self.state();
        let is_it = |Waiting { call, .. }: &Waiting| {
            let other = call.context.request_id.as_ref();
            other.is_some_and(|other| Arc::ptr_eq(id, other)) && is_it(call)
        };
        let place = state.requests.iter().position(is_it)?;
        let withdrawn = state.requests.remove(place)?;
        state.give_back(&withdrawn);
        drop(state);
        self.emptied.wake();
        Some(withdrawn.call)
    }

    /// Takes every request that waits, for another worker.
    pub(super) fn take_requests(&self) -> Vec<Call> {
        let mut state = self.state();
        let requests = state.requests.drain(..).map(|waiting| waiting.call).collect();
        state.remember_those_waiting();
        drop(state);
        self.emptied.wake();
        requests
    }

    /// Takes every step that waits.
    pub(super) fn take_steps(&self) -> Vec<Call> {
        self.state().steps.drain(..).collect()
    }

    /// Whether a request that is added now can be expected to enter at once: there is a place, and
    /// what was added before was taken in within `patience`.
    pub(super) fn is_open(&self, patience: Duration) -> bool {
        let state = self.state();
        state.readiness == Readiness::Ready
            && !state.held
            && state.requests.len() < self.free()
            && state.requests.front().is_none_or(|waiting| waiting.since.elapsed() < patience)
    }

    /// Requests inside and waiting.
    pub(super) fn load(&self) -> usize {
        self.state().requests.len() + self.in_flight.load(Ordering::Relaxed)
    }

    /// Sets the readiness, unless the queue is closed.
    pub(super) fn set_readiness(&self, readiness: Readiness) {
        let mut state = self.state();
        if state.readiness != Readiness::Closed {
            state.readiness = readiness;
        }
        drop(state);
        self.readiness.send_replace(());
    }

    pub(super) fn is_ready(&self) -> bool {
        self.state().readiness == Readiness::Ready
    }

    /// Resolves once the queue is closed.
    pub(super) async fn closed(&self) {
        poll_fn(|context| {
            self.waker.register(context.waker());
            if self.state().readiness == Readiness::Closed {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }

    /// Takes no more calls; those that wait still enter.
    pub(super) fn close(&self) {
        self.state().readiness = Readiness::Closed;
        self.waker.wake();
        self.readiness.send_replace(());
    }

    pub(super) fn is_closed(&self) -> bool {
        self.state().readiness == Readiness::Closed
    }

    /// Closed, and nothing waits.
    pub(super) fn is_finished(&self) -> bool {
        let state = self.state();
        state.readiness == Readiness::Closed && state.steps.is_empty() && state.requests.is_empty()
    }

    /// Makes the event loop turn.
    pub(super) fn wake(&self) {
        self.waker.wake();
    }

    pub(super) fn register(&self, waker: &std::task::Waker) {
        self.waker.register(waker);
    }

    fn free(&self) -> usize {
        self.max_in_flight.saturating_sub(self.in_flight.load(Ordering::Relaxed))
    }

    fn state(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
