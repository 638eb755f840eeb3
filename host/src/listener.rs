//! Sockets: bind, accept, serve connections, drain. Generic over what is served.
//!
//! Knows neither routes nor guests.

mod activity;
mod client_identity;
mod connection;
mod handshake;
mod local;
mod loopback;
mod rest;
mod shortage;
mod slot;
mod socket;
mod stream;
mod tracked;

use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use self::connection::Connection;
use crate::telemetry::{debug, warn};
use crate::tls::ServerTls;

pub(crate) use self::activity::Timeouts;
pub(crate) use self::connection::{ConnectionRules, Keepalive, Served};
pub(crate) use self::local::serve_local;
pub(crate) use self::loopback::bind_each;
pub(crate) use self::shortage::Shortage;
pub(crate) use self::slot::{ListenerOptions, Slot};

/// Pause after a connection could not be accepted, usually for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What a listener is to do; goes through its variants in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// Connections wait in the backlog.
    Hold,
    Accept,
    /// The socket is closed; requests in flight are finished, idle connections are closed.
    Drain,
    /// What is still open is cut off.
    Cut,
}

/// Serves every connection of `listener` through its phases; ends when the last one is closed.
///
/// Returns how many responses were cut off although nothing but their clients was waited for.
///
/// # Errors
/// When the socket cannot be used by this thread's runtime.
pub(crate) async fn serve(
    listener: TcpListener,
    slot: Rc<Slot<impl Served>>,
    mut phase: watch::Receiver<Phase>,
    shortage: &Shortage,
) -> std::io::Result<usize> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    reach(&mut phase, slot.rules().accepts_from).await;
    let mut connections = accept(&listener, &slot, phase.clone(), shortage).await;
    for (stream, peer) in backlog(listener)? {
        connections.spawn_local(converse(stream, peer, slot.clone(), phase.clone()));
    }
    let mut cut = 0;
    while let Some(connection) = connections.join_next().await {
        cut += connection.unwrap_or(0);
    }
    Ok(cut)
}

async fn accept(
    listener: &tokio::net::TcpListener,
    slot: &Rc<Slot<impl Served>>,
    phase: watch::Receiver<Phase>,
    shortage: &Shortage,
) -> JoinSet<usize> {
    let mut connections = JoinSet::new();
    let mut draining = phase.clone();
    let draining = reach(&mut draining, Phase::Drain);
    tokio::pin!(draining);
    loop {
        tokio::select! {
            biased;
            () = &mut draining => return connections,
            Some(_) = connections.join_next() => (),
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    if shortage.lasts() {
                        shortage.look(Instant::now());
                    }
                    let phase = phase.clone();
                    connections.spawn_local(converse(stream, peer, slot.clone(), phase));
                }
                Err(error) if shortage::is_of_one_connection(&error) => {
                    debug!(ClientLeft, %error, "a client left before its connection was accepted");
                }
                Err(error) => {
                    shortage.note(&error, Instant::now());
                    sleep(ACCEPT_PAUSE).await;
                }
            },
            () = sleep(shortage::CALM), if shortage.lasts() => shortage.look(Instant::now()),
        }
    }
}

/// Takes what the kernel has accepted in our name, and closes the socket. These clients believe that
/// they are connected, and may have sent a request.
fn backlog(listener: tokio::net::TcpListener) -> std::io::Result<Vec<(TcpStream, SocketAddr)>> {
    let listener = listener.into_std()?;
    let mut streams = Vec::new();
    while let Ok((stream, peer)) = listener.accept() {
        stream.set_nonblocking(true)?;
        streams.push((TcpStream::from_std(stream)?, peer));
    }
    Ok(streams)
}

async fn converse(
    stream: TcpStream,
    peer: SocketAddr,
    slot: Rc<Slot<impl Served>>,
    phase: watch::Receiver<Phase>,
) -> usize {
    // Without it every answer may wait for the client's delayed acknowledgement. A socket that
    // refuses it still works.
    if let Err(error) = stream.set_nodelay(true) {
        warn!(SocketOptionFailed, %error, "cannot set TCP_NODELAY");
    }
    let rules = slot.rules();
    let connection = Connection::new(stream, peer, rules.timeouts);
    match slot.tls() {
        None => connection::serve(connection, rules, slot, phase).await,
        // Boxed, so that plaintext connections do not have room for the state of TLS.
        Some(tls) => Box::pin(converse_secured(connection, tls, slot, phase)).await,
    }
}

async fn converse_secured(
    connection: Connection<handshake::Io>,
    tls: Arc<ServerTls>,
    slot: Rc<Slot<impl Served>>,
    phase: watch::Receiver<Phase>,
) -> usize {
    let rules = slot.rules();
    let (handshakes, limit) = (slot.handshakes(), rules.timeouts.header);
    let secured = connection.secured((handshakes, &tls), limit, phase.clone()).await;
    // Whoever reads files again for it does not do so for connections that are served already.
    drop(tls);
    match secured {
        Some(connection) => connection::serve(connection, rules, slot, phase).await,
        None => 0,
    }
}

/// Resolves once `phase` has reached `wanted`. A sender that is gone has nothing left to wait for.
async fn reach(phase: &mut watch::Receiver<Phase>, wanted: Phase) {
    let _ = phase.wait_for(|phase| *phase >= wanted).await;
}

/// The address that a socket is bound to.
pub(crate) fn local_address(listener: &TcpListener) -> std::io::Result<SocketAddr> {
    listener.local_addr()
}
