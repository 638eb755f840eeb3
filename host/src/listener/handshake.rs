//! TLS handshakes of clients: each in the task of its connection, so that a slow one delays nobody; within a time;
//! and bounded in number, because a client that says nothing costs memory.
//!
//! Does not know certificates of servers.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::Error as TlsError;
use tokio_rustls::server::TlsStream;

use super::activity::{DRAIN_GRACE, NotedWrites};
use super::client_identity::{ClientIdentity, UnusableCertificate};
use super::stream::SharedStream;
use super::{Phase, reach};
use crate::telemetry::{debug, warn};
use crate::tls::ServerTls;

/// Handshakes under way on one socket. One more ends the oldest: who has not come to an end while so many others
/// began will hardly do so.
const MOST_HANDSHAKES: usize = 1024;

/// Least time between two lines about handshakes that fail for the same sort of reason.
const QUIET: Duration = Duration::from_secs(10);

/// A stream that is about to speak TLS.
pub(super) type Io = NotedWrites<SharedStream>;

/// The handshakes of one socket.
#[derive(Debug, Default)]
pub(super) struct Handshakes {
    next: Cell<u64>,
    /// Under way, the oldest first. Dropping a sender ends its handshake.
    pending: RefCell<BTreeMap<u64, oneshot::Sender<()>>>,
    /// Clients that were refused for their certificate, or for want of one.
    refused: Failures,
    /// Clients that others have displaced.
    displaced: Failures,
    /// Everything else, garbage and clients that leave included.
    broken: Failures,
}

/// Handshakes that failed, and when the log has heard of them.
#[derive(Debug, Default)]
struct Failures {
    told: Cell<Option<Instant>>,
    untold: Cell<u64>,
}

/// Why there is no TLS connection.
#[derive(Debug, thiserror::Error)]
enum HandshakeError {
    #[error(transparent)]
    Failed(#[from] io::Error),
    #[error(transparent)]
    Certificate(#[from] UnusableCertificate),
    #[error("the client did not complete it in time")]
    TooSlow,
    #[error("too many handshakes were under way")]
    Displaced,
    #[error("the service stops")]
    Stopping,
}

/// A stream with who is at its other end, where certificates are verified.
fn identified(
    stream: TlsStream<Io>,
    verifies: bool,
) -> Result<(TlsStream<Io>, Option<ClientIdentity>), HandshakeError> {
    let shown = ClientIdentity::of(stream.get_ref().1)?;
    let identity = verifies.then(|| shown.unwrap_or_else(ClientIdentity::unknown));
    Ok((stream, identity))
}

impl Handshakes {
    /// Lets a client begin TLS on a connection, within `limit`. `None`: it has not, and the connection is to be
    /// closed.
    pub(super) async fn accept(
        &self,
        tls: &ServerTls,
        io: Io,
        (peer, limit): (SocketAddr, Duration),
        mut phase: tokio::sync::watch::Receiver<Phase>,
    ) -> Option<(TlsStream<Io>, Option<ClientIdentity>)> {
        let handshake = TlsAcceptor::from(tls.config()).accept(io);
        let mut place = self.begin();
        let stops = async {
            reach(&mut phase, Phase::Drain).await;
            tokio::select! {
                () = reach(&mut phase, Phase::Cut) => (),
                () = sleep(DRAIN_GRACE) => (),
            }
        };
        let ended = tokio::select! {
            biased;
            accepted = handshake => accepted
                .map_err(HandshakeError::Failed)
                .and_then(|stream| identified(stream, tls.verifies_clients())),
            () = place.is_lost() => Err(HandshakeError::Displaced),
            () = stops => Err(HandshakeError::Stopping),
            () = sleep(limit) => Err(HandshakeError::TooSlow),
        };
        ended.map_err(|error| self.note(peer, &error)).ok()
    }

    fn begin(&self) -> HandshakePlace<'_> {
        let id = self.next.replace(self.next.get() + 1);
        let (sender, lost) = oneshot::channel();
        let mut pending = self.pending.borrow_mut();
        if pending.len() >= MOST_HANDSHAKES {
            pending.pop_first();
        }
        pending.insert(id, sender);
        HandshakePlace { handshakes: self, id, lost }
    }

    fn note(&self, peer: SocketAddr, error: &HandshakeError) {
        let is_refusal = is_refusal(error);
        let failures = match error {
            _ if is_refusal => &self.refused,
            HandshakeError::Displaced => &self.displaced,
            _ => &self.broken,
        };
        let Some(count) = failures.note(Instant::now()) else { return };
        if is_refusal {
            warn!(
                TlsClientRefused,
                %peer,
                %error,
                handshakes.failed = count,
                "TLS handshake failed: the client has no certificate that is accepted"
            );
        } else if matches!(error, HandshakeError::Displaced) {
            warn!(
                TlsHandshakesDisplaced,
                %peer,
                handshakes.failed = count,
                handshakes.max = MOST_HANDSHAKES,
                "TLS handshakes ended, too many were under way"
            );
        } else {
            debug!(TlsHandshakeFailed, %peer, %error, handshakes.failed = count, "TLS handshake failed");
        }
    }
}

impl Failures {
    /// Counts one. Returns how many the log is to be told of now, this one included.
    fn note(&self, now: Instant) -> Option<u64> {
        let count = self.untold.get() + 1;
        self.untold.set(count);
        if self.told.get().is_some_and(|told| now < told + QUIET) {
            return None;
        }
        self.told.set(Some(now));
        self.untold.set(0);
        Some(count)
    }
}

/// One of the handshakes that may be under way.
struct HandshakePlace<'h> {
    handshakes: &'h Handshakes,
    id: u64,
    lost: oneshot::Receiver<()>,
}

impl HandshakePlace<'_> {
    /// Resolves when a later one has taken it.
    async fn is_lost(&mut self) {
        // Nothing is ever sent.
        let _ = (&mut self.lost).await;
    }
}

impl Drop for HandshakePlace<'_> {
    fn drop(&mut self) {
        self.handshakes.pending.borrow_mut().remove(&self.id);
    }
}

/// Whether the client was not let in because of what it has shown.
fn is_refusal(error: &HandshakeError) -> bool {
    let error = match error {
        HandshakeError::Failed(error) => error,
        HandshakeError::Certificate(_) => return true,
        _ => return false,
    };
    let error = error.get_ref().and_then(|error| error.downcast_ref::<TlsError>());
    matches!(error, Some(TlsError::InvalidCertificate(_) | TlsError::NoCertificatesPresented))
}
