//! The threads of a service. Each executes commands: it runs workers and serves sockets, of one version
//! after the other.
//!
//! Does not know why.

use std::cell::RefCell;
use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::rc::{Rc, Weak};
use std::sync::Arc;

use futures_util::future::{join, join_all};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{JoinError, JoinSet};

use super::thread;
use crate::call::Transport;
use crate::client::local::LocalRequests;
use crate::dispatch::{Dispatcher, GrpcBody, GrpcDispatcher, ResponseBody};
use crate::guest::WorkerConfig;
use crate::http2::RequestBody;
use crate::listener::{self, ListenerOptions, Phase, Served, Shortage, Slot};
use crate::observe::{Observation, ObservedBody, Observers};
use crate::telemetry::error;

/// Distinguishes the listeners of one process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct ListenerId(pub(super) u64);

/// What a thread can be told to do.
#[derive(Debug)]
pub(super) enum ThreadCommand {
    /// Runs a worker; `end` resolves when it has ended.
    RunWorker { config: Box<WorkerConfig>, end: oneshot::Sender<()> },
    /// Accepts connections until the last one is closed.
    Listen(ListenerSockets),
    /// Serves connections of the listener with `service` from now on, and confirms that to `done`.
    Replace { listener: ListenerId, service: ConnectionService, done: oneshot::Sender<()> },
}

/// The sockets of a listener that a thread serves until its last connection is closed.
#[derive(Debug)]
pub(super) struct ListenerSockets {
    pub(super) listener: ListenerId,
    pub(super) sources: RequestSources,
    pub(super) service: ConnectionService,
    pub(super) phase: watch::Receiver<Phase>,
    /// Receives how many responses were cut off.
    pub(super) drained: oneshot::Sender<usize>,
}

/// Where the requests of a listener come from on one thread.
#[derive(Debug)]
pub(super) struct RequestSources {
    /// One for each address.
    pub(super) sockets: Vec<TcpListener>,
    /// Requests of other services in this process.
    pub(super) local: LocalRequests,
    pub(super) shortage: Arc<Shortage>,
}

/// What serves the connections of a socket, and the rules they are kept to.
#[derive(Debug)]
pub(super) struct ConnectionService {
    pub(super) options: ListenerOptions,
    pub(super) dispatcher: AnyDispatcher,
}

/// The dispatcher of the kind that owns the socket.
#[derive(Debug)]
pub(super) enum AnyDispatcher {
    Http(Guarded<Dispatcher>),
    Grpc(Guarded<GrpcDispatcher>),
}

/// Held by whatever can still send requests to a version. The version has drained when all are dropped.
pub(super) type DrainGuard = mpsc::Sender<Infallible>;

/// A dispatcher, and the guard that keeps its version from ending.
#[derive(Debug)]
pub(super) struct Guarded<D> {
    pub(super) dispatcher: D,
    pub(super) observers: Observers,
    pub(super) _guard: DrainGuard,
}

impl Served for Rc<Guarded<Dispatcher>> {
    type Body = ObservedBody<ResponseBody>;

    async fn respond(
        &self,
        mut request: http::Request<RequestBody>,
        peer: SocketAddr,
    ) -> Result<http::Response<Self::Body>, Infallible> {
        let route = |path: &str| self.dispatcher.route_of(path);
        let observation =
            Observation::begin(&self.observers, Transport::Http, &mut request, peer, route);
        let response = self.dispatcher.respond(request, peer).await?;
        Ok(ObservedBody::new(response, observation))
    }
}

impl Served for Rc<Guarded<GrpcDispatcher>> {
    type Body = ObservedBody<GrpcBody>;

    async fn respond(
        &self,
        mut request: http::Request<RequestBody>,
        peer: SocketAddr,
    ) -> Result<http::Response<Self::Body>, Infallible> {
        // Boxed, because hyper keeps the memory of this future for as long as the answer is streamed:
        // 3 KiB of each idle stream.
        let route = |path: &str| self.dispatcher.route_of(path);
        let observation =
            Observation::begin(&self.observers, Transport::Grpc, &mut request, peer, route);
        let response = Box::pin(self.dispatcher.respond(request, peer)).await;
        Ok(ObservedBody::new(response, observation))
    }
}

/// The threads, as far as they are needed. Cheap to clone; dropping the last one lets them end with what
/// they have.
#[derive(Debug, Default, Clone)]
pub(super) struct WorkerThreads {
    threads: Rc<RefCell<Vec<mpsc::UnboundedSender<ThreadCommand>>>>,
}

impl WorkerThreads {
    /// Starts threads until there are at least `count`.
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

    /// A command to a thread that has ended is dropped, and so is the sender for its confirmation.
    pub(super) fn send(&self, thread: usize, command: ThreadCommand) {
        drop(self.threads.borrow()[thread].send(command));
    }
}

fn thread(index: usize) -> io::Result<mpsc::UnboundedSender<ThreadCommand>> {
    let (sender, commands) = mpsc::unbounded_channel();
    thread::start(format!("worker-{index}"), |runtime| runtime.block_on(run_commands(commands)))?;
    Ok(sender)
}

/// Executes commands until there are no senders, then waits for what was begun.
async fn run_commands(mut commands: mpsc::UnboundedReceiver<ThreadCommand>) {
    let mut tasks = JoinSet::new();
    let mut slots = HashMap::new();
    loop {
        tokio::select! {
            command = commands.recv() => match command {
                Some(command) => execute(command, &mut tasks, &mut slots),
                None => break,
            },
            Some(ended) = tasks.join_next() => pass_on_panic(ended),
        }
    }
    while let Some(ended) = tasks.join_next().await {
        pass_on_panic(ended);
    }
}

fn execute(
    command: ThreadCommand,
    tasks: &mut JoinSet<()>,
    slots: &mut HashMap<ListenerId, AnySlot>,
) {
    match command {
        ThreadCommand::RunWorker { config, end } => {
            tasks.spawn_local(async move {
                config.run().await;
                // An owner that is gone does not wait.
                let _ = end.send(());
            });
        }
        ThreadCommand::Listen(ListenerSockets { listener, sources, service, phase, drained }) => {
            let ConnectionService { options, dispatcher } = service;
            slots.retain(|_, slot| slot.is_used());
            match dispatcher {
                AnyDispatcher::Http(dispatcher) => {
                    let slot = Slot::new(options, Rc::new(dispatcher));
                    slots.insert(listener, AnySlot::Http(Rc::downgrade(&slot)));
                    tasks.spawn_local(listen(sources, slot, phase, drained));
                }
                AnyDispatcher::Grpc(dispatcher) => {
                    let slot = Slot::new(options, Rc::new(dispatcher));
                    slots.insert(listener, AnySlot::Grpc(Rc::downgrade(&slot)));
                    tasks.spawn_local(listen(sources, slot, phase, drained));
                }
            }
        }
        ThreadCommand::Replace { listener, service, done } => {
            if let Some(slot) = slots.get(&listener) {
                slot.replace(service);
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
    Http(Weak<Slot<Rc<Guarded<Dispatcher>>>>),
    Grpc(Weak<Slot<Rc<Guarded<GrpcDispatcher>>>>),
}

impl AnySlot {
    fn is_used(&self) -> bool {
        match self {
            Self::Http(slot) => slot.strong_count() > 0,
            Self::Grpc(slot) => slot.strong_count() > 0,
        }
    }

    fn replace(&self, ConnectionService { options, dispatcher }: ConnectionService) {
        match (self, dispatcher) {
            (Self::Http(slot), AnyDispatcher::Http(dispatcher)) => {
                if let Some(slot) = slot.upgrade() {
                    slot.replace(options, Rc::new(dispatcher));
                }
            }
            (Self::Grpc(slot), AnyDispatcher::Grpc(dispatcher)) => {
                if let Some(slot) = slot.upgrade() {
                    slot.replace(options, Rc::new(dispatcher));
                }
            }
            _ => debug_assert!(false, "a listener was given a dispatcher of another kind"),
        }
    }
}

/// Serves sockets until their last connection is closed.
async fn listen<S: Served>(
    sources: RequestSources,
    slot: Rc<Slot<S>>,
    phase: watch::Receiver<Phase>,
    drained: oneshot::Sender<usize>,
) {
    let RequestSources { sockets, local, shortage } = sources;
    let served = sockets.into_iter().map(async |socket| {
        let served = listener::serve(socket, slot.clone(), phase.clone(), &shortage).await;
        served.unwrap_or_else(|error| {
            error!(ListenFailed, %error, "cannot use the listening socket");
            0
        })
    });
    let served_local = listener::serve_local(local, slot.clone(), phase.clone());
    let (cut, cut_local) = join(join_all(served), served_local).await;
    // An owner that is gone does not wait.
    let _ = drained.send(cut.iter().sum::<usize>() + cut_local);
}
