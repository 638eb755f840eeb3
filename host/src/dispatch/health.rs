//! Whether the service serves: for HTTP as a whole, for `grpc.health.v1.Health` also each of its gRPC
//! services; the empty name is the whole.

use std::collections::BTreeSet;
use std::future::pending;
use std::pin::Pin;
use std::sync::Arc;

use futures_util::Stream;
use futures_util::stream::unfold;
use tokio::sync::watch;
use tonic::{Request, Response, Status, async_trait};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_server::Health as Protocol;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

use crate::capability::HealthOverrides;
use crate::guest::Workers;
use crate::observe::Readiness;

/// What the health of a service depends on, apart from whether it is up: that of the version which
/// serves.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    overrides: watch::Receiver<HealthOverrides>,
    workers: Workers,
    names: Arc<BTreeSet<String>>,
}

impl Condition {
    /// `names` are the services that the host knows; the service may speak of others.
    pub(crate) fn new(
        overrides: watch::Receiver<HealthOverrides>,
        workers: Workers,
        names: impl IntoIterator<Item = String>,
    ) -> Self {
        Self { overrides, workers, names: Arc::new(names.into_iter().collect()) }
    }

    fn is_serving(&self) -> bool {
        self.workers.is_ready() && self.overrides.borrow().get("").copied().unwrap_or(true)
    }

    fn status(&self, service: &str, is_up: bool) -> ServingStatus {
        let overrides = self.overrides.borrow();
        let own = overrides.get(service);
        if own.is_none() && !service.is_empty() && !self.names.contains(service) {
            return ServingStatus::ServiceUnknown;
        }
        let wants = own.or_else(|| overrides.get("")).copied().unwrap_or(true);
        let is_up = is_up && self.workers.is_ready();
        if wants && is_up { ServingStatus::Serving } else { ServingStatus::NotServing }
    }
}

/// Whether the service serves, as everybody who asks is told.
#[derive(Debug, Clone)]
pub(crate) struct Health {
    /// True while the service is up and not stopping.
    serving: watch::Receiver<bool>,
    /// Replaced with the version that serves; `None` before the first one.
    condition: watch::Receiver<Option<Condition>>,
}

impl Health {
    pub(crate) fn new(
        serving: watch::Receiver<bool>,
        condition: watch::Receiver<Option<Condition>>,
    ) -> Self {
        Self { serving, condition }
    }

    /// Whether the service as a whole serves.
    pub(crate) fn is_serving(&self) -> bool {
        *self.serving.borrow()
            && self.condition.borrow().as_ref().is_some_and(Condition::is_serving)
    }

    /// Whether requests are answered, and if not why.
    pub(crate) fn readiness(&self) -> Readiness {
        let condition = self.condition.borrow();
        let reason = match condition.as_ref() {
            None => Some("the service starts"),
            Some(_) if !*self.serving.borrow() => Some("the service stops"),
            Some(condition) if !condition.workers.is_ready() => Some("no instance is ready"),
            Some(condition) if !condition.is_serving() => {
                Some("the service says that it is not healthy")
            }
            Some(_) => None,
        };
        Readiness { ready: reason.is_none(), reason: reason.map(str::to_owned) }
    }

    /// Of the whole and of every service that the host or the service knows.
    pub(super) fn statuses(&self) -> Vec<(String, ServingStatus)> {
        let mut names = BTreeSet::from([String::new()]);
        if let Some(condition) = &*self.condition.borrow() {
            names.extend(condition.names.iter().cloned());
            names.extend(condition.overrides.borrow().keys().cloned());
        }
        names.into_iter().map(|name| (name.clone(), self.status(&name))).collect()
    }

    fn status(&self, service: &str) -> ServingStatus {
        match &*self.condition.borrow() {
            Some(condition) => condition.status(service, *self.serving.borrow()),
            None => ServingStatus::NotServing,
        }
    }
}

/// One client that watches the health of a service.
struct Watcher {
    health: Health,
    service: String,
    last: Option<ServingStatus>,
}

impl Watcher {
    /// The next status that differs from the one before; `None` when there will be none.
    async fn next(&mut self) -> Option<ServingStatus> {
        loop {
            // Subscribed before the look, so that nothing is missed.
            let current = self.health.condition.borrow_and_update().clone();
            self.health.serving.mark_unchanged();
            let version = current.map(|Condition { mut overrides, workers, .. }| {
                overrides.mark_unchanged();
                (overrides, workers.readiness())
            });
            let status = self.health.status(&self.service);
            if self.last != Some(status) {
                self.last = Some(status);
                return Some(status);
            }
            let goes_on = tokio::select! {
                told = self.health.serving.changed() => told.is_ok(),
                told = self.health.condition.changed() => told.is_ok(),
                () = changed_within(version) => true,
            };
            if !goes_on {
                return None;
            }
        }
    }
}

/// Resolves when a version speaks of its health or its workers come and go; never once it is gone.
async fn changed_within(version: Option<(watch::Receiver<HealthOverrides>, watch::Receiver<()>)>) {
    let Some((mut overrides, mut readiness)) = version else { return pending().await };
    let told = tokio::select! {
        told = overrides.changed() => told,
        told = readiness.changed() => told,
    };
    if told.is_err() {
        pending::<()>().await;
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
        let watcher = Watcher { health: self.clone(), service, last: None };
        let statuses = unfold(watcher, async |mut watcher| {
            let status = watcher.next().await?;
            Some((Ok(response(status)), watcher))
        });
        Ok(Response::new(Box::pin(statuses)))
    }
}
