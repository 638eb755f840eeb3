//! What a connection is doing, and whether it does it fast enough.
//!
//! hyper has one timeout for heads and idle connections together, and none for clients that do not read. So bytes
//! and requests are noted here as they pass, and one timer per connection looks at the notes. There are many
//! notes and one rule: each says since when something lasts, and `check` adds its limit and takes the earliest.

mod noted;

use std::cell::Cell;
use std::hash::{BuildHasher, RandomState};
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use tokio::time::Instant;

pub(super) use self::noted::{NotedReads, NotedWrites};
use crate::http2::Protocol;

/// How long each stage of a connection may last.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timeouts {
    /// From the first byte of a request until its head is there.
    pub header: Duration,
    /// Without the client taking any of what is sent to it; `None` is for ever.
    pub write: Option<Duration>,
    /// Without a request; `None` is for ever.
    pub idle: Option<Duration>,
    /// From its beginning until it is to end; `None` is for ever.
    pub age: Option<Duration>,
    /// For the requests that are still in flight then; `None` is for ever.
    pub age_grace: Option<Duration>,
}

/// How long a connection that is to end may stay without a request: for one that was on its way when
/// the client was told, and for clients that do not listen.
pub(super) const DRAIN_GRACE: Duration = Duration::from_secs(1);

/// How long a client may leave what waits for it on a connection that is to end: others wait for it.
const DRAIN_STALL: Duration = Duration::from_secs(5);

/// How long a client that sends nothing more is taken to wait for an answer, from then or from the last byte
/// that went either way: those that only close their direction and those that leave look the same.
const HALF_CLOSED_GRACE: Duration = Duration::from_secs(2);

/// Shared by the parts of one connection, all on one thread.
#[derive(Debug, Clone)]
pub(super) struct Activity(Rc<Notes>);

#[derive(Debug)]
struct Notes {
    timeouts: Timeouts,
    born: Instant,
    /// Whether it is to end because of its age.
    is_old: Cell<bool>,
    /// Requests of which the client has not taken the whole answer.
    open: Cell<usize>,
    /// Those of them whose answer waits for nothing but the client.
    answered: Cell<usize>,
    /// Whether a response was cut off because the service failed.
    is_cut_off: Cell<bool>,
    /// Bodies whose unread rest is being read.
    rests: Cell<usize>,
    /// Since when there are neither of them.
    idle_since: Cell<Instant>,
    /// Since when the head of a request arrives.
    head_since: Cell<Option<Instant>>,
    /// Since when bytes wait for the client to take some.
    blocked_since: Cell<Option<Instant>>,
    /// Since when the client knows that the connection is to end.
    draining_since: Cell<Option<Instant>>,
    /// Since when the client sends nothing more, and nothing goes either way.
    half_closed_since: Cell<Option<Instant>>,
    /// Pieces of answers that the client has not taken.
    waiting: Cell<usize>,
    /// When the client took a part of any of them.
    taken_at: Cell<Instant>,
    protocol: Cell<Protocol>,
}

/// What a connection is late with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Late {
    /// No request for too long, or too old: an orderly end. Not while it drains already.
    Idle,
    /// The client sends a head or takes an answer too slowly: nothing more to say to it.
    Stalled,
    /// The client sends nothing more and has probably left.
    HalfClosed,
}

impl Activity {
    pub(super) fn new(timeouts: Timeouts) -> Self {
        Self(Rc::new(Notes {
            timeouts: Timeouts { age: timeouts.age.map(spread), ..timeouts },
            born: Instant::now(),
            is_old: Cell::new(false),
            open: Cell::new(0),
            answered: Cell::new(0),
            is_cut_off: Cell::new(false),
            rests: Cell::new(0),
            idle_since: Cell::new(Instant::now()),
            head_since: Cell::new(None),
            blocked_since: Cell::new(None),
            draining_since: Cell::new(None),
            half_closed_since: Cell::new(None),
            waiting: Cell::new(0),
            taken_at: Cell::new(Instant::now()),
            protocol: Cell::new(Protocol::BEFORE),
        }))
    }

    /// A request has begun; it ends when the guard is dropped.
    pub(super) fn begin(&self) -> Open {
        self.0.open.set(self.0.open.get() + 1);
        self.0.head_since.set(None);
        self.note_moved();
        Open { activity: self.clone(), is_answered: Cell::new(false) }
    }

    /// The rest of a body is read on until the guard is dropped: its bytes are no head, and the connection
    /// is not idle.
    pub(super) fn begin_rest(&self) -> UnreadGuard {
        self.0.rests.set(self.0.rests.get() + 1);
        UnreadGuard(self.clone())
    }

    /// The service has failed in the middle of a response.
    pub(super) fn note_cut_off(&self) {
        self.0.is_cut_off.set(true);
    }

    /// Whether a response was cut off: its client has nothing more to read.
    pub(super) fn is_cut_off(&self) -> bool {
        self.0.is_cut_off.get()
    }

    /// How many requests are being answered, until their clients have taken the last byte.
    pub(super) fn in_flight(&self) -> usize {
        // h2 copies short frames into a buffer that belongs to no request.
        self.0.open.get().max(usize::from(self.0.blocked_since.get().is_some()))
    }

    /// How many of those wait for nothing but their clients.
    pub(super) fn untaken(&self) -> usize {
        self.0.answered.get().max(self.in_flight() - self.0.open.get())
    }

    /// The connection is to end, and the client is told so.
    pub(super) fn drain(&self) {
        if !self.is_draining() {
            self.0.draining_since.set(Some(Instant::now()));
        }
    }

    pub(super) fn is_draining(&self) -> bool {
        self.0.draining_since.get().is_some()
    }

    /// The client sends nothing more.
    pub(super) fn note_half_closed(&self) {
        self.0.half_closed_since.set(Some(Instant::now()));
    }

    /// Something goes on between the client and its request.
    fn note_moved(&self) {
        if self.0.half_closed_since.get().is_some() {
            self.note_half_closed();
        }
    }

    /// When to look again, or what the connection is late with now.
    pub(super) fn check(&self, now: Instant) -> Result<Instant, Late> {
        let Notes { timeouts, idle_since, head_since, blocked_since, .. } = &*self.0;
        let draining = self.0.draining_since.get();
        let free_since = (self.in_flight() == 0).then(|| idle_since.get());
        let last_request = free_since.zip(draining).map(|(free, draining)| free.max(draining));
        let write = match draining {
            Some(_) => Some(timeouts.write.map_or(DRAIN_STALL, |write| write.min(DRAIN_STALL))),
            None => timeouts.write,
        };
        let stalls = [
            head_since.get().map(|since| since + timeouts.header),
            blocked_since.get().zip(write).map(|(since, write)| since + write),
            self.untaken_since().zip(write).map(|(since, write)| since + write),
            last_request.map(|since| since + DRAIN_GRACE),
            draining
                .filter(|_| self.0.is_old.get())
                .zip(timeouts.age_grace)
                .map(|(since, grace)| since + grace),
        ];
        let stall = stalls.into_iter().flatten().min();
        let idle_since = free_since.filter(|_| self.0.rests.get() == 0);
        let idle = idle_since.zip(timeouts.idle).map(|(since, idle)| since + idle);
        let old = timeouts.age.map(|age| self.0.born + age);
        let idle = [idle, old].into_iter().flatten().filter(|_| draining.is_none()).min();
        let departure = self.0.half_closed_since.get().map(|since| since + HALF_CLOSED_GRACE);
        let departure = departure.filter(|_| blocked_since.get().is_none());
        if stall.is_some_and(|stall| stall <= now) {
            return Err(Late::Stalled);
        }
        if departure.is_some_and(|departure| departure <= now) {
            return Err(Late::HalfClosed);
        }
        if idle.is_some_and(|idle| idle <= now) && head_since.get().is_none() {
            self.0.is_old.set(old.is_some_and(|old| old <= now));
            return Err(Late::Idle);
        }
        // A stage that begins after this look ends no earlier than its whole timeout from now.
        let pause = if draining.is_some() { Some(DRAIN_GRACE) } else { timeouts.idle };
        let stages = [write, pause].into_iter().flatten();
        let soonest = now + stages.fold(timeouts.header, Duration::min);
        let all = [stall, departure, idle].into_iter().flatten();
        Ok(all.filter(|at| *at > now).fold(soonest, Instant::min))
    }

    fn note_read(&self, bytes: &[u8]) {
        self.note_moved();
        let notes = &*self.0;
        let before = notes.protocol.get();
        let protocol = before.after(bytes);
        notes.protocol.set(protocol);
        if protocol == Protocol::Http2 {
            if before != Protocol::Http2 {
                notes.head_since.set(None);
            }
        } else if notes.open.get() + notes.rests.get() == 0 && notes.head_since.get().is_none() {
            notes.head_since.set(Some(Instant::now()));
        }
    }

    /// Whether the client has sent enough to tell its protocol.
    pub(super) fn is_decided(&self) -> bool {
        self.0.protocol.get().is_decided()
    }

    pub(super) fn is_http1(&self) -> bool {
        self.0.protocol.get() == Protocol::Http1
    }

    /// A piece of an answer waits for the client. HTTP/2 clients can refuse to take it without the socket
    /// noticing.
    pub(super) fn note_offered(&self) {
        if self.0.waiting.replace(self.0.waiting.get() + 1) == 0 {
            self.note_taken();
        }
    }

    /// The client took a part of a piece.
    pub(super) fn note_taken(&self) {
        self.0.taken_at.set(Instant::now());
    }

    /// Nothing of that piece waits for the client any more.
    pub(super) fn note_all_taken(&self) {
        self.0.waiting.set(self.0.waiting.get() - 1);
        self.note_taken();
    }

    /// Since when the client has taken nothing of any answer although something waits.
    fn untaken_since(&self) -> Option<Instant> {
        (self.0.waiting.get() > 0).then(|| self.0.taken_at.get())
    }

    fn note_write<T>(&self, polled: &Poll<T>) {
        let Notes { blocked_since, idle_since, .. } = &*self.0;
        if polled.is_ready() {
            if blocked_since.take().is_some() {
                idle_since.set(Instant::now());
            }
            self.note_moved();
        } else if blocked_since.get().is_none() {
            blocked_since.set(Some(Instant::now()));
        }
    }
}

/// An age that differs by up to a tenth from the given one, so that connections that were made together
/// do not end together.
fn spread(age: Duration) -> Duration {
    // Each state is keyed at random.
    let random = RandomState::new().hash_one(0) % 1024;
    age.mul_f64(0.9 + 0.2 * f64::from(u32::try_from(random).unwrap_or(512)) / 1024.0)
}

/// A request that is being answered, until the client's socket has taken the last byte of the answer.
#[derive(Debug)]
pub(super) struct Open {
    activity: Activity,
    is_answered: Cell<bool>,
}

impl Open {
    pub(super) fn activity(&self) -> &Activity {
        &self.activity
    }

    /// The answer is complete, and waits for nothing but the client.
    pub(super) fn note_answered(&self) {
        let answered = &self.activity.0.answered;
        if !self.is_answered.replace(true) {
            answered.set(answered.get() + 1);
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let Notes { open, answered, idle_since, .. } = &*self.activity.0;
        open.set(open.get() - 1);
        answered.set(answered.get() - usize::from(self.is_answered.get()));
        if open.get() == 0 {
            idle_since.set(Instant::now());
        }
    }
}

/// A rest that is being read.
#[derive(Debug)]
pub(super) struct UnreadGuard(Activity);

impl Drop for UnreadGuard {
    fn drop(&mut self) {
        let Notes { rests, idle_since, .. } = &*self.0.0;
        rests.set(rests.get() - 1);
        idle_since.set(Instant::now());
    }
}

#[cfg(test)]
mod tests;
