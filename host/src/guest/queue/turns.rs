//! Turns of requests that wait for an instance: fair queueing between connections.
//!
//! The requests of one connection have turns that follow each other, beginning with the one that is next. So
//! a connection with a hundred requests has a hundred turns, and the first request of another connection
//! comes right after the first of them. Turns only say who is before whom; several requests share one.
//!
//! Does not know the requests.

use std::collections::HashMap;
use std::net::SocketAddr;

/// Connections that are remembered beyond twice as many as requests wait.
const SLACK: usize = 16;

#[derive(Debug, Default)]
pub(super) struct Turns {
    /// The turn of the request that entered last.
    now: u64,
    /// The last turn of each connection; what the host asks by itself counts as one.
    last: HashMap<Option<SocketAddr>, u64>,
}

impl Turns {
    /// The turn of the request that entered last.
    pub(super) fn now(&self) -> u64 {
        self.now
    }

    /// The turn of the next request of a connection, which has to wait.
    pub(super) fn next(&self, peer: Option<SocketAddr>) -> u64 {
        // Nobody is remembered while nobody waits.
        let last = if self.last.is_empty() { None } else { self.last.get(&peer) };
        last.map_or(self.now, |last| self.now.max(*last)) + 1
    }

    /// A request waits for its turn.
    pub(super) fn take(&mut self, peer: Option<SocketAddr>, turn: u64) {
        self.last.insert(peer, turn);
    }

    /// The last request of a connection waits no longer, and has not had its turn.
    pub(super) fn give_back(&mut self, peer: Option<SocketAddr>, turn: u64) {
        if let Some(last) = self.last.get_mut(&peer).filter(|last| **last == turn) {
            *last -= 1;
        }
    }

    /// The request that enters has this turn.
    pub(super) fn has_come(&mut self, turn: u64) {
        self.now = self.now.max(turn);
    }

    /// Whether more connections are remembered than is worth it when so many requests wait.
    pub(super) fn is_large(&self, waiting: usize) -> bool {
        self.last.len() > 2 * waiting + SLACK
    }

    /// Forgets all connections but those of `waiting`, which is in the order of turns.
    pub(super) fn keep(&mut self, waiting: impl Iterator<Item = (Option<SocketAddr>, u64)>) {
        self.last.clear();
        self.last.extend(waiting);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(port: u16) -> SocketAddr {
        ([127, 0, 0, 1], port).into()
    }

    /// The turn of the next request of the connection from this port.
    fn next(turns: &Turns, port: u16) -> u64 {
        turns.next(Some(peer(port)))
    }

    /// Lets a request of it wait.
    fn waits(turns: &mut Turns, port: u16) -> u64 {
        let turn = next(turns, port);
        turns.take(Some(peer(port)), turn);
        turn
    }

    #[test]
    fn requests_of_one_connection_follow_each_other() {
        let mut turns = Turns::default();

        assert_eq!([(); 3].map(|()| waits(&mut turns, 1)), [1, 2, 3]);
    }

    #[test]
    fn another_connection_comes_after_the_first_request_of_a_greedy_one() {
        let mut turns = Turns::default();
        for _ in 0..100 {
            waits(&mut turns, 1);
        }

        assert_eq!(waits(&mut turns, 2), 1);
        turns.has_come(40);
        assert_eq!(waits(&mut turns, 3), 41);
        assert_eq!(waits(&mut turns, 2), 41);
        assert_eq!(waits(&mut turns, 1), 101);
    }

    #[test]
    fn who_waited_long_ago_saves_up_nothing() {
        let mut turns = Turns::default();
        waits(&mut turns, 1);
        turns.has_come(70);

        assert_eq!(next(&turns, 1), next(&turns, 2));
    }

    #[test]
    fn a_request_that_gives_its_turn_back_costs_its_connection_none() {
        let mut turns = Turns::default();
        let first = waits(&mut turns, 1);
        let second = waits(&mut turns, 1);

        turns.give_back(Some(peer(1)), second);
        turns.give_back(Some(peer(2)), first);

        assert_eq!(next(&turns, 1), second);
    }

    #[test]
    fn only_connections_that_wait_are_kept() {
        let mut turns = Turns::default();
        for port in 0..=16 {
            waits(&mut turns, port);
        }
        assert!(turns.is_large(0) && !turns.is_large(1));

        turns.keep([1, 2].map(|turn| (Some(peer(1)), turn)).into_iter());

        assert_eq!([1, 2].map(|port| next(&turns, port)), [3, 1]);
        assert!(!turns.is_large(0));
    }
}
