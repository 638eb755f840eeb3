//! Services of this process, which clients reach without a socket. A request is handed to a thread of the service
//! that is called and answered there, as one that comes from a connection.
//!
//! Does not know what answers.

use std::collections::{HashMap, HashSet, VecDeque};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{Request, Response, Version};
use http_body::{Body, Frame, SizeHint};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

use super::body::{RequestBody, TransportBody};
use super::error::TransportFault;
use super::settings::{self, ClientTransport, Protocol};
use super::transport::{Progress, SendError};
use crate::call::CallDepth;
use crate::definition::kebab_case;

/// Where calls within this process lead, as their errors say.
pub(super) const DESTINATION: &str = "the service of that name in this process";

/// How many requests may wait until a thread takes them; further ones are refused. Threads take them at once, so
/// this bounds what arrives while one is busy for a moment.
const MOST_WAITING: usize = 1024;

/// The services of this process by name and protocol. Clones are one.
#[derive(Debug, Clone, Default)]
pub(crate) struct LocalServices {
    running: Arc<RwLock<HashMap<Key, Arc<LocalService>>>>,
    /// The names of those that this process is to run.
    expected: Arc<RwLock<HashSet<String>>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    name: String,
    protocol: Protocol,
}

/// One service, as one protocol reaches it.
#[derive(Debug, Default)]
pub(super) struct LocalService {
    threads: RwLock<Vec<mpsc::Sender<LocalRequest>>>,
    next: AtomicUsize,
}

/// Keeps a service among those that can be called, until it is dropped.
#[derive(Debug)]
pub(crate) struct Registration {
    services: LocalServices,
    key: Key,
    service: Arc<LocalService>,
}

/// A request of another service, and where its response goes. That the caller has left closes `reply`.
#[derive(Debug)]
pub(crate) struct LocalRequest {
    pub request: Request<RequestBody>,
    pub reply: oneshot::Sender<Response<LocalBody>>,
}

type LocalResponse = oneshot::Receiver<Response<LocalBody>>;
type RefusedRequest = (Refused, Box<Request<RequestBody>>);

/// The requests for one thread.
pub(crate) type LocalRequests = mpsc::Receiver<LocalRequest>;

/// For a thread that is not to be called.
pub(crate) fn no_requests() -> LocalRequests {
    mpsc::channel(1).1
}

/// Why a request was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    /// The service stops, or has lost a thread.
    #[error("it is stopping")]
    Stopping,
    #[error("too many requests are waiting for it")]
    Saturated,
    #[error("calls within this process are nested {} deep at most", CallDepth::MOST.0)]
    TooDeep,
}

impl LocalServices {
    /// A service that clients can call once it is published.
    pub(crate) fn register(&self, name: &str, protocol: Protocol) -> Registration {
        let key = Key { name: name.to_owned(), protocol };
        Registration { services: self.clone(), key, service: Arc::default() }
    }

    /// A service of this name is to run in this process.
    pub(crate) fn expect(&self, name: &str) {
        let mut expected = self.expected.write().unwrap_or_else(PoisonError::into_inner);
        expected.insert(name.to_owned());
    }

    fn is_expected(&self, name: &str) -> bool {
        self.expected.read().unwrap_or_else(PoisonError::into_inner).contains(name)
    }

    pub(super) fn find(&self, name: &str, protocol: Protocol) -> Option<Arc<LocalService>> {
        let services = self.running.read().unwrap_or_else(PoisonError::into_inner);
        // A service is not asked for often enough by each client to make a key that borrows worth it.
        services.get(&Key { name: name.to_owned(), protocol }).cloned()
    }
}

impl Registration {
    /// Lets clients call the service from now on, in place of another of that name and protocol.
    pub(crate) fn publish(&self) {
        let mut services = self.services.running.write().unwrap_or_else(PoisonError::into_inner);
        services.insert(self.key.clone(), self.service.clone());
    }

    /// Lets another thread answer, too.
    pub(crate) fn add_thread(&self) -> LocalRequests {
        let (sender, requests) = mpsc::channel(MOST_WAITING);
        let threads = &self.service.threads;
        threads.write().unwrap_or_else(PoisonError::into_inner).push(sender);
        requests
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let mut services = self.services.running.write().unwrap_or_else(PoisonError::into_inner);
        // It may be that of a newer service with the same name.
        if services.get(&self.key).is_some_and(|service| Arc::ptr_eq(service, &self.service)) {
            services.remove(&self.key);
        }
    }
}

impl LocalService {
    /// Hands a request to a thread, to each in turn.
    pub(super) fn send(
        &self,
        request: Request<RequestBody>,
    ) -> Result<LocalResponse, RefusedRequest> {
        if CallDepth::of(request.extensions()) > CallDepth::MOST {
            return Err((Refused::TooDeep, Box::new(request)));
        }
        let (reply, response) = oneshot::channel();
        let threads = self.threads.read().unwrap_or_else(PoisonError::into_inner);
        let next = self.next.fetch_add(1, Ordering::Relaxed);
        let Some(thread) = next.checked_rem(threads.len()).map(|next| &threads[next]) else {
            return Err((Refused::Stopping, Box::new(request)));
        };
        match thread.try_send(LocalRequest { request, reply }) {
            Ok(()) => Ok(response),
            Err(TrySendError::Full(back)) => Err((Refused::Saturated, Box::new(back.request))),
            Err(TrySendError::Closed(back)) => Err((Refused::Stopping, Box::new(back.request))),
        }
    }
}

/// A frame, or why there is none.
pub(crate) type Item = Result<Frame<Bytes>, LocalBodyError>;

/// The body of a response from this process.
#[derive(Debug)]
pub(crate) struct LocalBody {
    /// What was there together with the head.
    ready: VecDeque<Item>,
    /// What comes later; `None` when that was all.
    rest: Option<mpsc::Receiver<Item>>,
}

/// The service ended the body of its response with an error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the response was broken off: {0}")]
pub(crate) struct LocalBodyError(pub String);

impl LocalBody {
    /// A body that is there.
    pub(crate) fn whole(ready: VecDeque<Item>) -> Self {
        Self { ready, rest: None }
    }

    /// A body that goes on, and what writes it. One frame waits at most.
    pub(crate) fn streamed(ready: VecDeque<Item>) -> (Self, mpsc::Sender<Item>) {
        let (writer, rest) = mpsc::channel(1);
        (Self { ready, rest: Some(rest) }, writer)
    }
}

impl Body for LocalBody {
    type Data = Bytes;
    type Error = LocalBodyError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Item>> {
        if let Some(frame) = self.ready.pop_front() {
            return Poll::Ready(Some(frame));
        }
        let Some(rest) = &mut self.rest else { return Poll::Ready(None) };
        let item = ready!(rest.poll_recv(context));
        if item.is_none() {
            self.rest = None;
        }
        Poll::Ready(item)
    }

    fn is_end_stream(&self) -> bool {
        self.ready.is_empty() && self.rest.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        if self.rest.is_some() {
            return SizeHint::default();
        }
        let frames = self.ready.iter().filter_map(|item| item.as_ref().ok()?.data_ref());
        let sizes = frames.map(|data| data.len() as u64);
        SizeHint::with_exact(sizes.sum())
    }
}

/// Calls a service of this process if there is one of the client's name.
#[derive(Debug)]
pub(super) struct LocalTransport {
    settings: Arc<settings::Client>,
    /// What the service of that name is called.
    service: String,
    services: LocalServices,
}

impl LocalTransport {
    pub(super) fn new(settings: &Arc<settings::Client>, services: &LocalServices) -> Self {
        let service = kebab_case(&settings.name);
        Self { settings: settings.clone(), service, services: services.clone() }
    }

    /// Whether there will be one, so that no connection is needed.
    pub(super) fn is_expected(&self) -> bool {
        self.settings.transport == ClientTransport::Auto && self.services.is_expected(&self.service)
    }

    pub(super) fn find(&self) -> Option<Arc<LocalService>> {
        if self.settings.transport == ClientTransport::Network {
            return None;
        }
        self.services.find(&self.service, self.settings.protocol)
    }

    /// Resolves with the head of the response.
    ///
    /// # Cancel safety
    /// Dropping the future cancels the request.
    pub(super) async fn send(
        &self,
        service: &LocalService,
        mut request: Request<RequestBody>,
    ) -> Result<Response<TransportBody>, SendError> {
        let settings = &self.settings;
        if settings.protocol == Protocol::Grpc {
            // As over the network.
            *request.version_mut() = Version::HTTP_2;
        }
        let response = service.send(request).map_err(|(refused, request)| SendError {
            error: settings.failed_at(&DESTINATION.into(), TransportFault::NotTaken, refused),
            progress: match refused {
                Refused::Stopping | Refused::Saturated => Progress::NotConnected(request),
                Refused::TooDeep => Progress::Impossible,
            },
        })?;
        let response = response.await.map_err(|lost| SendError {
            error: settings.failed_at(&DESTINATION.into(), TransportFault::Broken, lost),
            progress: Progress::Unknown,
        })?;
        Ok(response.map(|body| TransportBody::local(body, settings)))
    }
}
