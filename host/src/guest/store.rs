//! The store of an instance: its memory limit, and what happens when a tick of the epoch meets guest code.
//!
//! At a tick the guest is either new on its thread, late, or merely busy. It is new if the event loop has turned
//! since the tick before; then it goes on. One that is late is interrupted by a trap, which costs the whole
//! instance, so it gets a grace beyond its deadline. One that is busy yields to its thread and goes on.

use std::sync::Arc;

use tokio::time::Instant;
use wasmtime::{Store, StoreContextMut, UpdateDeadline};

use super::OVERDUE_GRACE;
use super::worker::WorkerConfig;
use crate::capability::{self, MemoryLimit, State};
use crate::client::Clients;

/// A store with the limits of the service, for one instance.
pub(super) fn new(config: &WorkerConfig, clients: &Arc<Clients>) -> Store<State> {
    let used = config.worker.memory.clone();
    let memory = MemoryLimit { bytes: config.limits.memory, used };
    let state = State::new(config.grants.clone(), clients.clone(), config.index, memory);
    let mut store = Store::new(config.program.instance().engine(), state);
    store.limiter(|state| &mut state.memory);
    store.set_epoch_deadline(1);
    let heartbeat = config.worker.heartbeat.clone();
    let (mut last_turn, mut since) = (0, Instant::now());
    store.epoch_deadline_callback(move |mut context| {
        if heartbeat.is_interrupted() {
            return Ok(UpdateDeadline::Interrupt);
        }
        let turn = heartbeat.turns();
        if turn == last_turn {
            if is_late(&mut context, since) {
                return Ok(UpdateDeadline::Interrupt);
            }
            // tokio's own yield, because it lets the thread look at its sockets and timers first.
            return Ok(UpdateDeadline::YieldCustom(1, Box::pin(tokio::task::yield_now())));
        }
        (last_turn, since) = (turn, Instant::now());
        Ok(UpdateDeadline::Continue(1))
    });
    store
}

/// Whether the call that computes right now, `since` it was let in, may not do so any more.
fn is_late(context: &mut StoreContextMut<'_, State>, since: Instant) -> bool {
    let task = capability::current_task(&mut *context);
    let call = task.and_then(|task| context.data().calls.get(task));
    let Some((call, overdue)) = call.and_then(|call| Some((call, call.context.overdue?))) else {
        return false;
    };
    // What goes on after a call has returned may still do a little at a time.
    let is_open = call.reply.is_some() || call.late_fault.is_some();
    let begin = if is_open { overdue } else { overdue.max(since) };
    Instant::now() >= begin + OVERDUE_GRACE
}
