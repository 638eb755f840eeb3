//! One address of a service and the connections to it.
//!
//! HTTP/2 has one connection per address, which a task of its own opens, drives and reports the end of. HTTP/1.1
//! has as many as there are exchanges at a time, and keeps them for later ones.
//!
//! Does not know other addresses.

mod http1;
mod http2;
mod reachability;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use http::{Request, Response};
use humantime::format_duration;
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use tokio::select;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, timeout_at};

use self::http2::Link;
use self::reachability::Reachability;
use super::body::{RequestBody, TransportBody};
use super::connector::{ConnectError, Connector};
use super::ejection::Record;
use super::error::{ClientError, TransportFault, h2_error};
use super::idle::IdleConnections;
use super::lease::{Lease, LeasedConnection, Load};
use super::settings::{self, Protocol};
use super::tasks::Tasks;
use super::transport::{Progress, SendError};
use super::verdict::Verdict;
use crate::call::Deadline;
use crate::telemetry::{info, warn};
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
    reachability: Reachability,
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
            Protocol::Http => Connections::Http1(Arc::new(IdleConnections::new(&config.tasks))),
            Protocol::Grpc => Connections::Http2(watch::Sender::new(Link::Idle)),
        };
        Self {
            address,
            name: config.settings.destination(address),
            config: config.clone(),
            connections,
            record: Record::default(),
            reachability: Reachability::default(),
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
        let unusable_since = match &self.connections {
            Connections::Http1(_) => match self.reachability.failed_at() {
                None => return Readiness::Connected,
                failed_at => failed_at,
            },
            Connections::Http2(link) => match &*link.borrow() {
                Link::Ready(sender) if !sender.is_closed() => return Readiness::Connected,
                Link::Failed(_) => self.reachability.failed_at(),
                Link::EndedEarly(since) => Some(*since),
                Link::Retired => return Readiness::Failing,
                Link::Ready(_) | Link::Idle | Link::Connecting => None,
            },
        };
        match unusable_since {
            Some(since) if since.elapsed() < PAUSE => Readiness::Failing,
            _ => Readiness::Untried,
        }
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
                    select! {
                        Ok(sender) = endpoint.open_http1(&idle) => idle.put(sender),
                        () = endpoint.config.tasks.closing() => (),
                        else => (),
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

    /// Makes an attempt until `deadline`, and notes how it has ended for the ejection of the address. `all` are the
    /// endpoints that there are.
    ///
    /// # Cancel safety
    /// An attempt that is dropped says nothing about the address.
    pub(super) async fn send(
        self: &Arc<Self>,
        request: Request<RequestBody>,
        deadline: Deadline,
        all: &[Arc<Self>],
    ) -> Result<Response<TransportBody>, SendError> {
        let began = Instant::now();
        let attempt = async {
            match &self.connections {
                Connections::Http1(idle) => self.send_http1(idle, request).await,
                Connections::Http2(link) => self.send_http2(link, request).await,
            }
        };
        let sent = timeout_at(deadline.at, attempt).await.unwrap_or_else(|_late| {
            let error = self.config.settings.late(deadline);
            Err(SendError { error, progress: Progress::Unknown })
        });
        let outcome = sent.as_ref().map_err(|failed| &failed.error);
        self.note(Verdict::of(&self.config.settings, outcome, began.elapsed()), all);
        sent
    }

    fn note(&self, verdict: Verdict, all: &[Arc<Self>]) {
        let Some(settings) = self.config.settings.outlier_ejection else { return };
        self.record.note(verdict, settings, || {
            let others = all.iter().filter(|other| other.address != self.address);
            let ejected = others.clone().filter(|other| other.record.is_ejected());
            (others.clone().count(), ejected.count())
        });
    }

    /// Notes how an attempt to connect has ended.
    fn note_opened<T>(&self, opened: &Result<T, ConnectError>) {
        let (client, destination) = (&self.config.settings.name, &self.name);
        match opened {
            Err(error) if self.reachability.failed() => warn!(
                ClientUnreachable,
                client = %client,
                destination = %destination,
                error = %on_one_line(error),
                "a client cannot connect"
            ),
            Err(_) => (),
            Ok(_) => {
                let Some(outage) = self.reachability.succeeded() else { return };
                info!(
                    ClientReachable,
                    client = %client,
                    destination = %destination,
                    failures = outage.failures,
                    duration = %format_duration(outage.began.elapsed()),
                    "a client can connect again"
                );
            }
        }
    }

    fn response(
        self: &Arc<Self>,
        response: Response<Incoming>,
        load: Load,
        connection: LeasedConnection,
    ) -> Response<TransportBody> {
        let lease = Lease { endpoint: self.clone(), load, connection };
        response.map(|body| TransportBody::network(body, lease))
    }

    /// The error of an exchange that hyper has given up.
    pub(super) fn broken(&self, error: hyper::Error) -> ClientError {
        // Of HTTP/2, the end of the connection says so, which the end of a stream need not be.
        if matches!(self.connections, Connections::Http1(_)) && !error.is_user() {
            self.config.refresh.notify_one();
        }
        self.config.settings.broken(&self.name, error)
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
        let mut error = self.broken(error);
        if let (Progress::Refused, ClientError::Transport { fault, .. }) = (&progress, &mut error) {
            *fault = TransportFault::Refused;
        }
        SendError { error, progress }
    }
}

/// Whether the service has not looked at the request: it has refused the stream, or is going away and has named an
/// earlier one as its last. h2 fails no other streams with a GOAWAY of the peer.
fn is_refusal(error: &h2::Error) -> bool {
    let is_refused = error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM);
    error.is_remote() && (is_refused || error.is_go_away())
}
