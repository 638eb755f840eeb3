//! One address of a service and the connections to it.
//!
//! HTTP/2 has one connection per address, which a task of its own opens, drives and reports the end of. HTTP/1.1
//! has as many as there are exchanges at a time, and keeps them for later ones.
//!
//! Does not know other addresses.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::{TrySendError, http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::select;
use tokio::sync::watch;
use tokio::time::Instant;

use super::body::{RequestBody, ResponseBody, Source};
use super::connector::{ConnectError, Connector};
use super::error::{ClientError, TransportFault};
use super::settings::{self, Protocol};
use super::tasks::Tasks;
use super::transport::{Progress, SendError};
use crate::telemetry::debug;
use crate::text::on_one_line;

/// The receive window of a stream: what a slow reader can make this host keep.
const STREAM_WINDOW: u32 = 256 * 1024;
/// The receive window of a connection. The windows of its streams bound memory; h2's budget for small frames is
/// half of this one, so it is as large as it may be.
const CONNECTION_WINDOW: u32 = i32::MAX.unsigned_abs();
/// How long an HTTP/1.1 connection without an exchange is kept.
const IDLE: Duration = Duration::from_mins(1);

/// What the endpoints of one client have in common.
#[derive(Debug)]
pub(super) struct EndpointConfig {
    settings: Arc<settings::Client>,
    connector: Connector,
    tasks: Tasks,
}

impl EndpointConfig {
    pub(super) fn new(settings: &Arc<settings::Client>, tasks: &Tasks) -> Self {
        let connector = Connector { timeout: settings.connect_timeout };
        Self { settings: settings.clone(), connector, tasks: tasks.clone() }
    }
}

#[derive(Debug)]
pub(super) struct Endpoint {
    address: SocketAddr,
    name: Arc<str>,
    config: Arc<EndpointConfig>,
    connections: Connections,
}

#[derive(Debug)]
enum Connections {
    Http1(Arc<IdleConnections>),
    Http2(watch::Sender<Link>),
}

/// The HTTP/2 connection of an endpoint.
#[derive(Debug)]
enum Link {
    /// None has been asked for, or it has ended.
    Idle,
    Connecting,
    Ready(http2::SendRequest<RequestBody>),
    Failed(ConnectError),
}

type IdleConnection = (http1::SendRequest<RequestBody>, Instant);

/// The HTTP/1.1 connections that have no exchange; `None` when no more are kept.
#[derive(Debug)]
struct IdleConnections(Mutex<Option<Vec<IdleConnection>>>);

impl Endpoint {
    pub(super) fn new(address: SocketAddr, config: &Arc<EndpointConfig>) -> Self {
        let connections = match config.settings.protocol {
            Protocol::Http => {
                Connections::Http1(Arc::new(IdleConnections(Mutex::new(Some(Vec::new())))))
            }
            Protocol::Grpc => Connections::Http2(watch::Sender::new(Link::Idle)),
        };
        let name = config.settings.destination(address);
        Self { address, name, config: config.clone(), connections }
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
}

impl Endpoint {
    async fn send_http2(
        self: &Arc<Self>,
        link: &watch::Sender<Link>,
        request: Request<RequestBody>,
    ) -> Result<Response<ResponseBody>, SendError> {
        let mut sender = match self.connected(link).await {
            Ok(sender) => sender,
            Err(error) => return Err(self.unsent(error, request)),
        };
        match sender.try_send_request(request).await {
            Ok(response) => Ok(self.response(response, None)),
            Err(error) => Err(self.send_failed(error)),
        }
    }

    /// The connection; opens it if there is none.
    async fn connected(
        self: &Arc<Self>,
        link: &watch::Sender<Link>,
    ) -> Result<http2::SendRequest<RequestBody>, ConnectError> {
        let mut watched = link.subscribe();
        let begins = link.send_if_modified(|link| {
            let begins = match link {
                Link::Idle | Link::Failed(_) => true,
                Link::Ready(sender) => sender.is_closed(),
                Link::Connecting => false,
            };
            if begins {
                *link = Link::Connecting;
            }
            begins
        });
        if begins {
            self.config.tasks.spawn(self.clone().keep_connection());
        }
        let decided = watched.wait_for(|link| !matches!(link, Link::Connecting)).await;
        match decided.as_deref() {
            Ok(Link::Ready(sender)) => Ok(sender.clone()),
            Ok(Link::Failed(error)) => Err(error.clone()),
            Ok(Link::Idle | Link::Connecting) | Err(_) => {
                Err(ConnectError::new(TransportFault::Broken, "it has ended at once"))
            }
        }
    }

    /// Opens the HTTP/2 connection and drives it to its end.
    async fn keep_connection(self: Arc<Self>) {
        let Connections::Http2(link) = &self.connections else { return };
        let opened = async {
            let stream = self.config.connector.connect(self.address).await?;
            let handshake = self.http2().handshake(TokioIo::new(stream)).await;
            handshake.map_err(|error| ConnectError::new(TransportFault::Connect, error))
        };
        let (sender, connection) = match opened.await {
            Ok(opened) => opened,
            Err(error) => {
                link.send_replace(Link::Failed(error));
                return;
            }
        };
        link.send_replace(Link::Ready(sender));
        let mut connection = std::pin::pin!(connection);
        let ended = select! {
            ended = &mut connection => ended,
            () = self.config.tasks.closing() => {
                // It ends with its last exchange.
                link.send_replace(Link::Idle);
                connection.await
            }
        };
        link.send_if_modified(|link| {
            let is_own = matches!(link, Link::Ready(sender) if sender.is_closed());
            if is_own {
                *link = Link::Idle;
            }
            is_own
        });
        if let Err(error) = ended {
            debug!(
                ClientConnectionEnded,
                client = %self.config.settings.name,
                destination = %self.name,
                error = %on_one_line(&error),
                "connection of a client ended"
            );
        }
    }

    fn http2(&self) -> http2::Builder<TokioExecutor> {
        let keep_alive = self.config.settings.keep_alive;
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .keep_alive_interval(keep_alive.interval)
            .keep_alive_timeout(keep_alive.timeout);
        builder
    }

    async fn send_http1(
        &self,
        idle: &Arc<IdleConnections>,
        request: Request<RequestBody>,
    ) -> Result<Response<ResponseBody>, SendError> {
        let mut sender = match idle.take() {
            Some(sender) => sender,
            None => match self.open_http1(idle).await {
                Ok(sender) => sender,
                Err(error) => return Err(self.unsent(error, request)),
            },
        };
        match sender.try_send_request(request).await {
            Ok(response) => Ok(self.response(response, Some((sender, idle.clone())))),
            Err(error) => Err(self.send_failed(error)),
        }
    }

    async fn open_http1(
        &self,
        idle: &Arc<IdleConnections>,
    ) -> Result<http1::SendRequest<RequestBody>, ConnectError> {
        let stream = self.config.connector.connect(self.address).await?;
        let handshake = http1::handshake(TokioIo::new(stream)).await;
        let (sender, connection) =
            handshake.map_err(|error| ConnectError::new(TransportFault::Connect, error))?;
        let closing = self.config.tasks.closing();
        let idle = idle.clone();
        self.config.tasks.spawn(async move {
            let mut connection = std::pin::pin!(connection);
            select! {
                _ended = &mut connection => (),
                () = closing => {
                    // It ends with its last exchange.
                    idle.close();
                    let _ended = connection.await;
                }
            }
        });
        Ok(sender)
    }

    fn response(
        &self,
        response: Response<Incoming>,
        connection: Option<(http1::SendRequest<RequestBody>, Arc<IdleConnections>)>,
    ) -> Response<ResponseBody> {
        let lease =
            Lease { settings: self.config.settings.clone(), name: self.name.clone(), connection };
        response.map(|body| ResponseBody::new(Source::Network { body, lease }))
    }

    fn unsent(&self, error: ConnectError, request: Request<RequestBody>) -> SendError {
        let error = self.config.settings.failed_at(&self.name, error.fault, error);
        SendError { error, progress: Progress::Unsent(Box::new(request)) }
    }

    fn send_failed(&self, mut error: TrySendError<Request<RequestBody>>) -> SendError {
        let progress = match error.take_message() {
            Some(request) => Progress::Unsent(Box::new(request)),
            None => Progress::Unknown,
        };
        let error = self.config.settings.broken(&self.name, error.into_error());
        SendError { error, progress }
    }
}

impl IdleConnections {
    fn lock(&self) -> MutexGuard<'_, Option<Vec<IdleConnection>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection that was used last; those that have ended or are too old are forgotten.
    fn take(&self) -> Option<http1::SendRequest<RequestBody>> {
        let mut idle = self.lock();
        let idle = idle.as_mut()?;
        idle.retain(|(sender, since)| !sender.is_closed() && since.elapsed() < IDLE);
        let ready = idle.iter().rposition(|(sender, _)| sender.is_ready())?;
        Some(idle.remove(ready).0)
    }

    fn put(&self, sender: http1::SendRequest<RequestBody>) {
        if let Some(idle) = &mut *self.lock() {
            idle.push((sender, Instant::now()));
        }
    }

    fn close(&self) {
        *self.lock() = None;
    }
}

/// What a response holds of its connection.
#[derive(Debug)]
pub(super) struct Lease {
    settings: Arc<settings::Client>,
    name: Arc<str>,
    connection: Option<(http1::SendRequest<RequestBody>, Arc<IdleConnections>)>,
}

impl Lease {
    /// The body has ended: the next exchange may use the connection.
    pub(super) fn end(self) {
        let Some((sender, idle)) = self.connection else { return };
        if !sender.is_closed() {
            idle.put(sender);
        }
    }

    pub(super) fn broken(&self, error: hyper::Error) -> ClientError {
        self.settings.broken(&self.name, error)
    }
}
