//! The services of a process as each has to know of the others: who calls whom, and who has ended. A service
//! that stops serves on until those have ended that call it.
//!
//! Does not know how a service stops.

use std::collections::BTreeSet;

use tokio::sync::watch;

use crate::definition::{Client, Definition, kebab_case};
use crate::lifecycle::Endpoint;

/// All services of a process, in the order in which they were given.
#[derive(Debug)]
pub(super) struct Neighbours(watch::Sender<Vec<Neighbour>>);

/// One of them.
#[derive(Debug, Clone, Default)]
struct Neighbour {
    name: String,
    /// Where it listens.
    ports: Vec<u16>,
    destinations: Vec<Destination>,
    is_over: bool,
}

/// Where a client leads.
#[derive(Debug, Clone)]
struct Destination {
    /// What the client is called, in kebab-case.
    client: String,
    host: String,
    port: u16,
}

/// Marks a service as ended when it is dropped.
pub(super) struct OverAtDrop<'n> {
    neighbours: &'n Neighbours,
    index: usize,
}

impl Neighbours {
    pub(super) fn new(count: usize) -> Self {
        Self(watch::Sender::new(vec![Neighbour::default(); count]))
    }

    /// A version of service `index` serves from now on.
    pub(super) fn note(&self, index: usize, definition: &Definition, endpoints: &[Endpoint]) {
        let ports = endpoints.iter().flat_map(|endpoint| &endpoint.addresses);
        let ports = ports.map(std::net::SocketAddr::port).collect();
        let name = definition.identity.name.clone();
        let destinations = definition.clients.iter().map(Destination::of).collect();
        self.0.send_modify(|all| {
            all[index] = Neighbour { name, ports, destinations, is_over: false };
        });
    }

    pub(super) fn over_at_drop(&self, index: usize) -> OverAtDrop<'_> {
        OverAtDrop { neighbours: self, index }
    }

    /// The names of the services that have to end before `index` drains: those that call it, directly or through
    /// others, and that it does not call in turn.
    pub(super) fn callers(&self, index: usize) -> Vec<String> {
        let all = self.0.borrow();
        callers(&all, index).into_iter().map(|caller| all[caller].name.clone()).collect()
    }

    /// Resolves when [`Neighbours::callers`] has nobody to name.
    ///
    /// # Cancel safety
    /// Can be called again.
    pub(super) async fn callers_ended(&self, index: usize) {
        let mut all = self.0.subscribe();
        // The sender is `self`.
        let _ = all.wait_for(|all| callers(all, index).is_empty()).await;
    }
}

impl Drop for OverAtDrop<'_> {
    fn drop(&mut self) {
        self.neighbours.0.send_modify(|all| all[self.index].is_over = true);
    }
}

fn callers(all: &[Neighbour], index: usize) -> Vec<usize> {
    let own = called_by(all, index);
    let others = (0..all.len()).filter(|other| *other != index && !all[*other].is_over);
    others.filter(|other| !own.contains(other) && called_by(all, *other).contains(&index)).collect()
}

/// The services that `index` calls, directly or through others that have not ended.
fn called_by(all: &[Neighbour], index: usize) -> BTreeSet<usize> {
    let mut called = BTreeSet::new();
    let mut next = vec![index];
    while let Some(caller) = next.pop() {
        for callee in 0..all.len() {
            let is_called = all[caller].destinations.iter().any(|one| all[callee].is_at(one));
            if is_called && !all[callee].is_over && called.insert(callee) {
                next.push(callee);
            }
        }
    }
    called
}

impl Destination {
    fn of(client: &Client) -> Self {
        Self { client: kebab_case(&client.name), host: client.host.clone(), port: client.port }
    }
}

impl Neighbour {
    /// Whether it is what a client calls: the client has its name, in which case no socket is needed, or the host
    /// is this machine or has its name, and it listens on the port.
    fn is_at(&self, Destination { client, host, port }: &Destination) -> bool {
        let is_local = host == "localhost"
            || host.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback());
        let is_host = is_local || host.split('.').next() == Some(&*self.name);
        *client == self.name || self.ports.contains(port) && is_host
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Services that listen on the ports 1, 2, … and call the ports that are given for each.
    fn services(calls: &[&[u16]]) -> Neighbours {
        let at = |port: &u16| Destination {
            client: "somebody".to_owned(),
            host: "127.0.0.1".to_owned(),
            port: *port,
        };
        let all = calls.iter().zip(1..).map(|(calls, port)| Neighbour {
            name: format!("s{port}"),
            ports: vec![port],
            destinations: calls.iter().map(at).collect(),
            is_over: false,
        });
        Neighbours(watch::Sender::new(all.collect()))
    }

    #[track_caller]
    fn wait(services: &Neighbours, index: usize, expected: &[&str]) {
        assert_eq!(services.callers(index), expected);
    }

    #[test]
    fn a_service_waits_for_those_that_call_it_also_through_others() {
        let chain = services(&[&[2], &[3], &[]]);

        wait(&chain, 0, &[]);
        wait(&chain, 1, &["s1"]);
        wait(&chain, 2, &["s1", "s2"]);

        drop(chain.over_at_drop(0));
        wait(&chain, 1, &[]);
        wait(&chain, 2, &["s2"]);
    }

    #[test]
    fn services_that_call_each_other_wait_for_the_others_only() {
        let cycle = services(&[&[2], &[3], &[2], &[4]]);

        wait(&cycle, 0, &[]);
        wait(&cycle, 1, &["s1"]);
        wait(&cycle, 2, &["s1"]);
        // Itself.
        wait(&cycle, 3, &[]);
    }

    #[test]
    fn a_client_is_known_by_its_name_or_by_host_and_port() {
        let orders =
            Neighbour { name: "orders".to_owned(), ports: vec![7070], ..Neighbour::default() };
        let is_at = |client: &str, host: &str, port| {
            let (client, host) = (client.to_owned(), host.to_owned());
            orders.is_at(&Destination { client, host, port })
        };

        assert!(is_at("orders", "orders.shop", 7070));
        assert!(is_at("shop", "orders.shop", 7070));
        assert!(is_at("shop", "localhost", 7070));
        assert!(is_at("shop", "::1", 7070));
        // Its name is enough in one process.
        assert!(is_at("orders", "elsewhere", 7071));
        assert!(!is_at("shop", "orders.shop", 7071));
        assert!(!is_at("shop", "10.0.0.1", 7070));
    }

    #[tokio::test]
    async fn the_wait_ends_with_the_last_caller() {
        let all = services(&[&[3], &[3], &[]]);
        let mut wait = std::pin::pin!(all.callers_ended(2));

        drop(all.over_at_drop(0));
        let waits = tokio::time::timeout(std::time::Duration::ZERO, &mut wait).await.is_err();
        drop(all.over_at_drop(1));
        wait.await;

        assert!(waits);
    }
}
