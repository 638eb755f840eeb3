//! HTTP/1.1 connections that have no exchange and are kept for the next one.
//!
//! Does not open any.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::client::conn::http1::SendRequest;
use tokio::time::Instant;

use super::body::RequestBody;

/// How long a connection without an exchange is kept.
const IDLE: Duration = Duration::from_mins(1);

/// The idle connections to one address.
#[derive(Debug, Default)]
pub(super) struct IdleConnections(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Each with the time since when it is idle, the latest at the end.
    connections: Vec<(SendRequest<RequestBody>, Instant)>,
    /// When the last attempt to open one failed, if it did.
    unreachable_since: Option<Instant>,
    /// Whether none are kept any more.
    is_closed: bool,
}

impl IdleConnections {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection that was used last; those that have ended or are too old are forgotten.
    pub(super) fn take(&self) -> Option<SendRequest<RequestBody>> {
        let mut state = self.lock();
        let idle = &mut state.connections;
        idle.retain(|(sender, since)| !sender.is_closed() && since.elapsed() < IDLE);
        let ready = idle.iter().rposition(|(sender, _)| sender.is_ready())?;
        Some(idle.remove(ready).0)
    }

    pub(super) fn put(&self, sender: SendRequest<RequestBody>) {
        let mut state = self.lock();
        if !state.is_closed {
            state.connections.push((sender, Instant::now()));
        }
    }

    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        state.connections.clear();
    }

    /// Notes whether a connection could be opened. Says whether that has changed.
    pub(super) fn note_reached(&self, is_reached: bool) -> bool {
        let mut state = self.lock();
        let was_reached = state.unreachable_since.is_none();
        state.unreachable_since = if is_reached { None } else { Some(Instant::now()) };
        was_reached != is_reached
    }

    pub(super) fn unreachable_since(&self) -> Option<Instant> {
        self.lock().unreachable_since
    }
}
