//! Work that runs next to the call that started it.
//! Deliberately knows nothing about who runs it: the component's executor, or the one of unit tests.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use futures_util::future::{AbortHandle, abortable};

use crate::imports;

/// Runs `future` concurrently with the current call and goes on when that has returned.
///
/// The task belongs to the call that spawned it: it logs under the same request id, and the call
/// counts as one of the instance's until its tasks are done. It ends when the future ends, when
/// [`Task::cancel`] is called, or with the instance; it is *not* dropped when the call is
/// cancelled, so a long one should watch [`cancelled`](crate::cancelled) or
/// [`shutdown`](crate::shutdown). Work that lasts as long as the service belongs into
/// [`Native::start`](crate::Native::start).
///
/// Tasks take turns with all other calls of the instance; they do not run in parallel.
pub fn spawn<F>(future: F) -> Task<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    let (future, abort) = abortable(future);
    let slot = Rc::new(RefCell::new(Slot { state: State::Running, waker: None }));
    let filled = Rc::clone(&slot);
    imports::spawn(async move {
        let output = future.await.ok();
        let mut slot = filled.borrow_mut();
        slot.state = State::Done(output);
        if let Some(waker) = slot.waker.take() {
            waker.wake();
        }
    });
    Task { slot, abort }
}

/// A task that was [spawned](spawn).
///
/// Waiting for it yields its output, or `None` when it was cancelled. Dropping it lets the task
/// go on.
pub struct Task<T> {
    slot: Rc<RefCell<Slot<T>>>,
    abort: AbortHandle,
}

struct Slot<T> {
    state: State<T>,
    waker: Option<Waker>,
}

enum State<T> {
    Running,
    Done(Option<T>),
    Taken,
}

impl<T> Task<T> {
    /// Drops the task's future where it waits. No effect on a task that is done.
    pub fn cancel(&self) {
        self.abort.abort();
    }

    /// Whether the task has ended.
    pub fn is_done(&self) -> bool {
        !matches!(self.slot.borrow().state, State::Running)
    }
}

impl<T> Future for Task<T> {
    type Output = Option<T>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        let mut slot = self.slot.borrow_mut();
        match std::mem::replace(&mut slot.state, State::Taken) {
            State::Running => {
                slot.state = State::Running;
                slot.waker = Some(context.waker().clone());
                Poll::Pending
            }
            State::Done(output) => Poll::Ready(output),
            State::Taken => panic!("a task was polled after it yielded its output"),
        }
    }
}

impl<T> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task").field("is_done", &self.is_done()).finish_non_exhaustive()
    }
}
