//! The sockets of one kind, which stay open while versions come and go.
//!
//! Does not know what is answered on them.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use futures_util::future::join_all;
use tokio::sync::{oneshot, watch};

use super::StartError;
use super::threads::{
    ConnectionService, ListenerId, ListenerSockets, RequestSources, ThreadCommand, WorkerThreads,
};
use crate::client::local::{Registration, no_requests};
use crate::definition::{Address, Origin};
use crate::listener::{self, Phase, Shortage};

/// Where a kind listens.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    pub kind: &'static str,
    /// All with the same port; never empty.
    pub addresses: Vec<SocketAddr>,
    /// Where the port comes from.
    pub source: Origin,
    /// Whether connections use TLS.
    pub is_secured: bool,
}

/// What distinguishes the listeners of a service: those with the same key are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ListenerKey {
    pub(super) kind: &'static str,
    pub(super) address: Address,
    /// 0: any free port.
    pub(super) port: u16,
}

impl ListenerKey {
    fn failed(self, source: io::Error) -> StartError {
        let Self { kind, address, port } = self;
        StartError::Bind { kind, address, port, source }
    }
}

/// The sockets of one kind: the same addresses on several threads.
#[derive(Debug)]
pub(super) struct Listener {
    pub(super) id: ListenerId,
    pub(super) key: ListenerKey,
    pub(super) addresses: Vec<SocketAddr>,
    /// Duplicates of the sockets of each address, for further threads or another kind.
    sockets: Vec<Vec<TcpListener>>,
    shortage: Arc<Shortage>,
    /// Lets other services of this process call it; `None` once it is closed.
    registration: Option<Registration>,
    phase: watch::Sender<Phase>,
    /// One per thread that serves it.
    drained: Vec<oneshot::Receiver<usize>>,
    /// How many responses were cut off on those that are drained.
    cut: usize,
}

impl Listener {
    /// Binds `count` sockets to each address.
    pub(super) fn bind(
        id: ListenerId,
        key: ListenerKey,
        count: usize,
        registration: Registration,
    ) -> Result<Self, StartError> {
        listener::bind_each(key.address, key.port, count)
            .and_then(|sockets| Self::of(id, key, sockets, registration))
            .map_err(|source| key.failed(source))
    }

    /// A listener of another kind on the same sockets. The old one can be closed without closing them.
    pub(super) fn convert(
        &self,
        id: ListenerId,
        key: ListenerKey,
        registration: Registration,
    ) -> Result<Self, StartError> {
        let sockets =
            self.sockets.iter().map(|one| one.iter().map(TcpListener::try_clone).collect());
        sockets
            .collect::<io::Result<_>>()
            .and_then(|sockets| Self::of(id, key, sockets, registration))
            .map_err(|source| key.failed(source))
    }

    fn of(
        id: ListenerId,
        key: ListenerKey,
        sockets: Vec<Vec<TcpListener>>,
        registration: Registration,
    ) -> io::Result<Self> {
        let addresses = sockets.iter().map(|one| listener::local_address(&one[0]));
        let addresses = addresses.collect::<io::Result<Vec<_>>>()?;
        let phase = watch::Sender::new(Phase::Hold);
        let shortage = Arc::new(Shortage::new(key.kind, addresses[0]));
        let drained = Vec::new();
        let registration = Some(registration);
        Ok(Self { id, key, addresses, sockets, shortage, registration, phase, drained, cut: 0 })
    }

    /// On how many threads it is served.
    pub(super) fn thread_count(&self) -> usize {
        self.drained.len()
    }

    /// Lets the next thread serve it too.
    ///
    /// # Errors
    /// When the system refuses another descriptor.
    pub(super) fn add_thread(
        &mut self,
        threads: &WorkerThreads,
        service: ConnectionService,
    ) -> Result<(), StartError> {
        let thread = self.drained.len();
        let own = self.sockets.iter().map(|one| one[thread % one.len()].try_clone());
        let sockets = own.collect::<io::Result<_>>();
        let sockets = sockets.map_err(|source| self.key.failed(source))?;
        let (drained, receiver) = oneshot::channel();
        let phase = self.phase.subscribe();
        let shortage = self.shortage.clone();
        let local = self.registration.as_ref().map_or_else(no_requests, Registration::add_thread);
        let sources = RequestSources { sockets, local, shortage };
        let own = ListenerSockets { listener: self.id, sources, service, phase, drained };
        threads.send(thread, ThreadCommand::Listen(own));
        self.drained.push(receiver);
        Ok(())
    }

    /// Lets others answer on all threads from now on; returns when they do.
    pub(super) async fn replace_service(
        &self,
        threads: &WorkerThreads,
        service: impl Fn(usize) -> ConnectionService,
    ) {
        let told = (0..self.thread_count()).map(|thread| {
            let (done, told) = oneshot::channel();
            let service = service(thread);
            threads.send(thread, ThreadCommand::Replace { listener: self.id, service, done });
            told
        });
        // A thread that is gone answers nothing at all.
        join_all(told).await;
    }

    pub(super) fn open(&self) {
        self.phase.send_replace(Phase::Accept);
        if let Some(registration) = &self.registration {
            registration.publish();
        }
    }

    /// Takes in what has connected and closes the sockets.
    pub(super) fn close(&mut self) {
        // A duplicate would keep the socket open.
        self.sockets.clear();
        self.registration = None;
        self.phase.send_replace(Phase::Drain);
    }

    /// Ends the connections that are still open.
    pub(super) fn cut(&self) {
        self.phase.send_replace(Phase::Cut);
    }

    /// Waits until the last connection has ended, after [`Listener::close`]. Returns how many responses were
    /// cut off although nothing but their clients was waited for.
    ///
    /// # Cancel safety
    /// What is drained stays drained; calling it again waits for the rest.
    pub(super) async fn drained(&mut self) -> usize {
        while let Some(drained) = self.drained.last_mut() {
            // A thread that is gone has no connections.
            self.cut += drained.await.unwrap_or(0);
            self.drained.pop();
        }
        self.cut
    }
}
