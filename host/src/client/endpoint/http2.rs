//! The HTTP/2 connection to an address: a task of its own opens, drives and reports the end of it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use http::{Request, Response};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::select;
use tokio::sync::watch;
use tokio::time::Instant;

use super::super::body::{RequestBody, TransportBody};
use super::super::connector::ConnectError;
use super::super::error::{TransportFault, h2_error};
use super::super::lease::{LeasedConnection, Load};
use super::super::pacing::PeerActivity;
use super::super::transport::SendError;
use super::{Connections, Endpoint, PAUSE};
use crate::telemetry::debug;
use crate::text::on_one_line;

/// The receive window of a stream: what a slow reader can make this host keep.
const STREAM_WINDOW: u32 = 256 * 1024;
/// The receive window of a connection. The windows of its streams bound memory; h2's budget for small frames is
/// half of this one, so it is as large as it may be.
const CONNECTION_WINDOW: u32 = i32::MAX.unsigned_abs();
/// How often a request has a connection opened that ends before it is used.
const OPENINGS: usize = 3;
/// What gRPC servers accept from a client whose streams are silent. They end connections that ping more often.
const TOLERATED_PING: Duration = Duration::from_mins(5);

/// The HTTP/2 connection of an endpoint.
#[derive(Debug)]
pub(super) enum Link {
    /// None has been asked for, or it has ended.
    Idle,
    Connecting,
    Ready(http2::SendRequest<RequestBody>),
    Failed(ConnectError),
    /// It ended soon after it had been opened: there is no hurry to open another one.
    EndedEarly(Instant),
    /// The service has this address no more, or the clients are closed: no other one is opened.
    Retired,
}

impl Link {
    /// Says what has become of a connection that was to be opened; false if nobody wants it any more.
    fn settle(link: &watch::Sender<Self>, outcome: Self) -> bool {
        link.send_if_modified(|link| {
            let is_wanted = matches!(link, Self::Connecting);
            if is_wanted {
                *link = outcome;
            }
            is_wanted
        })
    }
}

impl Endpoint {
    pub(super) async fn send_http2(
        self: &Arc<Self>,
        link: &watch::Sender<Link>,
        request: Request<RequestBody>,
    ) -> Result<Response<TransportBody>, SendError> {
        let load = Load::new(&self.load);
        let mut sender = match self.connected(link).await {
            Ok(sender) => sender,
            Err(error) => return Err(self.not_connected(error, request)),
        };
        let activity = PeerActivity::default();
        let request = request.map(|body| body.paced(&activity));
        match sender.try_send_request(request).await {
            Ok(response) => {
                activity.note();
                Ok(self.response(response, load, LeasedConnection::Http2(activity)))
            }
            Err(error) => Err(self.send_failed(error)),
        }
    }

    /// The connection; opens it if there is none.
    async fn connected(
        self: &Arc<Self>,
        link: &watch::Sender<Link>,
    ) -> Result<http2::SendRequest<RequestBody>, ConnectError> {
        let mut watched = link.subscribe();
        for _ in 0..OPENINGS {
            self.connect_unless_connected(link);
            let decided = watched.wait_for(|link| !matches!(link, Link::Connecting)).await;
            match decided.as_deref() {
                Ok(Link::Ready(sender)) => return Ok(sender.clone()),
                Ok(Link::Failed(error)) => return Err(error.clone()),
                Ok(Link::Retired) => {
                    let reason = "the service has this address no more";
                    return Err(ConnectError::new(TransportFault::Connect, reason));
                }
                Ok(Link::Idle | Link::EndedEarly(_) | Link::Connecting) | Err(_) => (),
            }
        }
        Err(ConnectError::new(TransportFault::Broken, "it ended as soon as it was open"))
    }

    pub(super) fn connect_unless_connected(self: &Arc<Self>, link: &watch::Sender<Link>) {
        let begins = link.send_if_modified(|link| {
            let begins = match link {
                Link::Idle | Link::Failed(_) | Link::EndedEarly(_) => true,
                Link::Ready(sender) => sender.is_closed(),
                Link::Connecting | Link::Retired => false,
            };
            if begins {
                *link = Link::Connecting;
            }
            begins
        });
        if begins {
            self.config.tasks.spawn(self.clone().keep_connection());
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
        let mut watched = link.subscribe();
        let opened = select! {
            opened = opened => opened,
            // Nobody waits for it any more.
            _retired = watched.wait_for(|link| matches!(link, Link::Retired)) => return,
        };
        self.note_opened(&opened);
        let (sender, connection) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                Link::settle(link, Link::Failed(error));
                return;
            }
        };
        if !Link::settle(link, Link::Ready(sender)) {
            return;
        }
        let opened = Instant::now();
        let mut connection = std::pin::pin!(connection);
        let ended = select! {
            ended = &mut connection => ended,
            () = self.config.tasks.closing() => {
                // It ends with its last exchange.
                link.send_replace(Link::Retired);
                connection.await
            }
        };
        link.send_if_modified(|link| {
            // Another one may have been opened meanwhile.
            let is_own = matches!(link, Link::Ready(sender) if sender.is_closed());
            if is_own {
                let is_early = opened.elapsed() < PAUSE;
                *link = if is_early { Link::EndedEarly(Instant::now()) } else { Link::Idle };
            }
            is_own
        });
        self.config.refresh.notify_one();
        if let Err(error) = ended {
            self.note_end(&error);
        }
    }

    fn note_end(&self, error: &hyper::Error) {
        if h2_error(error).is_some_and(|error| {
            error.is_remote() && error.reason() == Some(h2::Reason::ENHANCE_YOUR_CALM)
        }) {
            self.is_pinged_too_often.store(true, Ordering::Relaxed);
        }
        debug!(
            ClientConnectionEnded,
            client = %self.config.settings.name,
            destination = %self.name,
            error = %on_one_line(error),
            "connection of a client ended"
        );
    }

    fn http2(&self) -> http2::Builder<TokioExecutor> {
        let keep_alive = self.config.settings.keep_alive;
        let is_tolerated = !self.is_pinged_too_often.load(Ordering::Relaxed);
        let least = if is_tolerated { Duration::ZERO } else { TOLERATED_PING };
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .keep_alive_interval(keep_alive.interval.map(|interval| interval.max(least)))
            .keep_alive_timeout(keep_alive.timeout);
        builder
    }
}
