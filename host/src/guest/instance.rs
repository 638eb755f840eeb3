//! The life of one instance: it starts, takes in calls, and ends; all inside the event loop that wasmtime runs
//! for its store.
//!
//! wasmtime drives every call of a store from one future, so a call is not a task here: `serve` keeps the futures
//! of all calls, and whatever wakes one of them polls the loop. Two consequences shape the code. Each turn is
//! a moment without guest code on the stack, which is when the heartbeat is set and what the guest printed is
//! known not to be a panic. And an error of one call is the end of all of them, because a trap leaves the
//! store unusable; whose fault it was is found out afterwards, in `loss`.

use std::borrow::Cow;
use std::cell::Cell;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{FuturesUnordered, Stream};
use tokio::sync::oneshot;
use tokio::time::{Instant, Sleep, sleep};
use wasmtime::Store;
use wasmtime::component::{
    Access, Accessor, ComponentNamedList, GuestTaskId, Lift, Lower, TypedFunc,
};

use super::exports::{Exports, Plugin};
use super::intake::{Intake, Portion};
use super::worker::WorkerConfig;
use crate::bindings::plugin::StartRefusal;
use crate::call::{ActiveCall, AnyReply, Call, CallRequest, Context as CallContext, Reply, Step};
use crate::capability::{State, TrapEvidence};

/// How long calls that nobody waits for may hold all places of an instance: enough to notice that
/// they are cancelled.
const ABANDONED_GRACE: Duration = Duration::from_secs(1);

/// Instantiates, starts and serves until the queue is closed and empty.
///
/// Sets `started` when `on-start` has returned. An inner error is what `on-start` returned instead.
pub(super) async fn live(
    config: &WorkerConfig,
    store: &mut Store<State>,
    started: &Cell<bool>,
) -> wasmtime::Result<Result<(), StartRefusal>> {
    let instance = config.program.instance().instantiate_async(&mut *store).await?;
    let exports = Exports::find(store, &instance, &config.program)?;
    let trap_evidence = store.data().trap_evidence.clone();
    store
        .run_concurrent(async |accessor| {
            let calls = CallLoop {
                config,
                accessor,
                exports: &exports,
                intake: Arc::new(Intake::new(&config.limits)),
                abandoned: Cell::new(0),
                all_abandoned: Cell::new(None),
                is_native_begun: Cell::new(false),
            };
            let stay = async {
                if let Err(refusal) = calls.start().await? {
                    return Ok(Err(refusal));
                }
                started.set(true);
                config.opened();
                calls.serve().await.map(Ok)
            };
            let mut stay = pin!(stay);
            poll_fn(|context| {
                turn(config, accessor, &trap_evidence);
                stay.as_mut().poll(context)
            })
            .await
        })
        .await?
}

/// Once per turn of the event loop: no guest code is on the stack now.
fn turn(config: &WorkerConfig, accessor: &Accessor<State>, trap_evidence: &TrapEvidence) {
    config.worker.heartbeat.beat(config.worker.watchdog.now());
    if trap_evidence.take() {
        accessor.with(|mut access| access.get().survived());
    }
}

/// What kind of call a place was given back by.
enum Left {
    Step,
    Request,
}

/// The calls inside the instance.
pub(super) struct CallLoop<'a> {
    pub(super) config: &'a WorkerConfig,
    pub(super) accessor: &'a Accessor<State>,
    pub(super) exports: &'a Exports,
    /// What they may be given of their requests together.
    intake: Arc<Intake>,
    /// Requests that nobody waits for any more and that have not left.
    pub(super) abandoned: Cell<usize>,
    /// Runs while these hold every place.
    all_abandoned: Cell<Option<Pin<Box<Sleep>>>>,
    /// Whether `native.start` was called. It may be asked for twice while an instance replaces another.
    is_native_begun: Cell<bool>,
}

impl CallLoop<'_> {
    /// `on-start`, if there is one; `start` of a plug-in.
    async fn start(&self) -> wasmtime::Result<Result<(), StartRefusal>> {
        if let Some(Plugin { start, .. }) = self.exports.plugin {
            return self.start_plugin(start).await;
        }
        let (reply, outcome) = Reply::new();
        let call = Call {
            request: CallRequest::Step(Step::OnStart, reply),
            context: CallContext::default(),
        };
        self.admit(call, self.intake.begin(0)).await?;
        match outcome.await {
            Ok(Ok(returned)) => Ok(returned.map_err(StartRefusal::Error)),
            Ok(Err(fault)) => Err(wasmtime::Error::new(fault)),
            Err(lost) => Err(wasmtime::Error::new(lost)),
        }
    }

    /// Takes in calls and lets them go, until the queue is closed and everybody has left.
    async fn serve(&self) -> wasmtime::Result<()> {
        let queue = &self.config.worker.queue;
        let mut inside = FuturesUnordered::new();
        poll_fn(|context| {
            loop {
                queue.register(context.waker());
                let fits = |request: &CallRequest| {
                    self.intake.fits(request.whole(), || self.spare_memory(), context.waker())
                };
                while let Some(call) = queue.pop(fits) {
                    let portion = self.intake.begin(call.request.whole());
                    inside.push(self.admit(call, portion));
                }
                match Pin::new(&mut inside).poll_next(context) {
                    Poll::Ready(Some(Ok(Left::Request))) => queue.left(),
                    Poll::Ready(Some(Ok(Left::Step))) => (),
                    Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(error)),
                    Poll::Ready(None) if queue.is_finished() => return Poll::Ready(Ok(())),
                    Poll::Ready(None) => return Poll::Pending,
                    Poll::Pending => return self.poll_all_abandoned(context),
                }
            }
        })
        .await
    }

    /// Fails once calls that ignore their cancellation have kept everybody else out for too long.
    fn poll_all_abandoned(&self, context: &mut Context<'_>) -> Poll<wasmtime::Result<()>> {
        if self.abandoned.get() < self.config.limits.max_concurrency.get() {
            self.all_abandoned.take();
            return Poll::Pending;
        }
        let timer = self.all_abandoned.take();
        let mut timer = timer.unwrap_or_else(|| Box::pin(sleep(ABANDONED_GRACE)));
        if timer.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(wasmtime::Error::new(Unresponsive)));
        }
        self.all_abandoned.set(Some(timer));
        Poll::Pending
    }

    fn spare_memory(&self) -> usize {
        self.accessor.with(|mut access| access.get().memory.spare())
    }

    async fn admit(&self, call: Call, portion: Portion) -> wasmtime::Result<Left> {
        let Call { request, context } = call;
        let pending = PendingCall { name: request.name(), context, reply: request.to_reply() };
        match request {
            CallRequest::Http(request, reply) => {
                self.http(request, reply, pending, portion).await.map(|()| Left::Request)
            }
            CallRequest::Grpc(request, reply) => {
                self.grpc(request, reply, pending, portion).await.map(|()| Left::Request)
            }
            CallRequest::Step(step, reply) => {
                self.step(step, &reply, pending).await.map(|()| Left::Step)
            }
            CallRequest::Give(successor, reply) => {
                self.give(successor, &reply, pending).await.map(|()| Left::Step)
            }
            CallRequest::Receive(handed_over, reply) => {
                self.receive(handed_over, &reply, pending).await.map(|()| Left::Step)
            }
            CallRequest::OnRequest(head, reply) => {
                self.on_request(head, &reply, pending).await.map(|()| Left::Request)
            }
            CallRequest::OnResponse(head, reply) => {
                self.on_response(head, &reply, pending).await.map(|()| Left::Request)
            }
            CallRequest::Function(function, reply) => {
                self.function(function, &reply, pending).await.map(|()| Left::Request)
            }
        }
    }

    async fn step(
        &self,
        step: Step,
        reply: &Reply<()>,
        pending: PendingCall,
    ) -> wasmtime::Result<()> {
        if step == Step::NativeStart && self.is_native_begun.replace(true) {
            reply.send(Ok(()));
            return Ok(());
        }
        let entered = match (step, self.exports.run()) {
            (Step::ScriptRun { arguments }, Some(run)) => {
                self.enter(run, |_| Ok((arguments,)), pending).await?
            }
            (step, _) => {
                let Some(function) = self.exports.plain(&step) else {
                    // What a component does not have is done at once.
                    reply.send(Ok(()));
                    return Ok(());
                };
                self.enter(function, |_| Ok(()), pending).await?
            }
        };
        let (task, (returned,)) = entered;
        self.answered(task);
        reply.send(returned);
        Ok(())
    }

    /// A call has returned; its outcome is sent next.
    pub(super) fn answered(&self, task: GuestTaskId) {
        self.accessor.with(|mut access| access.get().calls.answered(task));
    }

    /// Calls `function` and waits until it returns. From then on the call is in the instance's table.
    pub(super) async fn enter<P, R>(
        &self,
        function: TypedFunc<P, R>,
        parameters: impl FnOnce(&mut Access<'_, State>) -> wasmtime::Result<P>,
        mut pending: PendingCall,
    ) -> wasmtime::Result<(GuestTaskId, R)>
    where
        P: ComponentNamedList + Lower + Send + Sync + 'static,
        R: ComponentNamedList + Lift + Send + Sync + 'static,
    {
        let cancel = pending.take_cancel();
        let (task, started) = self.accessor.with(|mut access| -> wasmtime::Result<_> {
            let parameters = parameters(&mut access)?;
            let started = function.start_call_concurrent(&mut access, parameters)?;
            let task = started.task();
            access.get().calls.enter(task, pending.into_call());
            Ok((task, started))
        })?;
        let finish = function.finish_call_concurrent(self.accessor, started);
        Ok((task, self.attend(task, finish, cancel).await?))
    }

    /// Waits until a call that has begun returns, and tells the guest when it is cancelled.
    pub(super) async fn attend<R>(
        &self,
        task: GuestTaskId,
        finish: impl Future<Output = wasmtime::Result<R>>,
        mut cancel: Option<oneshot::Receiver<()>>,
    ) -> wasmtime::Result<R> {
        let mut finish = pin!(finish);
        let mut abandoned = Abandoned { count: &self.abandoned, this: false };
        poll_fn(|context| {
            if let Poll::Ready(returned) = finish.as_mut().poll(context) {
                return Poll::Ready(returned);
            }
            if let Some(cancelled) = &mut cancel
                && let Poll::Ready(asked) = Pin::new(cancelled).poll(context)
            {
                cancel = None;
                if asked.is_ok() {
                    self.cancel(task);
                }
            }
            if !abandoned.this && self.poll_abandoned(task, context).is_ready() {
                abandoned.set();
            }
            Poll::Pending
        })
        .await
    }

    /// Tells the guest that nobody waits for the call any more. One that has returned and streams gets as
    /// much time to compute again as a call has.
    pub(super) fn cancel(&self, task: GuestTaskId) {
        let limit = self.config.limits.call_timeout;
        self.accessor.with(|mut access| {
            if let Some(call) = access.get().calls.get_mut(task) {
                call.cancel();
                if call.reply.is_none() {
                    call.context.overdue.get_or_insert_with(|| Instant::now() + limit);
                }
            }
        });
    }

    /// Ready once nobody waits for the call any more; the guest is told.
    fn poll_abandoned(&self, task: GuestTaskId, context: &mut Context<'_>) -> Poll<()> {
        self.accessor.with(|mut access| {
            let Some(call) = access.get().calls.get_mut(task) else { return Poll::Pending };
            let Some(reply) = &call.reply else { return Poll::Pending };
            std::task::ready!(reply.poll_abandoned(context));
            call.cancel();
            Poll::Ready(())
        })
    }
}

/// Every place is held by a call whose caller is gone and which ignores that.
#[derive(Debug, thiserror::Error)]
#[error("every slot is held by a cancelled call that has not returned")]
pub(super) struct Unresponsive;

/// Who makes a call, and where its outcome goes.
pub(super) struct PendingCall {
    name: Cow<'static, str>,
    context: CallContext,
    reply: Arc<dyn AnyReply>,
}

impl PendingCall {
    pub(super) fn new(name: &'static str, context: CallContext, reply: Arc<dyn AnyReply>) -> Self {
        Self { name: name.into(), context, reply }
    }

    pub(super) fn take_cancel(&mut self) -> Option<oneshot::Receiver<()>> {
        self.context.cancel.take()
    }

    pub(super) fn set_head(&mut self, head: Bytes) {
        self.context.head = Some(head);
    }

    pub(super) fn into_call(self) -> ActiveCall {
        ActiveCall::new(self.name, self.context, self.reply)
    }
}

/// Counts a call among the abandoned ones for as long as it stays.
pub(super) struct Abandoned<'a> {
    count: &'a Cell<usize>,
    this: bool,
}

impl<'a> Abandoned<'a> {
    /// One that counts from now on.
    pub(super) fn counted(count: &'a Cell<usize>) -> Self {
        let mut abandoned = Self { count, this: false };
        abandoned.set();
        abandoned
    }

    fn set(&mut self) {
        self.this = true;
        self.count.set(self.count.get() + 1);
    }
}

impl Drop for Abandoned<'_> {
    fn drop(&mut self) {
        if self.this {
            self.count.set(self.count.get() - 1);
        }
    }
}
