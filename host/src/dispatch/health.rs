//! Whether the service serves: for HTTP as a whole, for `grpc.health.v1.Health` also each of its gRPC
//! services; the empty name is the whole.

use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::Arc;

use futures_util::Stream;
use futures_util::stream::unfold;
use tokio::sync::watch;
use tonic::{Request, Response, Status, async_trait};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_server::Health as Protocol;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

use crate::capability::Said;
use crate::guest::Workers;

/// Whether the service serves, as everybody who asks is told.
#[derive(Debug, Clone)]
pub struct Health {
    /// True while the service is up and not stopping.
    serving: watch::Receiver<bool>,
    said: watch::Receiver<Said>,
    workers: Workers,
    names: Arc<BTreeSet<String>>,
}

impl Health {
    /// `names` are the services that the host knows; the service may speak of others.
    pub fn new(
        serving: watch::Receiver<bool>,
        said: watch::Receiver<Said>,
        workers: Workers,
        names: impl IntoIterator<Item = String>,
    ) -> Self {
        Self { serving, said, workers, names: Arc::new(names.into_iter().collect()) }
    }

    /// Whether the service as a whole serves.
    pub fn is_serving(&self) -> bool {
        self.is_up() && self.said.borrow().get("").copied().unwrap_or(true)
    }

    fn is_up(&self) -> bool {
        *self.serving.borrow() && self.workers.is_ready()
    }

    fn status(&self, service: &str) -> ServingStatus {
        let said = self.said.borrow();
        let own = said.get(service);
        if own.is_none() && !service.is_empty() && !self.names.contains(service) {
            return ServingStatus::ServiceUnknown;
        }
        let wants = own.or_else(|| said.get("")).copied().unwrap_or(true);
        if wants && self.is_up() { ServingStatus::Serving } else { ServingStatus::NotServing }
    }

    /// Resolves when the answer may have changed; false when it will not any more.
    async fn changed(&mut self, doors: &mut watch::Receiver<()>) -> bool {
        tokio::select! {
            changed = self.serving.changed() => changed.is_ok(),
            changed = self.said.changed() => changed.is_ok(),
            changed = doors.changed() => changed.is_ok(),
        }
    }
}

fn response(status: ServingStatus) -> HealthCheckResponse {
    HealthCheckResponse { status: status.into() }
}

#[async_trait]
impl Protocol for Health {
    type WatchStream =
        Pin<Box<dyn Stream<Item = Result<HealthCheckResponse, Status>> + Send + 'static>>;

    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        let service = &request.get_ref().service;
        match self.status(service) {
            ServingStatus::ServiceUnknown => {
                Err(Status::not_found(format!("there is no service `{service}`")))
            }
            status => Ok(Response::new(response(status))),
        }
    }

    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let service = request.into_inner().service;
        // Subscribed before the first look, so that nothing is missed.
        let doors = self.workers.doors();
        let statuses = unfold((self.clone(), doors, None), move |(mut health, mut doors, last)| {
            let service = service.clone();
            async move {
                loop {
                    let status = health.status(&service);
                    if last != Some(status) {
                        return Some((Ok(response(status)), (health, doors, Some(status))));
                    }
                    if !health.changed(&mut doors).await {
                        return None;
                    }
                }
            }
        });
        Ok(Response::new(Box::pin(statuses)))
    }
}
