//! Work that runs next to the call that started it, and waiting for several things at once.
//! Everything except [`spawn`] comes from `futures`, and works in components and in unit tests.
//!
//! | to | use | when it is dropped where it waits |
//! |---|---|---|
//! | start work that outlives the call | [`spawn`] | the task goes on; [`Task::cancel`] ends it |
//! | wait for all of a few futures | [`join!`], [`try_join!`] | so are they all |
//! | wait for all of many | [`join_all`], [`try_join_all`] | so are they all |
//! | wait for the first of a few | [`select!`], [`select_biased!`], [`select`](fn@select) | the others go on if they were given by reference, and are dropped otherwise |
//! | take the results of many as they come | [`FuturesUnordered`], `StreamExt::buffer_unordered` | nothing by `next`; all with the collection |
//! | give up after a time | [`time::timeout`](crate::time::timeout) | the work is dropped |
//! | do something again and again | [`time::interval`](crate::time::interval) | no tick is lost |
//! | hand values on | [`channel`](crate::channel) | see there |
//!
//! Nothing of it starts a thread: the futures take turns with each other and with all other calls of the instance.
//!
//! # Cancel safety
//!
//! A future is *cancel safe* when dropping it where it waits loses nothing. What is awaited in a branch of [`select!`] should be:
//! the branches that were not taken are dropped. It matters in handlers as well: the future of a call that nobody waits for any
//! more is dropped at its `.await`. What has to be done to its end belongs into a [spawned](spawn) task.
//!
//! ```
//! use mikros_sdk::channel::mpsc;
//! use mikros_sdk::prelude::*;
//! use mikros_sdk::task::{FutureExt as _, StreamExt as _, join, select};
//! use mikros_sdk::time::interval;
//! use std::time::Duration;
//!
//! /// Handles jobs as they come and says every minute how many there were.
//! async fn work(mut jobs: mpsc::Receiver<String>) {
//!     let mut minutes = interval(Duration::from_secs(60));
//!     let mut done = 0;
//!     loop {
//!         select! {
//!             job = jobs.next() => match job {
//!                 Some(job) => {
//!                     join!(store(&job), announce(&job));
//!                     done += 1;
//!                 }
//!                 None => return,
//!             },
//!             _ = minutes.tick().fuse() => log::info!("still working", done),
//!         }
//!     }
//! }
//! # async fn store(_: &str) {}
//! # async fn announce(_: &str) {}
//! # fn main() {
//! # mikros_sdk::testing::Context::new().run(async {
//! #     let (mut sender, receiver) = mpsc::channel(1);
//! #     sender.try_send("a".to_owned()).expect("there is room");
//! #     drop(sender);
//! #     work(receiver).await;
//! # });
//! # }
//! ```

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use crate::local::Local;
use futures_util::future::{AbortHandle, abortable};

pub use futures_util::future::{
    Either, join, join_all, select, select_all, try_join, try_join_all,
};
pub use futures_util::stream::FuturesUnordered;
pub use futures_util::{
    FutureExt, StreamExt, TryFutureExt, join, pin_mut, select, select_biased, try_join,
};

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
    Task { slot: Local::new(slot), abort }
}

/// A task that was [spawned](spawn).
///
/// Waiting for it yields its output, or `None` when it was cancelled. Dropping it lets the task
/// go on.
pub struct Task<T> {
    // Wrapped, so that handlers of other frameworks, which demand `Send`, may wait for it.
    slot: Local<Rc<RefCell<Slot<T>>>>,
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
