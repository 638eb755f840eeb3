//! Services that call each other in a circle: it ends with an error, and never hangs.

use super::{named, port, start};
use crate::support::http::{self, Response};
use crate::support::proxy::Proxy;
use crate::support::{Host, Service, guests};

/// Nobody listens there.
const NOWHERE: u16 = 1;

/// A service that calls the other one at this port.
fn service(name: &str, other: &str, port: u16, limits: &str) -> Service {
    let keys = "protocol = 'http'\nretries = false";
    let table = format!("[clients.{other}]\nhost = '127.0.0.1'\nport = {port}\n{keys}\n");
    named(name, Service::new(guests::CALLS, "http:0").limits(limits).tables(&table))
}

/// The response to a request that goes back and forth so often.
fn cycle(port: u16, depth: usize) -> Response {
    http::get(port, &format!("/cycle/{depth}?to=b&back=a"))
}

/// Both services are well.
#[track_caller]
fn both_go_on(ports: [u16; 2]) {
    for port in ports {
        assert_eq!(http::get(port, "/self").text(), "called");
    }
}

fn in_one_process(limits: &str) -> (Host, [u16; 2]) {
    let (a, b) = (service("a", "b", NOWHERE, limits), service("b", "a", NOWHERE, limits));
    let host = start(&[&a, &b], 2);
    let ports = ["a", "b"].map(|name| port(&host, name));
    (host, ports)
}

#[test]
fn in_one_process_a_cycle_is_eight_deep_at_most() {
    let (host, ports) = in_one_process("");

    assert_eq!(cycle(ports[0], 8).text(), "the end");
    let refused = cycle(ports[0], 9);

    assert_eq!(refused.status, 503, "{}", refused.text());
    assert!(refused.text().contains("nested 8 deep at most"), "{}", refused.text());
    both_go_on(ports);
    host.stop();
}

#[test]
fn in_one_process_a_cycle_without_free_slots_is_refused() {
    let (host, ports) = in_one_process("max_concurrency = 1\nmax_queue = 0\ncall_timeout = '5s'");

    let refused = cycle(ports[0], 2);

    assert_eq!(refused.status, 503, "{}", refused.text());
    assert!(refused.text().contains("overloaded"), "{}", refused.text());
    both_go_on(ports);
    host.stop();
}

#[test]
fn in_one_process_a_cycle_that_waits_for_itself_ends_at_the_deadline() {
    let (host, ports) =
        in_one_process("max_concurrency = 1\nmax_queue = 10\ncall_timeout = '500ms'");

    let late = cycle(ports[0], 2);

    assert!([503, 504].contains(&late.status), "{} {}", late.status, late.text());
    both_go_on(ports);
    host.stop();
}

/// Both services in processes of their own, with a proxy that breaks the circle of who starts first.
fn over_the_network(limits: &str) -> ([Host; 2], Proxy, [u16; 2]) {
    let proxy = Proxy::start(NOWHERE, []);
    let a = Host::start(&service("a", "b", proxy.port(), limits));
    let b = Host::start(&service("b", "a", a.port(), limits));
    proxy.retarget(b.port());
    let ports = [a.port(), b.port()];
    ([a, b], proxy, ports)
}

#[test]
fn over_the_network_a_cycle_ends_when_there_is_no_slot_left() {
    let (hosts, _proxy, ports) =
        over_the_network("max_concurrency = 4\nmax_queue = 0\ncall_timeout = '20s'");

    assert_eq!(cycle(ports[0], 7).text(), "the end");
    let refused = cycle(ports[0], 1000);

    assert_eq!(refused.status, 503, "{}", refused.text());
    assert!(refused.text().contains("overloaded"), "{}", refused.text());
    both_go_on(ports);
    for host in hosts {
        host.stop();
    }
}

#[test]
fn over_the_network_a_cycle_that_waits_for_itself_ends_at_the_deadline() {
    let (hosts, _proxy, ports) =
        over_the_network("max_concurrency = 2\nmax_queue = 10\ncall_timeout = '500ms'");

    let late = cycle(ports[0], 1000);

    assert!([503, 504].contains(&late.status), "{} {}", late.status, late.text());
    both_go_on(ports);
    for host in hosts {
        host.stop();
    }
}
