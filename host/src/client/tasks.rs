//! The owner of the tasks that keep connections and addresses.
//!
//! Does not know what they do.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::{CancellationToken, DropGuard, WaitForCancellationFutureOwned};

/// Tasks of one thread's clients. They are asked to end by [`Tasks::close`] and are aborted with the last handle.
#[derive(Debug, Clone, Default)]
pub(super) struct Tasks {
    set: Arc<Mutex<JoinSet<()>>>,
    closing: CancellationToken,
}

impl Tasks {
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) -> AbortHandle {
        let mut set = self.set.lock().unwrap_or_else(PoisonError::into_inner);
        while set.try_join_next().is_some() {}
        set.spawn(task)
    }

    /// Resolves when the tasks are to end.
    pub(super) fn closing(&self) -> WaitForCancellationFutureOwned {
        self.closing.clone().cancelled_owned()
    }

    /// Asks all tasks to end when it is dropped.
    pub(super) fn close_on_drop(&self) -> DropGuard {
        self.closing.clone().drop_guard()
    }

    /// Asks all tasks to end, and aborts those that have not by `deadline`.
    pub(super) async fn close(self, deadline: Instant) {
        self.closing.cancel();
        let mut set = {
            let mut set = self.set.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *set)
        };
        let ended = async { while set.join_next().await.is_some() {} };
        if timeout_at(deadline, ended).await.is_err() {
            set.shutdown().await;
        }
    }
}
