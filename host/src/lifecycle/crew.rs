//! The threads of a service: each runs one worker and the sockets that belong to it.

use std::future::poll_fn;
use std::io;
use std::net::TcpListener;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;

use futures_util::future::join_all;
use tokio::runtime::{Builder, LocalOptions, LocalRuntime};
use tokio::sync::{mpsc, oneshot, watch};
use tracing::error;

use crate::capability::Stopping;
use crate::dispatch::{Dispatcher, GrpcDispatcher};
use crate::guest::{Event, Seat, Workers};
use crate::listener::{self, ConnectionRules, Phase, Served};

/// A socket, and what answers on it.
#[derive(Debug)]
pub(super) struct Post {
    pub(super) listener: TcpListener,
    pub(super) rules: ConnectionRules,
    pub(super) dispatcher: AnyDispatcher,
}

/// What answers, by the kind that owns the socket.
#[derive(Debug)]
pub(super) enum AnyDispatcher {
    Http(Dispatcher),
    Grpc(GrpcDispatcher),
}

impl Served for Dispatcher {
    type Body = crate::dispatch::ResponseBody;

    async fn respond(
        &self,
        request: http::Request<hyper::body::Incoming>,
    ) -> Result<http::Response<Self::Body>, std::convert::Infallible> {
        Dispatcher::respond(self, request).await
    }
}

impl Served for GrpcDispatcher {
    type Body = crate::dispatch::GrpcBody;

    async fn respond(
        &self,
        request: http::Request<hyper::body::Incoming>,
    ) -> Result<http::Response<Self::Body>, std::convert::Infallible> {
        // Boxed, because hyper keeps the memory of this future for as long as the answer is streamed:
        // 3 KiB of each idle stream.
        Ok(Box::pin(GrpcDispatcher::respond(self, request)).await)
    }
}

/// All threads of a service and the ways to reach them. Dropping it leaves them to themselves.
#[derive(Debug)]
pub(super) struct Crew {
    pub(super) workers: Workers,
    pub(super) phase: watch::Sender<Phase>,
    /// True while the health check says so.
    pub(super) serving: watch::Sender<bool>,
    pub(super) stopping: watch::Sender<Stopping>,
    pub(super) events: mpsc::UnboundedReceiver<Event>,
    pub(super) members: Vec<Member>,
}

#[derive(Debug)]
pub(super) struct Member {
    /// How many connections were cut off, once the socket is closed.
    drained: Option<oneshot::Receiver<usize>>,
    /// Resolves when the worker has ended; `None` once it has.
    ended: Option<oneshot::Receiver<()>>,
}

/// The sending ends that a crew is made with.
#[derive(Debug)]
pub(super) struct Channels {
    pub(super) phase: watch::Sender<Phase>,
    pub(super) serving: watch::Sender<bool>,
    pub(super) stopping: watch::Sender<Stopping>,
}

impl Crew {
    pub(super) fn new(
        workers: Workers,
        channels: Channels,
        events: mpsc::UnboundedReceiver<Event>,
    ) -> Self {
        let Channels { phase, serving, stopping } = channels;
        Self { workers, phase, serving, stopping, events, members: Vec::new() }
    }

    /// Starts the thread of one worker and of the sockets that belong to it.
    ///
    /// # Errors
    /// When the system refuses another thread or what its runtime needs.
    pub(super) fn enlist(&mut self, seat: Seat, posts: Vec<Post>) -> io::Result<()> {
        let phase = self.phase.subscribe();
        let (drain, drained) = oneshot::channel();
        let (end, ended) = oneshot::channel();
        let runtime = RuntimeOfThread::new();
        let name = format!("worker-{}", seat.index);
        // Nobody joins it: one whose guest cannot be ended is left behind.
        std::thread::Builder::new().name(name).spawn(move || {
            let runtime = match runtime.build() {
                Ok(runtime) => runtime,
                Err(error) => return error!(%error, "cannot set up the thread of a worker"),
            };
            runtime.block_on(async {
                let work = async {
                    seat.run().await;
                    // An owner that is gone does not wait.
                    let _ = end.send(());
                };
                let attend = async {
                    let posts = posts.into_iter().map(|post| attend(post, phase.clone()));
                    let _ = drain.send(join_all(posts).await.into_iter().sum());
                };
                tokio::join!(work, attend);
            });
        })?;
        self.members.push(Member { drained: Some(drained), ended: Some(ended) });
        Ok(())
    }

    /// Closes the sockets and waits until the last connection has ended. Returns how many were cut.
    ///
    /// # Cancel safety
    /// What is drained stays drained; calling it again waits for the rest.
    pub(super) async fn drained(&mut self) -> usize {
        let mut cut = 0;
        for member in &mut self.members {
            if let Some(drained) = &mut member.drained {
                // A thread that is gone has no connections.
                cut += drained.await.unwrap_or(0);
                member.drained = None;
            }
        }
        cut
    }

    /// Waits until all workers have ended.
    ///
    /// # Cancel safety
    /// Calling it again waits for the rest.
    pub(super) async fn ended(&mut self) {
        for member in &mut self.members {
            if let Some(ended) = &mut member.ended {
                // Whether it ended by itself or by a panic, it has ended.
                let _ = ended.await;
                member.ended = None;
            }
        }
    }
}

/// Resolves when one of the workers has ended; never if there is none.
///
/// # Cancel safety
/// Can be called again until it has resolved.
pub(super) async fn one_ended(members: &mut [Member]) {
    poll_fn(|context| {
        for ended in members.iter_mut().filter_map(|member| member.ended.as_mut()) {
            if Pin::new(ended).poll(context).is_ready() {
                return Poll::Ready(());
            }
        }
        Poll::Pending
    })
    .await;
}

/// Serves one socket until its last connection is closed.
async fn attend(post: Post, phase: watch::Receiver<Phase>) -> usize {
    let Post { listener, rules, dispatcher } = post;
    let served = match dispatcher {
        AnyDispatcher::Http(http) => listener::serve(listener, rules, Rc::new(http), phase).await,
        AnyDispatcher::Grpc(grpc) => listener::serve(listener, rules, Rc::new(grpc), phase).await,
    };
    match served {
        Ok(cut) => cut,
        Err(error) => {
            error!(%error, "cannot use the listening socket");
            0
        }
    }
}

/// Settings of a thread's runtime; made where errors can be returned.
struct RuntimeOfThread(Builder);

impl RuntimeOfThread {
    fn new() -> Self {
        let mut builder = Builder::new_current_thread();
        builder.enable_all();
        Self(builder)
    }

    fn build(mut self) -> io::Result<LocalRuntime> {
        self.0.build_local(LocalOptions::default())
    }
}
