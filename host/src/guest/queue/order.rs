//! The order in which waiting requests enter an instance: fair queueing between connections.
//!
//! Each request has a turn. Those of one connection have turns that follow each other, beginning with the next
//! one. So a connection with a hundred requests has a hundred turns, and the first request of another connection
//! comes right after the first of them. Turns only say which request goes first; several requests can share one.
//!
//! Does not know the requests.

use std::collections::HashMap;
use std::net::SocketAddr;

/// Connections that are remembered beyond twice as many as requests wait.
const SLACK: usize = 16;

#[derive(Debug, Default)]
pub(super) struct FairOrder {
    /// The turn of the request that entered last.
    now: u64,
    /// The last turn of each connection; what the host asks by itself counts as one.
    last: HashMap<Option<SocketAddr>, u64>,
}

impl FairOrder {
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
    pub(super) fn entered(&mut self, turn: u64) {
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
    fn next(order: &FairOrder, port: u16) -> u64 {
        order.next(Some(peer(port)))
    }

    /// Lets a request of it wait.
    fn waits(order: &mut FairOrder, port: u16) -> u64 {
        let turn = next(order, port);
        order.take(Some(peer(port)), turn);
        turn
    }

    #[test]
    fn requests_of_one_connection_follow_each_other() {
        let mut order = FairOrder::default();

        assert_eq!([(); 3].map(|()| waits(&mut order, 1)), [1, 2, 3]);
    }

    #[test]
    fn another_connection_comes_after_the_first_request_of_a_greedy_one() {
        let mut order = FairOrder::default();
        for _ in 0..100 {
            waits(&mut order, 1);
        }

        assert_eq!(waits(&mut order, 2), 1);
        order.entered(40);
        assert_eq!(waits(&mut order, 3), 41);
        assert_eq!(waits(&mut order, 2), 41);
        assert_eq!(waits(&mut order, 1), 101);
    }

    #[test]
    fn who_waited_long_ago_saves_up_nothing() {
        let mut order = FairOrder::default();
        waits(&mut order, 1);
        order.entered(70);

        assert_eq!(next(&order, 1), next(&order, 2));
    }

    #[test]
    fn a_request_that_gives_its_turn_back_costs_its_connection_none() {
        let mut order = FairOrder::default();
        let first = waits(&mut order, 1);
        let second = waits(&mut order, 1);

        order.give_back(Some(peer(1)), second);
        order.give_back(Some(peer(2)), first);

        assert_eq!(next(&order, 1), second);
    }

    #[test]
    fn only_connections_that_wait_are_kept() {
        let mut order = FairOrder::default();
        for port in 0..=16 {
            waits(&mut order, port);
        }
        assert!(order.is_large(0) && !order.is_large(1));

        order.keep([1, 2].map(|turn| (Some(peer(1)), turn)).into_iter());

        assert_eq!([1, 2].map(|port| next(&order, port)), [3, 1]);
        assert!(!order.is_large(0));
    }
}
