//! Calls to other services that a call waits for.
//! While there is one, the guest needs no second pending import to notice that its own call is cancelled: the host ends
//! the calls that a cancelled call has made, which wakes the guest. A second import would cost each such call
//! 2.5 µs.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

/// What `until_cancelled` polls on this thread.
#[derive(Default)]
enum Scope {
    #[default]
    Outside,
    /// The count is made when the first call waits.
    Inside(Option<Rc<Cell<usize>>>),
}

thread_local! {
    static SCOPE: Cell<Scope> = const { Cell::new(Scope::Outside) };
}

/// How many calls to other services the work of one `until_cancelled` waits for.
#[derive(Default)]
pub(super) struct Awaited(Option<Rc<Cell<usize>>>);

impl Awaited {
    /// Whether there is one.
    pub(super) fn is_any(&self) -> bool {
        self.0.as_ref().is_some_and(|count| count.get() > 0)
    }

    /// Counts calls that wait in `poll`.
    pub(super) fn during<T>(&mut self, poll: impl FnOnce() -> T) -> T {
        let outer = SCOPE.replace(Scope::Inside(self.0.take()));
        let polled = poll();
        if let Scope::Inside(count) = SCOPE.replace(outer) {
            self.0 = count;
        }
        polled
    }
}

/// Whether the future that is polled is dropped when its call is cancelled.
#[cfg(target_family = "wasm")]
pub(crate) fn is_dropped_when_cancelled() -> bool {
    let scope = SCOPE.take();
    let is_inside = matches!(scope, Scope::Inside(_));
    SCOPE.set(scope);
    is_inside
}

/// A call to another service, which the host ends when the call that made it is cancelled.
pub(crate) struct Call<F> {
    work: Pin<Box<F>>,
    /// Where it is counted while it waits.
    count: Option<Rc<Cell<usize>>>,
}

impl<F> Call<F> {
    #[cfg_attr(
        not(any(target_family = "wasm", test)),
        expect(
            dead_code,
            reason = "in a test the calls are those of fakes, which end by themselves"
        )
    )]
    pub(crate) fn new(work: F) -> Self {
        Self { work: Box::pin(work), count: None }
    }

    fn begin_to_wait(&mut self) {
        let scope = match SCOPE.take() {
            Scope::Outside => Scope::Outside,
            Scope::Inside(count) => {
                let count = count.unwrap_or_default();
                count.set(count.get() + 1);
                self.count = Some(Rc::clone(&count));
                Scope::Inside(Some(count))
            }
        };
        SCOPE.set(scope);
    }

    fn stop_waiting(&mut self) {
        if let Some(count) = self.count.take() {
            count.set(count.get() - 1);
        }
    }
}

impl<F: Future> Future for Call<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        // Counted anew each time: it may be polled in another place than before.
        self.stop_waiting();
        let polled = self.work.as_mut().poll(context);
        if polled.is_pending() {
            self.begin_to_wait();
        }
        polled
    }
}

impl<F> Drop for Call<F> {
    fn drop(&mut self) {
        self.stop_waiting();
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn a_call_counts_while_it_waits_where_it_was_polled_last() {
        let (mut first, mut second) = (Awaited::default(), Awaited::default());
        let mut call = Call::new(pending::<()>());

        assert!(first.during(|| (&mut call).now_or_never()).is_none());
        assert!(first.is_any());

        assert!(second.during(|| (&mut call).now_or_never()).is_none());
        assert!(!first.is_any() && second.is_any());

        drop(call);
        assert!(!second.is_any());
    }

    #[test]
    fn a_call_that_is_done_does_not_count() {
        let mut awaited = Awaited::default();
        assert!(awaited.during(|| Call::new(async {}).now_or_never()).is_some());
        assert!(!awaited.is_any());
    }

    #[test]
    fn outside_of_a_call_nothing_counts() {
        let mut call = Call::new(pending::<()>());
        assert!((&mut call).now_or_never().is_none());
        drop(call);
    }
}
