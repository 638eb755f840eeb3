//! Calls to other services that a call waits for.
//! While there is one, the guest needs no second pending import to notice that its own call is cancelled: the host ends
//! the calls that a cancelled call has made, which wakes the guest. A second import would cost each such call
//! 2.5 µs.
//!
//! Only numbers are kept, so that a component without clients has next to nothing of it.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// What one `until_cancelled` polls.
#[derive(Clone, Copy, Default)]
struct Scope {
    /// Zero until a call waits in it.
    id: u32,
    /// How many calls to other services wait in it.
    waiting: u32,
}

thread_local! {
    /// What is polled on this thread.
    static CURRENT: Cell<Option<Scope>> = const { Cell::new(None) };
    static LAST_ID: Cell<u32> = const { Cell::new(0) };
    /// The scope that has ended last: its work is dropped after it.
    static ENDED: Cell<u32> = const { Cell::new(0) };
    /// Whether a call has waited in one scope and ended in another, such as a future that several handlers share. The
    /// counts are not used from then on.
    static HAS_MOVED: Cell<bool> = const { Cell::new(false) };
}

/// Counts the calls to other services that the work of one `until_cancelled` waits for.
#[derive(Default)]
pub(super) struct Awaited(Scope);

impl Awaited {
    /// Whether there is one.
    #[inline(never)]
    pub(super) fn is_any(&self) -> bool {
        self.0.waiting > 0 && !HAS_MOVED.get()
    }

    /// Counts calls that wait in `poll`.
    pub(super) fn during<T>(&mut self, poll: impl FnOnce() -> T) -> T {
        let outer = exchange(Some(self.0));
        let polled = poll();
        self.0 = exchange(outer).unwrap_or_default();
        polled
    }
}

/// Not inlined, nor are its neighbours: they would be in every export of every component.
#[inline(never)]
fn exchange(scope: Option<Scope>) -> Option<Scope> {
    CURRENT.replace(scope)
}

impl Drop for Awaited {
    #[inline(never)]
    fn drop(&mut self) {
        if self.0.id != 0 {
            ENDED.set(self.0.id);
        }
    }
}

/// Whether the future that is polled is dropped when its call is cancelled.
#[cfg(target_family = "wasm")]
pub(crate) fn is_dropped_when_cancelled() -> bool {
    CURRENT.get().is_some()
}

/// A call to another service, which the host ends when the call that made it is cancelled.
pub(crate) struct Call<F> {
    work: Pin<Box<F>>,
    /// The scope in which it waits; zero for none.
    scope: u32,
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
        Self { work: Box::pin(work), scope: 0 }
    }

    fn begin_to_wait(&mut self) {
        let Some(mut scope) = CURRENT.get() else { return };
        if scope.id == 0 {
            scope.id = LAST_ID.get().wrapping_add(1).max(1);
            LAST_ID.set(scope.id);
        }
        scope.waiting += 1;
        CURRENT.set(Some(scope));
        self.scope = scope.id;
    }

    fn stop_waiting(&mut self) {
        let waited_in = std::mem::take(&mut self.scope);
        if waited_in == 0 {
            return;
        }
        match CURRENT.get() {
            Some(scope) if scope.id == waited_in => {
                CURRENT.set(Some(Scope { waiting: scope.waiting - 1, ..scope }));
            }
            _ if waited_in == ENDED.get() => {}
            _ => HAS_MOVED.set(true),
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
    fn a_call_counts_while_it_waits() {
        let mut awaited = Awaited::default();
        let mut call = Some(Call::new(pending::<()>()));

        assert!(awaited.during(|| call.as_mut().expect("it is there").now_or_never()).is_none());
        assert!(awaited.is_any());
        awaited.during(|| call = None);
        assert!(!awaited.is_any());

        assert!(awaited.during(|| Call::new(async {}).now_or_never()).is_some());
        assert!(!awaited.is_any());
    }

    #[test]
    fn scopes_within_scopes_count_for_themselves() {
        let (mut outer, mut inner) = (Awaited::default(), Awaited::default());
        let mut call = Call::new(pending::<()>());

        outer.during(|| inner.during(|| (&mut call).now_or_never()));

        assert!(inner.is_any() && !outer.is_any());
        // As the work of `until_cancelled` is dropped.
        drop(inner);
        drop(call);
        let mut call = Call::new(pending::<()>());
        outer.during(|| (&mut call).now_or_never());
        assert!(outer.is_any(), "the counts are still used");
    }

    #[test]
    fn a_call_that_moves_makes_the_counts_useless() {
        let (mut first, mut second) = (Awaited::default(), Awaited::default());
        let mut call = Call::new(pending::<()>());

        first.during(|| (&mut call).now_or_never());
        assert!(first.is_any());
        second.during(|| (&mut call).now_or_never());

        assert!(!first.is_any() && !second.is_any());
    }

    #[test]
    fn outside_of_a_call_nothing_counts() {
        let mut call = Call::new(pending::<()>());
        assert!((&mut call).now_or_never().is_none());
        drop(call);
        assert!(!Awaited::default().is_any());
    }
}
