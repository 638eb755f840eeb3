//! The state of an instance on its way out of it, and into one of the next version.
//!
//! Does not know which instance it goes to.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::instance::{Residents, Visitor};
use super::worker::Worker;
use crate::bindings::definition::Description;
use crate::call::{Ask, Call, Context, Legacy, Outcome, Reply};

impl Worker {
    /// Asks the instance for its state, and waits for it until the deadline.
    ///
    /// # Cancel safety
    /// When the future is dropped the guest is told that the call is cancelled.
    pub async fn give(
        &self,
        successor: Arc<Description>,
        deadline: (Instant, Duration),
    ) -> Outcome<Option<Bytes>> {
        let (reply, outcome) = oneshot::channel();
        let call = call(Ask::Give(successor), Reply::Give(reply), deadline.0);
        self.queue.push(call).map_err(|refused| refused.fault)?;
        self.outcome(outcome, Some(deadline)).await
    }

    /// Brings the instance a state, and waits until the deadline for what it says.
    ///
    /// # Cancel safety
    /// As for [`Worker::give`].
    pub async fn receive(&self, legacy: Legacy, deadline: (Instant, Duration)) -> Outcome<()> {
        let (reply, outcome) = oneshot::channel();
        let call = call(Ask::Receive(legacy), Reply::Step(reply), deadline.0);
        self.queue.push(call).map_err(|refused| refused.fault)?;
        self.outcome(outcome, Some(deadline)).await
    }
}

fn call(ask: Ask, reply: Reply, deadline: Instant) -> Call {
    let context =
        Context { deadline: Some(deadline), overdue: Some(deadline), ..Context::default() };
    Call { ask, reply, context }
}

impl Residents<'_> {
    pub(super) async fn give(
        &self,
        successor: Arc<Description>,
        visitor: Visitor,
    ) -> wasmtime::Result<()> {
        let Some((give, _)) = self.exports.handover else {
            wasmtime::bail!("a component without `handover` was asked for its state");
        };
        let (task, (returned,)) = self.enter(give, |_| Ok((successor,)), visitor).await?;
        self.accessor.with(|mut access| {
            if let Some(reply) = access.get().calls.answered(task) {
                reply.answer_give(returned);
            }
        });
        Ok(())
    }

    pub(super) async fn receive(&self, legacy: Legacy, visitor: Visitor) -> wasmtime::Result<()> {
        let Some((_, receive)) = self.exports.handover else {
            wasmtime::bail!("a state was brought to a component without `handover`");
        };
        let Legacy { predecessor, state } = legacy;
        let (task, (returned,)) =
            self.enter(receive, |_| Ok((predecessor, state)), visitor).await?;
        self.accessor.with(|mut access| {
            if let Some(reply) = access.get().calls.answered(task) {
                reply.answer_step(returned);
            }
        });
        Ok(())
    }
}
