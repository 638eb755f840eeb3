//! The socket of the admin listener and its thread. Bounded in everything that a client can have of it.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{AbortHandle, abortable};
use futures_util::stream::{FuturesUnordered, StreamExt};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use super::answer;
use super::site::Site;
use crate::machine;
use crate::telemetry::inheriting;

/// Connections at a time. A further one takes the place of the oldest: whoever holds connections cannot lock out
/// others, whose requests are answered at once.
const MOST_CONNECTIONS: usize = 64;
/// How long a connection lasts, idle or not: a client that reads nothing is gone then.
const CONNECTION_LIMIT: Duration = Duration::from_mins(1);
/// How long a head may take.
const HEAD_LIMIT: Duration = Duration::from_secs(5);
/// Largest head, in bytes.
const HEAD_SIZE: usize = 16 * 1024;
/// Largest body, in bytes.
const BODY_SIZE: usize = 4 * 1024;
/// How long a body may take.
const BODY_LIMIT: Duration = Duration::from_secs(5);
/// Pause after the system has refused a connection, for example for want of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A listener; its thread ends when this is dropped.
#[derive(Debug)]
pub(super) struct AdminListener {
    address: SocketAddr,
    site: Arc<Site>,
    _stop: oneshot::Sender<Infallible>,
}

impl AdminListener {
    /// # Errors
    /// When the address cannot be had, or a thread.
    pub(super) fn start(address: SocketAddr, site: Arc<Site>) -> io::Result<Self> {
        let socket = TcpListener::bind(address)?;
        socket.set_nonblocking(true)?;
        let address = socket.local_addr()?;
        let runtime = machine::runtime()?;
        let (stop, stopped) = oneshot::channel();
        let serve = {
            let site = site.clone();
            move || {
                runtime.block_on(async {
                    tokio::select! {
                        _ = stopped => (),
                        Err(_) = serve(socket, &site) => (),
                    }
                });
            }
        };
        thread::Builder::new().name("admin".to_owned()).spawn(inheriting(serve))?;
        Ok(Self { address, site, _stop: stop })
    }

    /// With the port that the system gave.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn site(&self) -> &Arc<Site> {
        &self.site
    }
}

async fn serve(socket: TcpListener, site: &Site) -> io::Result<Infallible> {
    let socket = tokio::net::TcpListener::from_std(socket)?;
    let mut connections = FuturesUnordered::new();
    // In the order of their arrival.
    let mut open = BTreeMap::<u64, AbortHandle>::new();
    let mut next = 0;
    loop {
        tokio::select! {
            stream = accept(&socket) => {
                if open.len() == MOST_CONNECTIONS && let Some((_, oldest)) = open.pop_first() {
                    oldest.abort();
                }
                let number = next;
                next += 1;
                let (connection, handle) =
                    abortable(timeout(CONNECTION_LIMIT, serve_connection(stream, site)));
                open.insert(number, handle);
                connections.push(async move {
                    let _ = connection.await;
                    number
                });
            }
            Some(number) = connections.next() => {
                open.remove(&number);
            }
        }
    }
}

/// # Cancel safety
/// No connection is lost.
async fn accept(socket: &tokio::net::TcpListener) -> TcpStream {
    loop {
        match socket.accept().await {
            Ok((stream, _)) => return stream,
            Err(_) => sleep(ACCEPT_PAUSE).await,
        }
    }
}

async fn serve_connection(stream: TcpStream, site: &Site) {
    let service = service_fn(async |request| Ok::<_, Infallible>(respond(request, site).await));
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD_LIMIT).max_buf_size(HEAD_SIZE);
    // What a client does wrong is its own affair.
    let _ = builder.serve_connection(TokioIo::new(stream), service).await;
}

async fn respond(request: Request<Incoming>, site: &Site) -> Response<Full<Bytes>> {
    let (parts, body) = request.into_parts();
    let body = timeout(BODY_LIMIT, Limited::new(body, BODY_SIZE).collect()).await;
    let response = match body {
        Ok(Ok(body)) => site.respond(&Request::from_parts(parts, body.to_bytes())),
        Ok(Err(_)) => answer::error(StatusCode::PAYLOAD_TOO_LARGE, "the body is larger than 4 KiB"),
        Err(_) => answer::error(StatusCode::REQUEST_TIMEOUT, "the body did not arrive"),
    };
    response.map(Full::new)
}
