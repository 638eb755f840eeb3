//! Who is told.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::monitor::Monitor;
use super::request::RequestRecord;
use super::routes::DeclaredRoutes;

/// Is told of every request of the kinds `http` and `grpc`, also of those that the host answers itself, and of every
/// call to another service.
///
/// Runs on the threads that serve requests: it must not block. One value serves all threads.
pub trait Observer: Send + Sync + 'static {
    /// The head of a request has arrived.
    fn on_request_begin(&self, request: &RequestRecord) {
        let _ = request;
    }

    /// A request is over: its response has been handed over completely, was cut off, or its client has left. Called
    /// once for each [`Observer::on_request_begin`].
    fn on_request_end(&self, request: &RequestRecord) {
        let _ = request;
    }

    /// A call to another service is over.
    fn on_client_call(&self, call: &ClientCall<'_>) {
        let _ = call;
    }
}

/// A call of a guest to another service that is over.
#[derive(Debug, Clone, Copy)]
pub struct ClientCall<'a> {
    /// The name of `[clients.<name>]`.
    pub client: &'a str,
    /// `grpc` or `http`.
    pub protocol: &'static str,
    /// Of HTTP its method, of gRPC `package.Service/Method`.
    pub method: &'a str,
    /// Where it was sent, without the port.
    pub server_address: &'a str,
    pub server_port: u16,
    /// The status of HTTP as a number, or the name of gRPC's code; `None` if there was no response.
    pub status: Option<&'a str>,
    /// Why it failed, for machines; `None` if it did not.
    pub error: Option<&'a str>,
    /// Attempts after the first one.
    pub retries: u32,
    /// Until the response has ended.
    pub duration: Duration,
}

/// Where what one version of a service does is told.
#[derive(Debug, Clone)]
pub(crate) struct ObserveContext {
    pub monitor: Monitor,
    pub observers: Observers,
    /// What the guest declares.
    pub routes: DeclaredRoutes,
}

impl ObserveContext {
    /// Without observers.
    pub(crate) fn unobserved(monitor: Monitor) -> Self {
        Self { monitor, observers: Observers::default(), routes: DeclaredRoutes::default() }
    }
}

/// All observers of one version of a service.
#[derive(Clone, Default)]
pub(crate) struct Observers(Option<Arc<[Arc<dyn Observer>]>>);

impl Observers {
    pub(crate) fn new(observers: Vec<Arc<dyn Observer>>) -> Self {
        Self((!observers.is_empty()).then(|| observers.into()))
    }

    pub(crate) fn any(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn each(&self, tell: impl FnMut(&Arc<dyn Observer>)) {
        self.0.iter().flat_map(|all| all.iter()).for_each(tell);
    }
}

impl fmt::Debug for Observers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.as_ref().map_or(0, |all| all.len());
        f.debug_struct("Observers").field("count", &count).finish()
    }
}
