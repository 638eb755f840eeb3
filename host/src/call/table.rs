//! The calls that one instance is in, by the task that wasmtime made for each.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use rustc_hash::FxBuildHasher;
use tokio::sync::oneshot;
use wasmtime::component::GuestTaskId;

use super::{AnyReply, Context, Fault};

/// A call inside the guest.
#[derive(Debug)]
pub(crate) struct ActiveCall {
    /// The exported function, for log lines.
    pub name: Cow<'static, str>,
    pub context: Context,
    /// `None` once the outcome is sent; what the guest does after that still belongs to the call.
    pub reply: Option<Arc<dyn AnyReply>>,
    /// Who is told when the instance is lost after the outcome was sent.
    pub late_fault: Option<oneshot::Sender<Fault>>,
    cancellation: Cancellation,
}

#[derive(Debug)]
enum Cancellation {
    /// The guest's tasks that want to be told.
    Awaited(Vec<oneshot::Sender<()>>),
    Cancelled,
}

impl ActiveCall {
    pub(crate) fn new(name: Cow<'static, str>, context: Context, reply: Arc<dyn AnyReply>) -> Self {
        let cancellation = Cancellation::Awaited(Vec::new());
        Self { name, context, reply: Some(reply), late_fault: None, cancellation }
    }

    /// Tells the guest that nobody waits for this call any more.
    pub(crate) fn cancel(&mut self) {
        if let Cancellation::Awaited(tasks) =
            std::mem::replace(&mut self.cancellation, Cancellation::Cancelled)
        {
            for task in tasks {
                // A task that no longer waits has nothing to cancel.
                let _ = task.send(());
            }
        }
    }

    fn is_cancelled(&self) -> bool {
        matches!(self.cancellation, Cancellation::Cancelled)
    }

    /// Resolves when the call is cancelled; fails when it ends before that. `None`: it is already.
    pub(crate) fn cancelled(&mut self) -> Option<oneshot::Receiver<()>> {
        match &mut self.cancellation {
            Cancellation::Cancelled => None,
            Cancellation::Awaited(tasks) => {
                let (sender, receiver) = oneshot::channel();
                tasks.retain(|task| !task.is_closed());
                tasks.push(sender);
                Some(receiver)
            }
        }
    }
}

/// Every call that an instance is in.
///
/// A call whose outcome is sent stays, for the tasks that it has spawned and that go on. wasmtime
/// gives its task's number to a later call once they have ended, so there are never more entries
/// than there were calls at a time.
#[derive(Debug, Default)]
pub(crate) struct Table {
    calls: HashMap<GuestTaskId, ActiveCall, FxBuildHasher>,
}

impl Table {
    pub(crate) fn enter(&mut self, task: GuestTaskId, call: ActiveCall) {
        self.calls.insert(task, call);
    }

    pub(crate) fn get(&self, task: GuestTaskId) -> Option<&ActiveCall> {
        self.calls.get(&task)
    }

    pub(crate) fn get_mut(&mut self, task: GuestTaskId) -> Option<&mut ActiveCall> {
        self.calls.get_mut(&task)
    }

    /// A call has returned, and its outcome is about to be sent: what it still does has no deadline, unless it
    /// was cancelled, which is no way to get more time to compute.
    pub(crate) fn answered(&mut self, task: GuestTaskId) {
        let Some(call) = self.calls.get_mut(&task) else { return };
        call.context.deadline = None;
        if !call.is_cancelled() {
            call.context.overdue = None;
        }
        call.reply = None;
    }

    /// The same for a call that streams, for which its deadline still counts; with what receives the
    /// fault that ends the stream.
    pub(crate) fn streams(&mut self, task: GuestTaskId) -> Option<oneshot::Receiver<Fault>> {
        let call = self.calls.get_mut(&task)?;
        let (late_fault, fault) = oneshot::channel();
        call.late_fault = Some(late_fault);
        call.reply.take().map(|_reply| fault)
    }

    /// Takes out every call, when the instance is lost.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = (GuestTaskId, ActiveCall)> {
        self.calls.drain()
    }
}
