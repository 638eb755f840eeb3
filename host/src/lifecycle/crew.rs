//! The threads of a service. Each does what it is ordered to: it runs workers and serves sockets, of
//! one version after the other.
//!
//! Does not know why.

use std::cell::RefCell;
use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::rc::{Rc, Weak};
use std::sync::Arc;

use futures_util::future::join_all;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{JoinError, JoinSet};
use tracing::error;

use super::thread;
use crate::dispatch::{Dispatcher, GrpcDispatcher};
use crate::guest::Seat;
use crate::listener::{self, ConnectionRules, Phase, Served, Shortage, Slot};

/// Distinguishes the stations of one process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct StationId(pub(super) u64);

/// What a thread can be told to do.
#[derive(Debug)]
pub(super) enum Order {
    /// Runs a worker; `end` resolves when it has ended.
    Work {
        seat: Box<Seat>,
        end: oneshot::Sender<()>,
    },
    Attend(Post),
    /// From now on `dispatcher` answers on the station; `done` is told when it does.
    Answer {
        station: StationId,
        answerer: Answerer,
        done: oneshot::Sender<()>,
    },
}

/// The sockets of a station that a thread serves until its last connection is closed.
#[derive(Debug)]
pub(super) struct Post {
    pub(super) station: StationId,
    /// One for each address.
    pub(super) listeners: Vec<TcpListener>,
    pub(super) shortage: Arc<Shortage>,
    pub(super) answerer: Answerer,
    pub(super) phase: watch::Receiver<Phase>,
    /// Receives how many responses were cut off.
    pub(super) drained: oneshot::Sender<usize>,
}

/// Who answers on a socket, and on which terms.
#[derive(Debug)]
pub(super) struct Answerer {
    pub(super) rules: ConnectionRules,
    pub(super) dispatcher: AnyDispatcher,
}

/// What answers, by the kind that owns the socket.
#[derive(Debug)]
pub(super) enum AnyDispatcher {
    Http(Attached<Dispatcher>),
    Grpc(Attached<GrpcDispatcher>),
}

/// Held by whatever may still send requests to a version; the version waits until nobody does.
pub(super) type Presence = mpsc::Sender<Infallible>;

/// A dispatcher, and the proof that it is there.
#[derive(Debug)]
pub(super) struct Attached<D> {
    pub(super) dispatcher: D,
    pub(super) _presence: Presence,
}

impl Served for Rc<Attached<Dispatcher>> {
    type Body = crate::dispatch::ResponseBody;

    async fn respond(
        &self,
        request: http::Request<crate::http2::RequestBody>,
        peer: SocketAddr,
    ) -> Result<http::Response<Self::Body>, Infallible> {
        self.dispatcher.respond(request, peer).await
    }
}

impl Served for Rc<Attached<GrpcDispatcher>> {
    type Body = crate::dispatch::GrpcBody;

    async fn respond(
        &self,
        request: http::Request<crate::http2::RequestBody>,
        peer: SocketAddr,
    ) -> Result<http::Response<Self::Body>, Infallible> {
        // Boxed, because hyper keeps the memory of this future for as long as the answer is streamed:
        // 3 KiB of each idle stream.
        Ok(Box::pin(self.dispatcher.respond(request, peer)).await)
    }
}

/// The threads, as far as they are needed. Cheap to clone; dropping the last one lets them end with what
/// they have.
#[derive(Debug, Default, Clone)]
pub(super) struct Crew {
    threads: Rc<RefCell<Vec<mpsc::UnboundedSender<Order>>>>,
}

impl Crew {
    /// Sees to it that there are at least `count` threads, which can do what they are told to.
    ///
    /// # Errors
    /// When the system refuses another one, or what it needs. Then there are no more than before.
    pub(super) fn grow(&self, count: usize) -> io::Result<()> {
        let mut threads = self.threads.borrow_mut();
        // One that has ended was lost with a version that never served.
        let is_there = |index: usize| threads.get(index).is_some_and(|thread| !thread.is_closed());
        let missing = (0..count).filter(|index| !is_there(*index));
        let grown = missing.map(|index| Ok((index, thread(index)?)));
        for (index, thread) in grown.collect::<io::Result<Vec<_>>>()? {
            match threads.get_mut(index) {
                Some(ended) => *ended = thread,
                None => threads.push(thread),
            }
        }
        Ok(())
    }

    /// What a thread that is gone is told is lost; whoever waits for an answer sees it dropped.
    pub(super) fn order(&self, thread: usize, order: Order) {
        drop(self.threads.borrow()[thread].send(order));
    }
}

fn thread(index: usize) -> io::Result<mpsc::UnboundedSender<Order>> {
    let (sender, orders) = mpsc::unbounded_channel();
    thread::start(format!("worker-{index}"), |runtime| runtime.block_on(follow(orders)))?;
    Ok(sender)
}

/// Follows orders until nobody gives any, and then ends what was begun.
async fn follow(mut orders: mpsc::UnboundedReceiver<Order>) {
    let mut tasks = JoinSet::new();
    let mut slots = HashMap::new();
    loop {
        tokio::select! {
            order = orders.recv() => match order {
                Some(order) => obey(order, &mut tasks, &mut slots),
                None => break,
            },
            Some(ended) = tasks.join_next() => pass_on_panic(ended),
        }
    }
    while let Some(ended) = tasks.join_next().await {
        pass_on_panic(ended);
    }
}

fn obey(order: Order, tasks: &mut JoinSet<()>, slots: &mut HashMap<StationId, AnySlot>) {
    match order {
        Order::Work { seat, end } => {
            tasks.spawn_local(async move {
                seat.run().await;
                // An owner that is gone does not wait.
                let _ = end.send(());
            });
        }
        Order::Attend(Post { station, listeners, shortage, answerer, phase, drained }) => {
            let Answerer { rules, dispatcher } = answerer;
            slots.retain(|_, slot| slot.is_used());
            match dispatcher {
                AnyDispatcher::Http(dispatcher) => {
                    let slot = Slot::new(rules, Rc::new(dispatcher));
                    slots.insert(station, AnySlot::Http(Rc::downgrade(&slot)));
                    tasks.spawn_local(attend((listeners, shortage), slot, phase, drained));
                }
                AnyDispatcher::Grpc(dispatcher) => {
                    let slot = Slot::new(rules, Rc::new(dispatcher));
                    slots.insert(station, AnySlot::Grpc(Rc::downgrade(&slot)));
                    tasks.spawn_local(attend((listeners, shortage), slot, phase, drained));
                }
            }
        }
        Order::Answer { station, answerer, done } => {
            if let Some(slot) = slots.get(&station) {
                slot.replace(answerer);
            }
            // An owner that is gone does not wait.
            let _ = done.send(());
        }
    }
}

/// A panic of the host's code ends the thread, so that all who wait for it notice.
fn pass_on_panic(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && let Ok(panic) = error.try_into_panic()
    {
        std::panic::resume_unwind(panic);
    }
}

/// The slot of a socket that the thread serves; gone with its last connection.
enum AnySlot {
    Http(Weak<Slot<Rc<Attached<Dispatcher>>>>),
    Grpc(Weak<Slot<Rc<Attached<GrpcDispatcher>>>>),
}

impl AnySlot {
    fn is_used(&self) -> bool {
        match self {
            Self::Http(slot) => slot.strong_count() > 0,
            Self::Grpc(slot) => slot.strong_count() > 0,
        }
    }

    fn replace(&self, Answerer { rules, dispatcher }: Answerer) {
        match (self, dispatcher) {
            (Self::Http(slot), AnyDispatcher::Http(dispatcher)) => {
                if let Some(slot) = slot.upgrade() {
                    slot.replace(rules, Rc::new(dispatcher));
                }
            }
            (Self::Grpc(slot), AnyDispatcher::Grpc(dispatcher)) => {
                if let Some(slot) = slot.upgrade() {
                    slot.replace(rules, Rc::new(dispatcher));
                }
            }
            _ => debug_assert!(false, "a station was given a dispatcher of another kind"),
        }
    }
}

/// Serves sockets until their last connection is closed.
async fn attend<S: Served>(
    (listeners, shortage): (Vec<TcpListener>, Arc<Shortage>),
    slot: Rc<Slot<S>>,
    phase: watch::Receiver<Phase>,
    drained: oneshot::Sender<usize>,
) {
    let served = listeners.into_iter().map(async |listener| {
        let served = listener::serve(listener, slot.clone(), phase.clone(), &shortage).await;
        served.unwrap_or_else(|error| {
            error!(%error, "cannot use the listening socket");
            0
        })
    });
    let cut = join_all(served).await;
    // An owner that is gone does not wait.
    let _ = drained.send(cut.iter().sum());
}
