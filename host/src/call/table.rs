//! The calls that one instance is in, by the task that wasmtime made for each.

use std::borrow::Cow;
use std::collections::HashMap;

use rustc_hash::FxBuildHasher;
use tokio::sync::oneshot;
use wasmtime::component::GuestTaskId;

use super::{Context, Fault, Reply};

/// A call inside the guest.
#[derive(Debug)]
pub struct ActiveCall {
    /// The exported function, for log lines.
    pub name: Cow<'static, str>,
    pub context: Context,
    /// `None` once the outcome is sent; what the guest does after that still belongs to the call.
    pub reply: Option<Reply>,
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
    pub fn new(name: Cow<'static, str>, context: Context, reply: Reply) -> Self {
        let cancellation = Cancellation::Awaited(Vec::new());
        Self { name, context, reply: Some(reply), late_fault: None, cancellation }
    }

    /// Tells the guest that nobody waits for this call any more.
    pub fn cancel(&mut self) {
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
    pub fn cancelled(&mut self) -> Option<oneshot::Receiver<()>> {
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
pub struct Table {
    calls: HashMap<GuestTaskId, ActiveCall, FxBuildHasher>,
}

impl Table {
    pub fn enter(&mut self, task: GuestTaskId, call: ActiveCall) {
        self.calls.insert(task, call);
    }

    pub fn get(&self, task: GuestTaskId) -> Option<&ActiveCall> {
        self.calls.get(&task)
    }

    pub fn get_mut(&mut self, task: GuestTaskId) -> Option<&mut ActiveCall> {
        self.calls.get_mut(&task)
    }

    /// Where the outcome of a call goes that has returned: what it still does has no deadline, unless
    /// it was cancelled, which is no way to get more time to compute.
    pub fn answered(&mut self, task: GuestTaskId) -> Option<Reply> {
        let call = self.calls.get_mut(&task)?;
        call.context.deadline = None;
        if !call.is_cancelled() {
            call.context.overdue = None;
        }
        call.reply.take()
    }

    /// The same for a call that streams, for which its deadline still counts; with what receives the
    /// fault that ends the stream.
    pub fn streams(&mut self, task: GuestTaskId) -> Option<(Reply, oneshot::Receiver<Fault>)> {
        let call = self.calls.get_mut(&task)?;
        let (late_fault, fault) = oneshot::channel();
        call.late_fault = Some(late_fault);
        call.reply.take().map(|reply| (reply, fault))
    }

    /// Takes out every call, when the instance is lost.
    pub fn drain(&mut self) -> impl Iterator<Item = (GuestTaskId, ActiveCall)> {
        self.calls.drain()
    }
}
