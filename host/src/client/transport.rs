//! What carries an exchange. Deadlines, limits, retries and gRPC lie above and are the same for all.

use std::sync::Arc;

use http::{Request, Response};

use super::body::{RequestBody, TransportBody};
use super::error::ClientError;
use super::local::{LocalServices, LocalTransport};
use super::network::Network;
use super::resolver::Resolve;
use super::settings;
use super::tasks::Tasks;
use crate::call::Deadline;

#[derive(Debug)]
pub(super) struct Transport {
    network: Network,
    /// The services of this process, in which the client may find its own.
    local: LocalTransport,
}

/// An exchange without a response.
#[derive(Debug)]
pub(super) struct SendError {
    pub(super) error: ClientError,
    pub(super) progress: Progress,
}

/// How far a request without a response has come.
#[derive(Debug)]
pub(super) enum Progress {
    /// There is no connection; here it is.
    NotConnected(Box<Request<RequestBody>>),
    /// Not a byte has left, because the connection was about to end; here it is.
    Unsent(Box<Request<RequestBody>>),
    /// The other side says that it has not looked at it.
    Refused,
    /// The other side may have handled it.
    Unknown,
    /// It cannot be sent at all.
    Impossible,
}

impl Transport {
    pub(super) fn new(
        settings: &Arc<settings::Client>,
        tasks: &Tasks,
        resolver: Arc<dyn Resolve>,
        services: &LocalServices,
    ) -> Self {
        let network = Network::new(settings, tasks, resolver);
        let local = LocalTransport::new(settings, services);
        // So that a service that is not there is told of at the start, and the first call finds a connection.
        if !local.is_expected() {
            network.begin();
        }
        Self { network, local }
    }

    /// Resolves with the head of the response.
    pub(super) async fn send(
        &self,
        request: Request<RequestBody>,
        deadline: Deadline,
    ) -> Result<Response<TransportBody>, SendError> {
        match self.local.find() {
            Some(service) => self.local.send(&service, request).await,
            None => self.network.send(request, deadline).await,
        }
    }
}
