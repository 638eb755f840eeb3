//! The sockets of one kind, which stay open while versions come and go.
//!
//! Does not know what is answered on them.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use futures_util::future::join_all;
use tokio::sync::{oneshot, watch};

use super::StartError;
use super::crew::{Answerer, Crew, Order, Post, StationId};
use crate::definition::{Address, Origin};
use crate::listener::{self, Phase, Shortage};

/// Where a kind listens.
#[derive(Debug, Clone)]
pub struct Endpoint {
    pub kind: &'static str,
    /// All with the same port; never empty.
    pub addresses: Vec<SocketAddr>,
    /// Where the port comes from.
    pub source: Origin,
}

/// What a station is asked for with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wish {
    pub(super) kind: &'static str,
    pub(super) address: Address,
    /// 0: any free port.
    pub(super) port: u16,
}

impl Wish {
    fn failed(self, source: io::Error) -> StartError {
        let Self { kind, address, port } = self;
        StartError::Bind { kind, address, port, source }
    }
}

/// The sockets of one kind: the same addresses on several threads.
#[derive(Debug)]
pub(super) struct Station {
    pub(super) id: StationId,
    pub(super) wish: Wish,
    pub(super) addresses: Vec<SocketAddr>,
    /// Duplicates of the sockets of each address, for further threads or another kind.
    listeners: Vec<Vec<TcpListener>>,
    shortage: Arc<Shortage>,
    phase: watch::Sender<Phase>,
    /// One per thread that serves it.
    drained: Vec<oneshot::Receiver<usize>>,
    /// How many responses were cut off on those that are drained.
    cut: usize,
}

impl Station {
    /// Binds `count` sockets to each address.
    pub(super) fn bind(id: StationId, wish: Wish, count: usize) -> Result<Self, StartError> {
        listener::bind_each(wish.address, wish.port, count)
            .and_then(|listeners| Self::of(id, wish, listeners))
            .map_err(|source| wish.failed(source))
    }

    /// A station of another kind on the same sockets. The old one can be closed without closing them.
    pub(super) fn convert(&self, id: StationId, wish: Wish) -> Result<Self, StartError> {
        let listeners =
            self.listeners.iter().map(|one| one.iter().map(TcpListener::try_clone).collect());
        listeners
            .collect::<io::Result<_>>()
            .and_then(|listeners| Self::of(id, wish, listeners))
            .map_err(|source| wish.failed(source))
    }

    fn of(id: StationId, wish: Wish, listeners: Vec<Vec<TcpListener>>) -> io::Result<Self> {
        let addresses = listeners.iter().map(|one| listener::local_address(&one[0]));
        let addresses = addresses.collect::<io::Result<Vec<_>>>()?;
        let phase = watch::Sender::new(Phase::Hold);
        let shortage = Arc::new(Shortage::new(wish.kind, addresses[0]));
        let drained = Vec::new();
        Ok(Self { id, wish, addresses, listeners, shortage, phase, drained, cut: 0 })
    }

    /// On how many threads it is served.
    pub(super) fn reach(&self) -> usize {
        self.drained.len()
    }

    /// Lets the next thread serve it too.
    ///
    /// # Errors
    /// When the system refuses another descriptor.
    pub(super) fn attend(&mut self, crew: &Crew, answerer: Answerer) -> Result<(), StartError> {
        let thread = self.drained.len();
        let own = self.listeners.iter().map(|one| one[thread % one.len()].try_clone());
        let listeners = own.collect::<io::Result<_>>();
        let listeners = listeners.map_err(|source| self.wish.failed(source))?;
        let (drained, receiver) = oneshot::channel();
        let phase = self.phase.subscribe();
        let shortage = self.shortage.clone();
        let post = Post { station: self.id, listeners, shortage, answerer, phase, drained };
        crew.order(thread, Order::Attend(post));
        self.drained.push(receiver);
        Ok(())
    }

    /// Lets others answer on all threads from now on; returns when they do.
    pub(super) async fn answer(&self, crew: &Crew, answerer: impl Fn(usize) -> Answerer) {
        let told = (0..self.reach()).map(|thread| {
            let (done, told) = oneshot::channel();
            let answerer = answerer(thread);
            crew.order(thread, Order::Answer { station: self.id, answerer, done });
            told
        });
        // A thread that is gone answers nothing at all.
        join_all(told).await;
    }

    pub(super) fn open(&self) {
        self.phase.send_replace(Phase::Accept);
    }

    /// Takes in what has connected and closes the sockets.
    pub(super) fn close(&mut self) {
        // A duplicate would keep the socket open.
        self.listeners.clear();
        self.phase.send_replace(Phase::Drain);
    }

    /// Ends the connections that are still open.
    pub(super) fn cut(&self) {
        self.phase.send_replace(Phase::Cut);
    }

    /// Waits until the last connection has ended, after [`Station::close`]. Returns how many responses were
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
