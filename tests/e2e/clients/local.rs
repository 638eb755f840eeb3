//! Calls between services of one process: no socket, everything else as over the network.

use super::{failed, ok};
use crate::support::{Host, Service, guests};

#[test]
fn a_service_can_call_itself_without_a_socket() {
    // Nobody listens at the address of the client.
    let table = "[clients.probe]\nhost = '127.0.0.1'\nport = 1\nprotocol = 'http'\n";
    let host = Host::start(&Service::new(guests::CALLS, "http:0").tables(table));

    assert_eq!(ok(&host, "/web/get?client=probe&target=/self"), "200 called");
    assert_eq!(ok(&host, "/web/many/100?client=probe&target=/self"), "100");
    host.stop();
}

#[test]
fn a_client_can_insist_on_the_network() {
    let table =
        "[clients.probe]\nhost = '127.0.0.1'\nport = 1\nprotocol = 'http'\ntransport = 'network'\n";
    let host = Host::start(&Service::new(guests::CALLS, "http:0").tables(table));

    let (status, error) = failed(&host, "/web/get?client=probe&target=/self");

    assert_eq!(status, 503, "{error}");
    host.stop();
}

#[test]
fn calls_are_nested_eight_deep_at_most() {
    let table = "[clients.probe]\nhost = '127.0.0.1'\nport = 1\nprotocol = 'http'\n";
    let host = Host::start(&Service::new(guests::CALLS, "http:0").tables(table));

    assert_eq!(ok(&host, "/nest/8"), "8");
    let (status, error) = failed(&host, "/nest/9");

    assert_eq!(status, 503, "{error}");
    assert!(error["cause"].as_str().unwrap().contains("8 deep at most"), "{error}");
    host.stop();
}

#[test]
fn a_service_that_waits_for_itself_is_refused_and_not_deadlocked() {
    let table = "[clients.probe]\nhost = '127.0.0.1'\nport = 1\nprotocol = 'http'\n";
    let service = Service::new(guests::CALLS, "http:0")
        .limits("max_concurrency = 1\nmax_queue = 1\ncall_timeout = '500ms'")
        .tables(table);
    let host = Host::start(&service);

    let (status, error) = failed(&host, "/nest/1");

    assert!(status == 503 || status == 504, "{status} {error}");
    assert_eq!(ok(&host, "/self"), "called");
    host.stop();
}
