//! The state of an instance on its way out of it, and into one of the next version.
//!
//! Does not know which instance it goes to.

use std::sync::Arc;

use bytes::Bytes;

use super::exports::{Handover, required};
use super::instance::{CallLoop, PendingCall};
use super::worker::Worker;
use crate::bindings::definition::Description;
use crate::call::{Call, CallRequest, Context, Deadline, HandoverState, Outcome, Reply};
use crate::engine::Interface;

impl Worker {
    /// Asks the instance for its state, and waits for it until the deadline.
    ///
    /// # Cancel safety
    /// When the future is dropped the guest is told that the call is cancelled.
    pub(crate) async fn give(
        &self,
        successor: Arc<Description>,
        deadline: Deadline,
    ) -> Outcome<Option<Bytes>> {
        let (reply, outcome) = Reply::new();
        let call = call(CallRequest::Give(successor, reply), deadline);
        self.queue.push(call).map_err(|refused| refused.fault)?;
        self.outcome(outcome, Some(deadline)).await
    }

    /// Brings the instance a state, and waits until the deadline for what it says.
    ///
    /// # Cancel safety
    /// As for [`Worker::give`].
    pub(crate) async fn receive(
        &self,
        handed_over: HandoverState,
        deadline: Deadline,
    ) -> Outcome<()> {
        let (reply, outcome) = Reply::new();
        let call = call(CallRequest::Receive(handed_over, reply), deadline);
        self.queue.push(call).map_err(|refused| refused.fault)?;
        self.outcome(outcome, Some(deadline)).await
    }
}

fn call(request: CallRequest, deadline: Deadline) -> Call {
    let context =
        Context { deadline: Some(deadline), overdue: Some(deadline.at), ..Context::default() };
    Call { request, context }
}

impl CallLoop<'_> {
    pub(super) async fn give(
        &self,
        successor: Arc<Description>,
        reply: &Reply<Option<Bytes>>,
        pending: PendingCall,
    ) -> wasmtime::Result<()> {
        let Handover { give, .. } = required(self.exports.handover, Interface::Handover)?;
        let (task, (returned,)) = self.enter(give, |_| Ok((successor,)), pending).await?;
        self.answered(task);
        reply.send(returned);
        Ok(())
    }

    pub(super) async fn receive(
        &self,
        handed_over: HandoverState,
        reply: &Reply<()>,
        pending: PendingCall,
    ) -> wasmtime::Result<()> {
        let Handover { receive, .. } = required(self.exports.handover, Interface::Handover)?;
        let HandoverState { predecessor, state } = handed_over;
        let (task, (returned,)) =
            self.enter(receive, |_| Ok((predecessor, state)), pending).await?;
        self.answered(task);
        reply.send(returned);
        Ok(())
    }
}
