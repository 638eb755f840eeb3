//! What is in a queue, and whose turn it is. Under the queue's lock.

use std::collections::VecDeque;
use std::time::Instant;

use super::order::FairOrder;
use super::{Readiness, Refused, SWEEP_PAUSE};
use crate::call::{Call, Fault};

#[derive(Debug)]
pub(super) struct QueueState {
    pub(super) steps: VecDeque<Call>,
    /// By their turns.
    pub(super) requests: VecDeque<Waiting>,
    pub(super) order: FairOrder,
    pub(super) readiness: Readiness,
    /// Whether requests wait although the instance is ready.
    pub(super) held: bool,
    /// When callers that have left were last looked for.
    pub(super) swept: Option<Instant>,
}

#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) call: Call,
    pub(super) since: Instant,
    pub(super) turn: u64,
    /// Whether the next request of its connection comes after this turn.
    pub(super) took_turn: bool,
}

impl QueueState {
    /// Takes out the requests whose callers have left, so that they do not keep others out. Not at
    /// every refusal: a queue that is full is looked through in vain most of the time.
    pub(super) fn sweep(&mut self) {
        let now = Instant::now();
        if self.swept.is_none_or(|swept| now - swept >= SWEEP_PAUSE) {
            self.swept = Some(now);
            self.requests.retain(|waiting| !waiting.call.request.reply().is_abandoned());
        }
    }

    /// Lets a request wait for its turn. `free` of them enter at once, and there are so many places in all.
    ///
    /// Returns the request that it displaces: the last one, if it comes before that and all places are taken.
    ///
    /// # Errors
    /// When there is no place for it.
    pub(super) fn admit(
        &mut self,
        call: Call,
        free: usize,
        places: usize,
    ) -> Result<Option<Call>, Box<Refused>> {
        let peer = call.context.peer;
        if self.requests.len() >= places {
            self.sweep();
        }
        let waits = self.requests.len() >= free;
        let turn = if waits {
            self.order.next(peer)
        } else {
            // What enters at once takes no turn from anybody, and overtakes nobody.
            self.requests.back().map_or(0, |last| last.turn).max(self.order.now())
        };
        let mut displaced = None;
        if self.requests.len() >= places {
            match self.requests.pop_back() {
                Some(last) if turn < last.turn => {
                    self.give_back(&last);
                    displaced = Some(last.call);
                }
                last => {
                    self.requests.extend(last);
                    return Err(Box::new(Refused { call, fault: Fault::Saturated }));
                }
            }
        }
        if waits {
            self.order.take(peer, turn);
        }
        let place = self.requests.partition_point(|other| other.turn <= turn);
        self.requests
            .insert(place, Waiting { call, since: Instant::now(), turn, took_turn: waits });
        if self.order.is_large(self.requests.len()) {
            self.remember_those_waiting();
        }
        Ok(displaced)
    }

    /// A request leaves before its turn.
    pub(super) fn give_back(&mut self, left: &Waiting) {
        if left.took_turn {
            self.order.give_back(left.call.context.peer, left.turn);
        }
    }

    /// Remembers the turns of those that wait, and no others.
    pub(super) fn remember_those_waiting(&mut self) {
        let waiting = self.requests.iter();
        self.order.keep(waiting.map(|waiting| (waiting.call.context.peer, waiting.turn)));
    }
}
