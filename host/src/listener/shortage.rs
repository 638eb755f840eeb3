//! Connections that the system does not let a listener accept, for want of descriptors or memory: one line
//! when that begins and one when it is over, for all threads that listen on a port.
//!
//! Does not know how a listener goes on.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::io::Errno;

use crate::machine;
use crate::telemetry::{debug, info, warn};

/// How long every connection must have been accepted for the shortage to be over. Descriptors that come
/// and go would make two lines each time otherwise.
pub(super) const CALM: Duration = Duration::from_secs(5);

/// Shared by the threads that listen on one port.
#[derive(Debug)]
pub(crate) struct Shortage {
    kind: &'static str,
    address: SocketAddr,
    /// Whether `attempts` holds something; what every accepted connection looks at.
    lasts: AtomicBool,
    attempts: Mutex<Option<Attempts>>,
}

/// Attempts that failed since it began.
#[derive(Debug)]
struct Attempts {
    count: u64,
    first: Instant,
    last: Instant,
}

impl Shortage {
    /// There is none yet.
    pub(crate) fn new(kind: &'static str, address: SocketAddr) -> Self {
        Self { kind, address, lasts: AtomicBool::new(false), attempts: Mutex::default() }
    }

    /// A connection could not be accepted.
    pub(super) fn note(&self, error: &io::Error, now: Instant) {
        debug!(AcceptFailed, %error, "cannot accept a connection, trying again");
        let mut attempts = self.lock();
        if let Some(Attempts { count, last, .. }) = &mut *attempts {
            *count += 1;
            *last = now;
            return;
        }
        *attempts = Some(Attempts { count: 1, first: now, last: now });
        // Under the lock: both say the same to whoever has it.
        self.lasts.store(true, Ordering::Relaxed);
        drop(attempts);
        warn!(
            ShortageStarted,
            kind = self.kind,
            address = %self.address,
            %error,
            help = help(error),
            "cannot accept connections, they wait"
        );
    }

    pub(super) fn lasts(&self) -> bool {
        self.lasts.load(Ordering::Relaxed)
    }

    /// Ends it if no attempt has failed for long enough.
    pub(super) fn look(&self, now: Instant) {
        let mut attempts = self.lock();
        if attempts.as_ref().is_none_or(|Attempts { last, .. }| now < *last + CALM) {
            return;
        }
        let ended = attempts.take();
        self.lasts.store(false, Ordering::Relaxed);
        drop(attempts);
        if let Some(ended) = ended {
            self.tell(&ended, "accepting connections again");
        }
    }

    fn tell(&self, Attempts { count, first, last }: &Attempts, message: &str) {
        info!(
            ShortageEnded,
            kind = self.kind,
            address = %self.address,
            attempts = count,
            duration_ms = u64::try_from((*last - *first).as_millis()).unwrap_or(u64::MAX),
            "{message}"
        );
    }

    fn lock(&self) -> MutexGuard<'_, Option<Attempts>> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Shortage {
    fn drop(&mut self) {
        let attempts = self.attempts.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(attempts) = attempts.take() {
            self.tell(&attempts, "connections could not be accepted");
        }
    }
}

/// Whether only this connection is lost, because its client has left; the next one can be accepted at once.
pub(super) fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// How to raise the limit that the error speaks of.
fn help(error: &io::Error) -> Option<String> {
    match Errno::from_io_error(error)? {
        Errno::MFILE => {
            let limit = machine::descriptors().map_or("none".to_owned(), |most| most.to_string());
            Some(format!(
                "each connection takes a descriptor, and the limit of this process is {limit}: raise it with \
                 `ulimit -n`, or `LimitNOFILE=` in a unit of systemd"
            ))
        }
        Errno::NFILE => Some(
            "all descriptors of the machine are taken: raise `fs.file-max` with `sysctl`"
                .to_owned(),
        ),
        Errno::NOBUFS | Errno::NOMEM => {
            Some("the machine has no memory left for sockets".to_owned())
        }
        _ => None,
    }
}
