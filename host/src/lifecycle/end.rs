//! The shutdown phase: of a whole service, of a version that is replaced, of one that never served.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{Instant, timeout, timeout_at};

use super::handover::StateHandover;
use super::listener::Listener;
use super::version::{CANCEL_GRACE, Version};
use crate::capability::Stopping;
use crate::telemetry::warn;

/// How a service or a version stopped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Stopped {
    /// Whether every step succeeded and was done in time.
    pub in_order: bool,
    /// Requests that were cut off because time ran out.
    pub requests_cut: usize,
}

/// A version that comes to its end, with the listeners that are closed with it.
#[derive(Debug)]
pub(super) struct Ending {
    pub(super) version: Version,
    pub(super) listeners: Vec<Listener>,
    /// Whether kind `native` has begun its work.
    pub(super) has_natives: bool,
}

/// When the last request is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Drain {
    /// With the last connection: there are no others.
    Connections,
    /// When nobody can send one any more: connections are kept for the next version.
    Requests,
}

impl Ending {
    /// Ends the version as the last one: no new connections, drain, notice, `stop`, `on-finish`, end.
    ///
    /// What is not done after `limit` is cut off.
    pub(super) async fn end(mut self, limit: Duration) -> Stopped {
        self.drain();
        let message = "shutdown takes too long, interrupting the service";
        self.run(Drain::Connections, limit, message).await
    }

    /// Ends the version after another has taken over: the same, and open connections stay open. First
    /// of all its state goes to its successor, if that takes one.
    ///
    /// What is not done after its own `[host] shutdown_timeout`, counted from then on, is cut off.
    pub(super) async fn retire(mut self, handover: Option<StateHandover>) -> Stopped {
        self.drain();
        // What it inherits itself is part of what it leaves.
        self.version.cleared.clone().await;
        if let Some(handover) = handover {
            handover.hand_over(&mut self.version).await;
        }
        let limit = self.version.definition.host.shutdown_timeout;
        let message = "the previous version takes too long to end, interrupting it";
        self.run(Drain::Requests, limit, message).await
    }

    /// No new connections and requests from now on.
    fn drain(&mut self) {
        self.version.stopping.send_replace(Stopping::Draining);
        self.version.stop_kinds();
        self.listeners.iter_mut().for_each(Listener::close);
    }

    async fn run(mut self, drain: Drain, limit: Duration, too_late: &'static str) -> Stopped {
        // A script may have used up all its time. What has ended by itself still gets to say so.
        let deadline = Instant::now() + limit.max(CANCEL_GRACE);
        let mut stopped = Stopped { in_order: true, requests_cut: 0 };
        let mut step = "drain";
        let Self { version, listeners, has_natives } = &mut self;
        let steps = async {
            for listener in listeners {
                listener.drained().await;
            }
            let kinds = version.kinds_ended().await;
            if drain == Drain::Requests {
                version.drained().await;
            }
            stopped.in_order = kinds & version.finish(*has_natives, deadline, &mut step).await;
        };
        if timeout_at(deadline, steps).await.is_err() {
            stopped.in_order = false;
            stopped.requests_cut = self.version.workers.load();
            warn!(
                ShutdownTimedOut,
                timeout = %humantime::format_duration(limit),
                step,
                calls.cut = stopped.requests_cut,
                "{too_late}"
            );
            self.listeners.iter().for_each(Listener::cut);
            self.version.cut().await;
        }
        self.listeners.iter().for_each(Listener::cut);
        let untaken = self.untaken().await;
        if untaken > 0 {
            stopped.in_order = false;
            stopped.requests_cut += untaken;
            warn!(
                SlowReadersCut,
                responses.cut = untaken,
                "responses cut off, their clients read too slowly"
            );
        }
        // Not one of the steps that are cut off: each feature ends once, and has a limit of its own.
        stopped.in_order &= self.version.running_extensions.end(deadline).await;
        stopped
    }

    /// How many responses were cut off that only their clients had not taken yet.
    async fn untaken(&mut self) -> usize {
        let counts = join_all(self.listeners.iter_mut().map(Listener::drained));
        // Threads that do not say it in time are stuck, which has been told.
        timeout(CANCEL_GRACE, counts).await.unwrap_or_default().iter().sum()
    }
}
