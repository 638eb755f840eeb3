//! HTTP/1.1 connections that have no exchange and are kept for the next one.
//!
//! Does not open any.

use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::client::conn::http1::SendRequest;
use tokio::select;
use tokio::time::{Instant, sleep_until};

use super::body::RequestBody;
use super::tasks::Tasks;

/// How long a connection without an exchange is kept.
const IDLE: Duration = Duration::from_mins(1);

/// The idle connections to one address.
#[derive(Debug)]
pub(super) struct IdleConnections {
    state: Mutex<State>,
    tasks: Tasks,
}

#[derive(Debug, Default)]
struct State {
    /// Each with the time since when it is idle, the latest at the end.
    connections: Vec<(SendRequest<RequestBody>, Instant)>,
    /// Whether a task ends those that are idle for too long.
    is_pruned: bool,
    /// Whether none are kept any more.
    is_closed: bool,
}

impl IdleConnections {
    pub(super) fn new(tasks: &Tasks) -> Self {
        Self { state: Mutex::default(), tasks: tasks.clone() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection that was used last.
    pub(super) fn take(&self) -> Option<SendRequest<RequestBody>> {
        let mut state = self.lock();
        state.forget_unusable();
        let idle = &mut state.connections;
        let ready = idle.iter().rposition(|(sender, _)| sender.is_ready())?;
        Some(idle.remove(ready).0)
    }

    pub(super) fn put(self: &Arc<Self>, sender: SendRequest<RequestBody>) {
        let mut state = self.lock();
        if state.is_closed {
            return;
        }
        state.connections.push((sender, Instant::now()));
        if !std::mem::replace(&mut state.is_pruned, true) {
            self.tasks.spawn(self.clone().prune());
        }
    }

    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        state.connections.clear();
    }

    /// Ends connections that are idle for too long, as long as there are any.
    async fn prune(self: Arc<Self>) {
        let mut closing = pin!(self.tasks.closing());
        loop {
            let oldest = {
                let mut state = self.lock();
                state.forget_unusable();
                let oldest = state.connections.first().map(|(_, since)| *since);
                state.is_pruned = oldest.is_some();
                oldest
            };
            let Some(oldest) = oldest else { return };
            select! {
                () = sleep_until(oldest + IDLE) => (),
                () = &mut closing => return,
            }
        }
    }
}

impl State {
    /// Forgets connections that have ended or are too old.
    fn forget_unusable(&mut self) {
        self.connections.retain(|(sender, since)| !sender.is_closed() && since.elapsed() < IDLE);
    }
}

#[cfg(test)]
mod tests {
    use hyper::client::conn::http1;
    use hyper_util::rt::TokioIo;
    use tokio::time::timeout;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_idle_connection_ends_although_no_request_comes() {
        let idle = Arc::new(IdleConnections::new(&Tasks::default()));
        let (client, _server) = tokio::io::duplex(1024);
        let (sender, connection) = http1::handshake(TokioIo::new(client)).await.unwrap();

        idle.put(sender);

        let mut connection = pin!(connection);
        let begun = Instant::now();
        assert!(timeout(IDLE / 2, &mut connection).await.is_err());
        timeout(IDLE, connection).await.unwrap().unwrap();
        assert!(begun.elapsed() >= IDLE);
        assert!(idle.take().is_none());
    }
}
