//! The addresses of a service, and which of them a request goes to.
//!
//! Does not know what requests say.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use http::{Request, Response};

use super::body::{RequestBody, ResponseBody};
use super::endpoint::{Endpoint, EndpointConfig};
use super::error::{ClientError, TransportFault};
use super::resolver::Resolve;
use super::settings;
use super::tasks::Tasks;
use super::transport::{Progress, SendError};

/// The connections of one client on one thread.
#[derive(Debug)]
pub(super) struct Network {
    settings: Arc<settings::Client>,
    resolver: Arc<dyn Resolve>,
    config: Arc<EndpointConfig>,
    endpoints: Mutex<Vec<Arc<Endpoint>>>,
    next: AtomicUsize,
}

impl Network {
    pub(super) fn new(
        settings: &Arc<settings::Client>,
        tasks: &Tasks,
        resolver: Arc<dyn Resolve>,
    ) -> Self {
        Self {
            settings: settings.clone(),
            resolver,
            config: Arc::new(EndpointConfig::new(settings, tasks)),
            endpoints: Mutex::default(),
            next: AtomicUsize::new(0),
        }
    }

    pub(super) async fn send(
        &self,
        request: Request<RequestBody>,
    ) -> Result<Response<ResponseBody>, SendError> {
        match self.endpoint().await {
            Ok(endpoint) => endpoint.send(request).await,
            Err(error) => Err(SendError { error, progress: Progress::Unsent(Box::new(request)) }),
        }
    }

    async fn endpoint(&self) -> Result<Arc<Endpoint>, ClientError> {
        if let Some(endpoint) = self.pick() {
            return Ok(endpoint);
        }
        let addresses = self.resolver.resolve(&self.settings.host).await;
        let addresses =
            addresses.map_err(|error| self.settings.failed(TransportFault::Resolve, error))?;
        let port = self.settings.port;
        let endpoints = addresses
            .into_iter()
            .map(|address| Arc::new(Endpoint::new(SocketAddr::new(address, port), &self.config)));
        *self.endpoints.lock().unwrap_or_else(PoisonError::into_inner) = endpoints.collect();
        self.pick().ok_or_else(|| self.settings.failed(TransportFault::Resolve, "it has none"))
    }

    fn pick(&self) -> Option<Arc<Endpoint>> {
        let endpoints = self.endpoints.lock().unwrap_or_else(PoisonError::into_inner);
        let next = self.next.fetch_add(1, Ordering::Relaxed);
        next.checked_rem(endpoints.len()).map(|next| endpoints[next].clone())
    }
}
