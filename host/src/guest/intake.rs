//! What the calls of an instance have been given of their requests and may still hold, bounded in sum: a
//! fraction of the instance's memory, because a guest copies and unpacks what it holds.
//!
//! The bound counts once the guest has used half of its memory; one that holds little never meets it. What
//! does not fit waits, but for one call at a time, so that calls come to their end and give back what they
//! hold. Where that does not help, the last to wait are refused: what is unread on a connection of HTTP/2 can
//! keep the rest of all its requests away. Does not know what is taken.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::task::AtomicWaker;
use tokio::time::{Instant, Sleep, sleep};

use super::Limits;
use crate::call::stream::Hold;
use crate::capability::streams::Admission;

/// The part of the memory that requests may fill.
const PART: usize = 4;
/// How long one call may go beyond the bound while others wait.
const TURN: Duration = Duration::from_millis(250);
/// After so many turns in which no call came to its end half of those that wait are refused.
const MOST_MISSES: u32 = 2;

/// The bound, and who has taken what. Belongs to one instance.
#[derive(Debug)]
pub(super) struct Intake {
    /// In bytes.
    budget: usize,
    /// A call that is older streams: what it takes is not what it holds.
    longest: Duration,
    takers: Mutex<Takers>,
    /// Of what has whole requests that wait.
    waker: AtomicWaker,
}

#[derive(Debug, Default)]
struct Takers {
    calls: u64,
    /// Sum of `taken`.
    total: usize,
    /// Bytes that the guest may not have copied yet, and which its memory does not show.
    unseen: usize,
    /// Bytes by call. Without those that stream.
    taken: BTreeMap<u64, usize>,
    turns: u64,
    /// Who has waited longest is first.
    waiting: BTreeMap<u64, Waiting>,
    /// The call that may go beyond the bound.
    favoured: Option<Favoured>,
    /// Turns since a favoured call has come to its end.
    misses: u32,
}

/// A call that waits for room.
#[derive(Debug)]
struct Waiting {
    waker: Waker,
    hold: Arc<Hold>,
}

/// A call that may go beyond the bound for a while.
#[derive(Debug)]
struct Favoured {
    call: u64,
    until: Instant,
}

/// What one call has taken; given back when this is dropped.
#[derive(Debug)]
pub(super) struct Portion {
    intake: Arc<Intake>,
    call: u64,
    whole: usize,
}

/// Takes for one call, piece by piece.
#[derive(Debug)]
pub(super) struct Taker {
    intake: Arc<Intake>,
    call: u64,
    /// What it took last.
    unseen: usize,
    /// Its place among those that wait.
    turn: Option<u64>,
    /// When the call is taken for one that streams.
    streams_at: Instant,
    timer: Option<Pin<Box<Sleep>>>,
    hold: Arc<Hold>,
}

impl Intake {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            budget: limits.memory / PART,
            longest: limits.call_timeout,
            takers: Mutex::default(),
            waker: AtomicWaker::new(),
        }
    }

    /// Whether a whole request of so many bytes may enter an instance of which so much memory is to spare
    /// before the bound counts. If not, `waker` is woken when that may have changed.
    pub(super) fn fits(&self, bytes: usize, spare: impl FnOnce() -> usize, waker: &Waker) -> bool {
        let takers = self.takers();
        let (total, unseen) = (takers.total, takers.unseen);
        drop(takers);
        let is_little = total == 0 || total + bytes <= self.budget;
        let fits = bytes == 0 || is_little || unseen + bytes <= spare();
        if !fits {
            self.waker.register(waker);
        }
        fits
    }

    /// Begins a call with what it is given at once.
    pub(super) fn begin(self: &Arc<Self>, bytes: usize) -> Portion {
        let mut takers = self.takers();
        let call = takers.calls;
        takers.calls += 1;
        if bytes > 0 {
            takers.total += bytes;
            takers.unseen += bytes;
            takers.taken.insert(call, bytes);
        }
        Portion { intake: self.clone(), call, whole: bytes }
    }

    fn takers(&self) -> MutexGuard<'_, Takers> {
        self.takers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Takers {
    /// Whether it is the turn of the call to go beyond the bound; `place` is where it waits.
    fn favours(&mut self, call: u64, place: Option<u64>) -> bool {
        let now = Instant::now();
        if let Some(favoured) = &self.favoured
            && now < favoured.until
        {
            return favoured.call == call;
        }
        let place = place.unwrap_or(u64::MAX);
        if self.waiting.first_key_value().is_some_and(|(first, _)| *first < place) {
            return false;
        }
        if self.favoured.replace(Favoured { call, until: now + TURN }).is_some() {
            self.misses += 1;
            if self.misses >= MOST_MISSES {
                self.misses = 0;
                self.refuse_half();
            }
        }
        true
    }

    fn refuse_half(&mut self) {
        for _ in 0..self.waiting.len() / 2 {
            if let Some((_, waiting)) = self.waiting.pop_last() {
                waiting.hold.refuse();
            }
        }
    }

    /// The call takes no more.
    fn done(&mut self, call: u64) {
        if self.favoured.take_if(|favoured| favoured.call == call).is_some() {
            self.misses = 0;
        }
        self.wake();
    }

    /// The call does not count any more.
    fn forget(&mut self, call: u64) {
        if let Some(bytes) = self.taken.remove(&call) {
            self.total -= bytes;
        }
        self.done(call);
    }

    /// Each that goes on wakes the next.
    fn wake(&mut self) {
        if let Some((_, waiting)) = self.waiting.first_key_value() {
            waiting.waker.wake_by_ref();
        }
    }
}

impl Portion {
    /// What takes the rest of the request. `hold` is told when it waits, and when that is in vain.
    pub(super) fn taker(&self, hold: Arc<Hold>) -> Taker {
        let Self { intake, call, .. } = self;
        intake.takers().taken.entry(*call).or_default();
        let streams_at = Instant::now() + intake.longest;
        let intake = intake.clone();
        Taker { intake, call: *call, unseen: 0, turn: None, streams_at, timer: None, hold }
    }
}

impl Drop for Portion {
    fn drop(&mut self) {
        let mut takers = self.intake.takers();
        takers.unseen -= self.whole;
        takers.forget(self.call);
        drop(takers);
        self.intake.waker.wake();
    }
}

impl Admission for Taker {
    /// Ready when the call may have so many bytes more, which it then has. What it had before has been read;
    /// `spare` is what is left of the guest's memory before the bound counts.
    ///
    /// What a call takes after it has returned, or when it is older than any call that is answered, or beyond
    /// the whole budget, is not held: it streams.
    fn poll_admit(&mut self, bytes: usize, spare: usize, context: &mut Context<'_>) -> Poll<()> {
        let intake = self.intake.clone();
        let mut takers = intake.takers();
        takers.unseen -= std::mem::take(&mut self.unseen);
        let Some(&taken) = takers.taken.get(&self.call) else {
            self.go_on(&mut takers);
            return Poll::Ready(());
        };
        if taken + bytes > intake.budget || Instant::now() >= self.streams_at {
            takers.forget(self.call);
        } else if takers.unseen + bytes > spare
            && takers.total + bytes > intake.budget / 2
            && !takers.favours(self.call, self.turn)
        {
            self.wait(&mut takers, context);
            return Poll::Pending;
        } else {
            takers.taken.insert(self.call, taken + bytes);
            takers.total += bytes;
        }
        takers.unseen += bytes;
        self.unseen = bytes;
        self.go_on(&mut takers);
        Poll::Ready(())
    }

    fn rest(&mut self) {
        let intake = self.intake.clone();
        self.go_on(&mut intake.takers());
    }
}

impl Taker {
    /// Waits, at most until the turn of another is over.
    fn wait(&mut self, takers: &mut Takers, context: &mut Context<'_>) {
        let turn = *self.turn.get_or_insert_with(|| {
            takers.turns += 1;
            takers.turns
        });
        let (waker, hold) = (context.waker().clone(), self.hold.clone());
        takers.waiting.insert(turn, Waiting { waker, hold });
        self.hold.set_waiting(true);
        let mut timer = Box::pin(sleep(TURN));
        if timer.as_mut().poll(context).is_ready() {
            context.waker().wake_by_ref();
        }
        self.timer = Some(timer);
    }

    fn go_on(&mut self, takers: &mut Takers) {
        if let Some(turn) = self.turn.take() {
            self.timer = None;
            self.hold.set_waiting(false);
            takers.waiting.remove(&turn);
            takers.wake();
        }
    }
}

impl Drop for Taker {
    fn drop(&mut self) {
        self.rest();
        let mut takers = self.intake.takers();
        takers.unseen -= self.unseen;
        takers.done(self.call);
        drop(takers);
        self.intake.waker.wake();
    }
}

#[cfg(test)]
mod tests;
