//! Where the outcome of a call goes.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use tokio::sync::oneshot;

use super::{Fault, Outcome};
use crate::bindings::errors::Error as ServiceError;

/// Sends the outcome of a call to its caller. Only the first outcome counts; clones send the same one.
///
/// A request carries it with the type that its function returns. The table of calls keeps it as [`AnyReply`],
/// so that a call can fail whatever it is.
pub(crate) struct Reply<T, E = ServiceError>(Arc<Sender<T, E>>);

/// `None` once the outcome is sent.
struct Sender<T, E>(Mutex<Option<oneshot::Sender<Outcome<T, E>>>>);

/// The part of a reply that does not depend on what the guest returns.
pub(crate) trait AnyReply: fmt::Debug + Send + Sync {
    /// Ends the call with a fault. A caller that went away does not mind.
    fn fail(&self, fault: Fault);

    /// Whether nobody waits for the outcome any more.
    fn is_abandoned(&self) -> bool;

    /// Ready once nobody waits for the outcome any more.
    fn poll_abandoned(&self, context: &mut Context<'_>) -> Poll<()>;
}

impl<T, E> Reply<T, E> {
    /// A reply, and where its outcome arrives. Dropping the receiver abandons the call.
    pub(crate) fn new() -> (Self, oneshot::Receiver<Outcome<T, E>>) {
        let (sender, receiver) = oneshot::channel();
        (Self(Arc::new(Sender(Mutex::new(Some(sender))))), receiver)
    }

    /// Ends the call with what the guest returned. A caller that went away does not mind.
    pub(crate) fn send(&self, returned: Result<T, E>) {
        self.0.send(Ok(returned));
    }

    pub(super) fn as_any(&self) -> &dyn AnyReply
    where
        T: Send + 'static,
        E: Send + 'static,
    {
        &*self.0
    }

    pub(crate) fn to_any(&self) -> Arc<dyn AnyReply>
    where
        T: Send + 'static,
        E: Send + 'static,
    {
        self.0.clone()
    }
}

impl<T, E> Sender<T, E> {
    fn send(&self, outcome: Outcome<T, E>) {
        let sender = self.lock().take();
        if let Some(sender) = sender {
            drop(sender.send(outcome));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<oneshot::Sender<Outcome<T, E>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Send, E: Send> AnyReply for Sender<T, E> {
    fn fail(&self, fault: Fault) {
        self.send(Err(fault));
    }

    fn is_abandoned(&self) -> bool {
        self.lock().as_ref().is_none_or(oneshot::Sender::is_closed)
    }

    fn poll_abandoned(&self, context: &mut Context<'_>) -> Poll<()> {
        match &mut *self.lock() {
            Some(sender) => sender.poll_closed(context),
            None => Poll::Ready(()),
        }
    }
}

impl<T, E> Clone for Reply<T, E> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T, E> fmt::Debug for Reply<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reply")
    }
}

impl<T, E> fmt::Debug for Sender<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reply")
    }
}
