//! A kind: how a service is reached, or what makes it work.

use std::sync::Arc;

use tokio::sync::watch;

use super::error::ExtensionError;
use super::guest::{Export, Guest};
use super::start::Start;
use crate::definition::{ExtensionSettings, PortUse};
use crate::telemetry::Attributes;

/// What a kind is. One value of it is registered with the host; every version of a service of this kind
/// starts a [`RunningKind`] of its own.
pub trait Kind: Send + Sync + 'static {
    /// `[services.<name>]`.
    type Settings: ExtensionSettings;
    type Running: RunningKind;

    /// The word in `types`. Unique in a host, and none of `http`, `grpc`, `native`, `worker` and `script`.
    fn name(&self) -> &'static str;

    /// One sentence: what a service of this kind does.
    fn summary(&self) -> &'static str;

    /// Whether `name:port` makes sense in `types`.
    fn port(&self) -> PortUse {
        PortUse::None
    }

    /// The interface that a service of this kind exports, and others do not: `acme:queue/consumer@0.1.0`.
    fn interface(&self) -> &'static str;

    /// The functions of that interface which it calls.
    fn exports(&self) -> &'static [Export];

    /// Prepares the kind, before the guests start: binds sockets, opens connections. Runs on the thread that
    /// handles signals: it must not block. Bounded by `[host] start_timeout`.
    ///
    /// While one version takes over from another, both are there: the new one starts before the old one
    /// is told to stop.
    ///
    /// # Errors
    /// Keep the service from starting, or a new version from taking over.
    fn start(
        &self,
        settings: Arc<Self::Settings>,
        start: Start,
    ) -> impl Future<Output = Result<Self::Running, ExtensionError>>;
}

/// A kind of one version of a service.
pub trait RunningKind: Send + 'static {
    /// What `service is running` says of it in the log. No secrets.
    fn describe(&self) -> Attributes {
        Attributes::new()
    }

    /// Works until it is told to stop, on a thread of its own with a `current_thread` runtime. Begins when
    /// the service is open. Returning early without an error is fine: the service goes on.
    ///
    /// Once told to stop it finishes what it has begun and returns; what still runs after
    /// `[host] shutdown_timeout` is cut off.
    ///
    /// # Errors
    /// Stop the service in order; exit status 1.
    fn run(self, guest: Guest, stop: Stop) -> impl Future<Output = Result<(), ExtensionError>>;
}

/// Tells a kind when to stop.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<bool>);

impl Stop {
    pub(crate) fn new(receiver: watch::Receiver<bool>) -> Self {
        Self(receiver)
    }

    /// Resolves when the kind is to stop; at once if that was before.
    ///
    /// # Cancel safety
    /// Can be called again.
    pub async fn told(&mut self) {
        // A host that is gone wants nothing any more either.
        let _ = self.0.wait_for(|stops| *stops).await;
    }

    /// Whether the kind is to stop.
    pub fn is_told(&self) -> bool {
        *self.0.borrow()
    }
}
