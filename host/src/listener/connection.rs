//! One connection: HTTP/1.1 or HTTP/2 as its first bytes say, until it ends, idles or stalls.
//!
//! hyper has the protocol, and little to say about the end of a connection. What it lacks is in `drive`: clients that
//! leave or close their half while HTTP/1 is being answered, which hyper does not read then; timeouts by
//! [`Activity`]; a shutdown that waits for the first bytes, because hyper would close before it has read them; and
//! the time for a client to read a response although it has not finished to send. Whatever is first ends the loop.

use std::convert::Infallible;
use std::fmt::Display;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use hyper::rt::Executor;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulConnection;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_rustls::server::TlsStream;

use super::activity::{Activity, DRAIN_GRACE, Late, NotedReads, NotedWrites, Timeouts};
use super::client_identity::ClientIdentity;
use super::handshake::Handshakes;
use super::rest::{self, UnreadBodies, UnreadReader};
use super::stream::{Peer, SharedStream};
use super::tracked::Tracked;
use super::{Phase, reach};
use crate::http2::{self, Coalescing, RequestBody, Streams};
use crate::telemetry::debug;
use crate::tls::ServerTls;

/// Heads up to this multiple of their limit are read, so that they can be answered in the service's
/// own words; beyond it hyper answers with an empty 431.
const HEAD_SLACK: usize = 2;
/// Least size of the buffer that a head is read into; hyper demands no less.
const LEAST_BUFFER: usize = 8192;

/// How connections are treated.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConnectionRules {
    pub timeouts: Timeouts,
    /// Largest head of a request, in bytes.
    pub max_head: usize,
    /// Requests at a time on one HTTP/2 connection.
    pub max_streams: u32,
    /// `None`: HTTP/2 clients are not pinged.
    pub keepalive: Option<Keepalive>,
    /// Whether answers carry the time of day.
    pub dates: bool,
    /// Whether what is left of a request is read when its response is ready before. Clients of gRPC are told
    /// to stop sending, and do.
    pub reads_rests: bool,
    /// What the listener has to be told before it accepts.
    pub accepts_from: Phase,
}

/// How it is found out that an HTTP/2 client is gone without a word.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keepalive {
    /// Silence after which it is pinged.
    pub interval: Duration,
    /// How long it may take to answer.
    pub timeout: Duration,
}

/// What answers the requests of a connection. Never fails: a failure is a response as well.
pub(crate) trait Served: Clone + 'static {
    type Body: Body<Data = Bytes, Error: std::error::Error + Send + Sync> + Unpin + 'static;

    /// `peer` is where the connection comes from.
    fn respond(
        &self,
        request: Request<RequestBody>,
        peer: SocketAddr,
    ) -> impl Future<Output = Result<Response<Self::Body>, Infallible>>;
}

/// A connection, and how bytes of HTTP go through it.
///
/// Plaintext and TLS differ in the type of `io` alone: everything is compiled for each, so that plaintext pays nothing
/// for the other.
pub(super) struct Connection<T> {
    io: T,
    stream: SharedStream,
    activity: Activity,
    peer: SocketAddr,
    identity: Option<ClientIdentity>,
}

impl Connection<NotedWrites<SharedStream>> {
    pub(super) fn new(stream: TcpStream, peer: SocketAddr, timeouts: Timeouts) -> Self {
        let (activity, stream) = (Activity::new(timeouts), SharedStream::new(stream));
        let io = NotedWrites { stream: stream.clone(), activity: activity.clone() };
        Self { io, stream, activity, peer, identity: None }
    }

    /// The same above TLS. `None`: TLS has not come about, which has been told.
    pub(super) async fn secured(
        self,
        (handshakes, tls): (&Handshakes, &ServerTls),
        limit: Duration,
        phase: watch::Receiver<Phase>,
    ) -> Option<Connection<TlsStream<NotedWrites<SharedStream>>>> {
        let Self { io, stream, activity, peer, .. } = self;
        let (io, identity) = handshakes.accept(tls, io, (peer, limit), phase).await?;
        Some(Connection { io, stream, activity, peer, identity })
    }
}

/// Serves a connection to its end; in order once `phase` says so. Returns how many responses were cut off
/// because the service stops, although nothing but the client was waited for.
pub(super) async fn serve<T: AsyncRead + AsyncWrite + Unpin + 'static>(
    connection: Connection<T>,
    rules: ConnectionRules,
    service: impl Served,
    phase: watch::Receiver<Phase>,
) -> usize {
    let Connection { io, stream, activity, peer, identity } = connection;
    let streams = Streams::default();
    let noted = NotedReads { stream: io, activity: activity.clone() };
    let io = TokioIo::new(Coalescing::new(noted, streams.clone()));
    let noting = activity.clone();
    let (rests, reading) = UnreadBodies::new(activity.clone());
    let service = service_fn(move |request: Request<Incoming>| {
        let (mut request, exchange) = streams.admit(request);
        if let Some(identity) = &identity {
            identity.add_to(&mut request);
        }
        let fate = if rules.reads_rests { rests.receive(&mut request) } else { None };
        let open = noting.begin();
        let service = service.clone();
        async move {
            let mut response = service.respond(request, peer).await?;
            if let Some(fate) = fate {
                fate.decide(&mut response);
            }
            Ok::<_, Infallible>(response.map(|body| Tracked::new(body, open, exchange)))
        }
    });
    let builder = builder(rules);
    let connection = pin!(builder.serve_connection(io, service));
    let cut = drive(connection, &stream, &activity, reading, phase).await;
    if cut > 0 {
        debug!(ConnectionCut, %peer, responses.cut = cut, "connection cut off");
    }
    cut
}

/// Drives a connection until it has ended, is late, or its client has left. Returns what [`serve`] does.
async fn drive(
    mut connection: Pin<&mut impl GracefulConnection<Error: Display>>,
    stream: &SharedStream,
    activity: &Activity,
    mut reading: UnreadReader,
    mut phase: watch::Receiver<Phase>,
) -> usize {
    let mut next = Phase::Drain;
    let mut told = false;
    let mut client = Peer::Present;
    let mut timer = pin!(sleep_until(next_look(activity)));
    loop {
        // Told before its first bytes, a connection would end without reading them.
        let progress = poll_fn(|context| {
            loop {
                if let Poll::Ready(result) = connection.as_mut().poll(context) {
                    return Poll::Ready(result);
                }
                if !activity.is_draining() || told || !activity.is_decided() {
                    return Poll::Pending;
                }
                told = true;
                connection.as_mut().graceful_shutdown();
            }
        });
        tokio::select! {
            biased;
            result = progress => {
                if let Err(error) = result {
                    debug!(ConnectionFailed, %error, "connection failed");
                    reading.rests().cut();
                }
                let has_more_to_read = reading.rests().is_cut() && !activity.is_cut_off();
                if has_more_to_read && activity.is_http1() {
                    linger(stream, phase).await;
                }
                return 0;
            }
            never = reading.run() => match never {},
            // hyper does not read while a request of HTTP/1 is being answered, and cannot notice.
            changed = stream.changed(client) => {
                client = changed;
                if client == Peer::Gone {
                    debug!(ClientLeft, "the client has left");
                    return 0;
                }
                activity.note_half_closed();
            }
            () = reach(&mut phase, next) => {
                if next == Phase::Cut {
                    return activity.untaken();
                }
                next = Phase::Cut;
                activity.drain();
            }
            () = &mut timer => match activity.check(Instant::now()) {
                Ok(_) => (),
                Err(Late::Idle) => activity.drain(),
                Err(late) => {
                    debug!(ConnectionTimedOut, ?late, "connection closed");
                    let stops = next == Phase::Cut && late == Late::Stalled;
                    return if stops { activity.in_flight() } else { 0 };
                }
            },
        }
        timer.as_mut().reset(next_look(activity));
    }
}

/// Lets a client that is still sending read its response before the connection is closed.
async fn linger(stream: &SharedStream, mut phase: watch::Receiver<Phase>) {
    let stops = async {
        reach(&mut phase, Phase::Drain).await;
        sleep(DRAIN_GRACE).await;
    };
    tokio::select! {
        _ = timeout(rest::LONGEST, stream.linger(rest::MOST, rest::SILENCE)) => (),
        () = stops => (),
    }
}

/// When to look, at once if the connection is late already.
fn next_look(activity: &Activity) -> Instant {
    let now = Instant::now();
    activity.check(now).unwrap_or(now)
}

fn builder(rules: ConnectionRules) -> auto::Builder<LocalExecutor> {
    let largest = rules.max_head * HEAD_SLACK;
    let mut builder = auto::Builder::new(LocalExecutor);
    // Timeouts are `Activity`'s.
    builder
        .http1()
        .header_read_timeout(None)
        // A client that sends nothing more may still want its answer.
        .half_close(true)
        .max_buf_size(largest.max(LEAST_BUFFER));
    builder
        .http2()
        .timer(TokioTimer::new())
        .auto_date_header(rules.dates)
        .max_concurrent_streams(rules.max_streams)
        .initial_connection_window_size(http2::connection_window(rules.max_streams))
        .max_header_list_size(u32::try_from(largest).unwrap_or(u32::MAX));
    if let Some(Keepalive { interval, timeout }) = rules.keepalive {
        builder.http2().keep_alive_interval(interval).keep_alive_timeout(timeout);
    }
    builder
}

/// Runs what hyper splits off from a connection on the same thread.
#[derive(Debug, Clone, Copy)]
struct LocalExecutor;

impl<F> Executor<F> for LocalExecutor
where
    F: Future<Output = ()> + 'static,
{
    fn execute(&self, future: F) {
        #[expect(
            clippy::disallowed_methods,
            reason = "hyper owns these: one per HTTP/2 stream, which ends with its connection"
        )]
        tokio::task::spawn_local(future);
    }
}
