//! One address of a service and the connections to it.
//!
//! HTTP/2 has one connection per address, which a task of its own opens, drives and reports the end of. HTTP/1.1
//! has as many as there are exchanges at a time, and keeps them for later ones.
//!
//! Does not know other addresses.

mod http1;
mod http2;

use std::error::Error as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::{TrySendError, http1::SendRequest};
use tokio::sync::{Notify, watch};

use self::http2::Link;
use super::body::{RequestBody, ResponseBody, Source};
use super::connector::{ConnectError, Connector};
use super::ejection::Record;
use super::error::{ClientError, TransportFault};
use super::idle::IdleConnections;
use super::lease::{Lease, Load};
use super::settings::{self, Protocol};
use super::tasks::Tasks;
use super::transport::{Progress, SendError};
use super::verdict::is_failure;
use crate::telemetry::warn;
use crate::text::on_one_line;

/// How long an address that was not reached is the last choice.
const PAUSE: Duration = Duration::from_secs(1);

/// What the endpoints of one client have in common.
#[derive(Debug)]
pub(super) struct EndpointConfig {
    settings: Arc<settings::Client>,
    connector: Connector,
    tasks: Tasks,
    /// Told when the addresses should be looked up again.
    pub(super) refresh: Notify,
}

impl EndpointConfig {
    pub(super) fn new(settings: &Arc<settings::Client>, tasks: &Tasks) -> Self {
        let connector = Connector::new(settings);
        let (settings, tasks) = (settings.clone(), tasks.clone());
        Self { settings, connector, tasks, refresh: Notify::new() }
    }
}

#[derive(Debug)]
pub(super) struct Endpoint {
    address: SocketAddr,
    name: Arc<str>,
    config: Arc<EndpointConfig>,
    connections: Connections,
    record: Record,
    /// Exchanges under way.
    load: Arc<AtomicUsize>,
    /// Whether the service has said that it is pinged too often.
    is_pinged_too_often: AtomicBool,
}

/// How likely a request gets through, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Readiness {
    Connected,
    /// Nobody has tried, or not for a while.
    Untried,
    /// It could not be reached a moment ago.
    Failing,
}

#[derive(Debug)]
enum Connections {
    Http1(Arc<IdleConnections>),
    Http2(watch::Sender<Link>),
}

impl Endpoint {
    pub(super) fn new(address: SocketAddr, config: &Arc<EndpointConfig>) -> Self {
        let connections = match config.settings.protocol {
            Protocol::Http => Connections::Http1(Arc::default()),
            Protocol::Grpc => Connections::Http2(watch::Sender::new(Link::Idle)),
        };
        Self {
            address,
            name: config.settings.destination(address),
            config: config.clone(),
            connections,
            record: Record::default(),
            load: Arc::default(),
            is_pinged_too_often: AtomicBool::new(false),
        }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn load(&self) -> usize {
        self.load.load(Ordering::Relaxed)
    }

    pub(super) fn is_ejected(&self) -> bool {
        self.config.settings.outlier_ejection.is_some() && self.record.is_ejected()
    }

    pub(super) fn readiness(&self) -> Readiness {
        let since = match &self.connections {
            Connections::Http1(idle) => match idle.unreachable_since() {
                None => return Readiness::Connected,
                Some(since) => since,
            },
            Connections::Http2(link) => match &*link.borrow() {
                Link::Ready(sender) if !sender.is_closed() => return Readiness::Connected,
                Link::Failed(_, since) | Link::EndedEarly(since) => *since,
                Link::Retired => return Readiness::Failing,
                Link::Ready(_) | Link::Idle | Link::Connecting => return Readiness::Untried,
            },
        };
        if since.elapsed() < PAUSE { Readiness::Failing } else { Readiness::Untried }
    }

    /// Connects, unless it is connected or was not to be reached a moment ago.
    pub(super) fn warm(self: &Arc<Self>, is_first: bool) {
        if self.readiness() == Readiness::Failing {
            return;
        }
        match &self.connections {
            Connections::Http2(link) => self.connect_unless_connected(link),
            Connections::Http1(idle) if is_first => {
                let (endpoint, idle) = (self.clone(), idle.clone());
                self.config.tasks.spawn(async move {
                    if let Ok(sender) = endpoint.open_http1(&idle).await {
                        idle.put(sender);
                    }
                });
            }
            Connections::Http1(_) => (),
        }
    }

    /// The service has this address no more. Exchanges that are under way go on.
    pub(super) fn retire(&self) {
        match &self.connections {
            Connections::Http1(idle) => idle.close(),
            Connections::Http2(link) => drop(link.send_replace(Link::Retired)),
        }
    }

    /// Notes how an attempt has ended, for its ejection. `all` are the endpoints that there are.
    pub(super) fn note(&self, sent: &Result<Response<ResponseBody>, SendError>, all: &[Arc<Self>]) {
        let Some(settings) = self.config.settings.outlier_ejection else { return };
        let is_failure = match sent {
            Ok(response) => is_failure(self.config.settings.protocol, response),
            Err(SendError { progress: Progress::Impossible, .. }) => return,
            Err(_) => true,
        };
        self.record.note(is_failure, settings, || {
            let others = all.iter().filter(|other| other.address != self.address);
            let ejected = others.clone().filter(|other| other.record.is_ejected());
            (others.clone().count(), ejected.count())
        });
    }

    pub(super) async fn send(
        self: Arc<Self>,
        request: Request<RequestBody>,
    ) -> Result<Response<ResponseBody>, SendError> {
        match &self.connections {
            Connections::Http1(idle) => self.send_http1(idle, request).await,
            Connections::Http2(link) => self.send_http2(link, request).await,
        }
    }

    fn warn_unreachable(&self, error: &ConnectError) {
        warn!(
            ClientUnreachable,
            client = %self.config.settings.name,
            destination = %self.name,
            error = %on_one_line(error),
            "a client cannot connect"
        );
    }

    fn response(
        &self,
        response: Response<Incoming>,
        load: Load,
        connection: Option<(SendRequest<RequestBody>, Arc<IdleConnections>)>,
    ) -> Response<ResponseBody> {
        let (settings, name) = (self.config.settings.clone(), self.name.clone());
        let lease = Lease { settings, name, connection, load };
        response.map(|body| ResponseBody::new(Source::Network { body, lease }))
    }

    fn not_connected(&self, error: ConnectError, request: Request<RequestBody>) -> SendError {
        let error = self.config.settings.failed_at(&self.name, error.fault, error);
        SendError { error, progress: Progress::NotConnected(Box::new(request)) }
    }

    fn send_failed(&self, mut error: TrySendError<Request<RequestBody>>) -> SendError {
        let returned = error.take_message();
        let error = error.into_error();
        let progress = match returned {
            Some(request) => Progress::Unsent(Box::new(request)),
            None if error.is_user() => Progress::Impossible,
            None if h2_error(&error).is_some_and(is_refusal) => Progress::Refused,
            None => Progress::Unknown,
        };
        let mut error = self.config.settings.broken(&self.name, error);
        if let (Progress::Refused, ClientError::Transport { fault, .. }) = (&progress, &mut error) {
            *fault = TransportFault::Refused;
        }
        SendError { error, progress }
    }
}

/// What HTTP/2 says about an error of hyper.
fn h2_error(error: &hyper::Error) -> Option<&h2::Error> {
    std::iter::successors(error.source(), |&cause| cause.source())
        .find_map(|cause| cause.downcast_ref())
}

/// Whether the service has not looked at the request: it has refused the stream, or is going away and has named an
/// earlier one as its last. h2 fails no other streams with a GOAWAY of the peer.
fn is_refusal(error: &h2::Error) -> bool {
    let is_refused = error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM);
    error.is_remote() && (is_refused || error.is_go_away())
}
