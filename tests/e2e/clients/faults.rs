//! Connections that fail in the middle: delays, half-closes, resets, garbage, and silence after any number of bytes.
//! What is called are guests in a process of their own; a proxy on loopback injects the faults.

use std::time::Duration;

use super::{client, failed, ok};
use crate::several::{named, port};
use crate::support::proxy::{Fault, Proxy};
use crate::support::{Host, Service, guests, http};

/// Where a connection fails: before the first byte, within a frame, between messages, within a large one.
const PLACES: [usize; 6] = [0, 1, 9, 40, 20_000, 100_000];

/// A caller over gRPC, a server, and the proxy between them.
struct Rpcs {
    server: Host,
    proxy: Proxy,
    caller: Host,
}

impl Rpcs {
    fn start(faults: impl IntoIterator<Item = Fault>, keys: &str) -> Self {
        let server = named("peer", Service::new(guests::GRPC_INTEROP, "grpc:0"));
        let server = Host::start(&server);
        let proxy = Proxy::start(port(&server, "peer"), faults);
        let table = client("peer", "grpc", proxy.port(), keys);
        let caller = Host::start(&Service::new(guests::RPC_CLIENT, "http:0").tables(&table));
        Self { server, proxy, caller }
    }

    /// A call that gets and sends some hundred kilobytes.
    fn call(&self) -> String {
        ok(&self.caller, "/cases/large_unary")
    }

    fn stop(self) {
        self.caller.stop();
        drop(self.proxy);
        self.server.stop();
    }
}

/// What the failure of the connection is to a call.
fn is_unavailable(outcome: &str) -> bool {
    outcome.starts_with("expected success, got Unavailable: ")
}

#[test]
fn a_slow_connection_is_no_fault() {
    let rpcs = Rpcs::start([Fault::Delay(Duration::from_millis(20))], "");

    assert_eq!(rpcs.call(), "passed");
    rpcs.stop();
}

/// Each of the first connections fails at its place. A call sees at most one of them, because only calls without a
/// response are retried.
#[track_caller]
fn each_failure_ends_one_call_at_most(fault: fn(usize) -> Fault) {
    for place in PLACES {
        let rpcs = Rpcs::start([fault(place)], "");

        let outcomes = [rpcs.call(), rpcs.call()];

        assert!(outcomes[0] == "passed" || is_unavailable(&outcomes[0]), "{place}: {outcomes:?}");
        assert_eq!(outcomes[1], "passed", "after {place} bytes");
        rpcs.stop();
    }
}

#[test]
fn a_reset_ends_one_call_at_most() {
    each_failure_ends_one_call_at_most(Fault::Reset);
}

#[test]
fn a_connection_that_is_half_closed_ends_one_call_at_most() {
    each_failure_ends_one_call_at_most(Fault::HalfClose);
}

#[test]
fn garbage_ends_one_call_at_most() {
    each_failure_ends_one_call_at_most(Fault::Garbage);
}

#[test]
fn a_call_without_a_response_is_retried() {
    // All of it is before the head of the response.
    for fault in [Fault::Reset(0), Fault::HalfClose(0), Fault::Garbage(0), Fault::Reset(9)] {
        let rpcs = Rpcs::start([fault, fault], "retries = { attempts = 5, max_buffer = '1MiB' }");

        assert_eq!(rpcs.call(), "passed", "{fault:?}");
        rpcs.stop();
    }
}

#[test]
fn without_retries_the_failure_is_the_caller_s() {
    // The settings of HTTP/2 arrive, and no response.
    let rpcs = Rpcs::start([Fault::Reset(60)], "retries = false");

    let outcome = rpcs.call();

    assert!(outcome.contains("the service `peer` is unavailable"), "{outcome}");
    rpcs.stop();
}

#[test]
fn silence_ends_at_the_deadline() {
    for place in PLACES {
        let rpcs = Rpcs::start([Fault::Stall(place)], "timeout = '400ms'");

        let outcome = rpcs.call();

        assert!(outcome.contains("the service `peer` did not respond in time"), "{outcome}");
        rpcs.stop();
    }
}

#[test]
fn a_connection_that_is_silent_is_found_by_its_pings() {
    let keys = "keepalive_interval = '200ms'\nkeepalive_timeout = '1s'\nretries = false";
    let rpcs = Rpcs::start([Fault::Stall(60)], keys);

    let outcome = rpcs.call();

    assert!(is_unavailable(&outcome), "{outcome}");
    assert_eq!(rpcs.call(), "passed");
    rpcs.stop();
}

/// The size of the body, and how it ended, of `count` requests over HTTP to one server.
fn bodies<const N: usize>(faults: [Fault; N], keys: &str) -> [String; N] {
    let server = Host::start(&Service::new(guests::ECHOES, "http:0"));
    let proxy = Proxy::start(server.port(), faults);
    let table = client("web", "http", proxy.port(), keys);
    let caller = Host::start(&Service::new(guests::CALLS, "http:0").tables(&table));
    // Each fails with its connection.
    let outcomes =
        faults.map(|_| http::get(caller.port(), "/web/size?target=/whole/4").text().to_owned());
    assert_eq!(ok(&caller, "/web/size?target=/whole/4"), "262144", "on a connection without fault");
    caller.stop();
    server.stop();
    outcomes
}

#[test]
fn a_body_over_http_that_is_broken_off_is_never_whole() {
    for fault in [Fault::Reset(100_000), Fault::HalfClose(100_000), Fault::Stall(100_000)] {
        let [outcome] = bodies([fault], "timeout = '3s'");

        let (size, end) = outcome.split_once(' ').unwrap_or_else(|| panic!("{fault:?}: {outcome}"));
        assert!(size.parse::<usize>().unwrap() < 100_000, "{outcome}");
        assert!(end.contains("the service `web`"), "{outcome}");
    }
}

#[test]
fn a_request_over_http_without_a_response_is_retried() {
    for fault in [Fault::Reset(0), Fault::HalfClose(0)] {
        assert_eq!(bodies([fault], ""), ["262144"], "{fault:?}");
    }
}

#[test]
fn a_head_over_http_that_is_broken_off_is_an_error() {
    let server = Host::start(&Service::new(guests::ECHOES, "http:0"));
    for fault in [Fault::HalfClose(10), Fault::Garbage(0), Fault::Garbage(10)] {
        let proxy = Proxy::start(server.port(), [fault]);
        let table = client("web", "http", proxy.port(), "retries = false");
        let caller = Host::start(&Service::new(guests::CALLS, "http:0").tables(&table));

        let (status, error) = failed(&caller, "/web/size?target=/whole/1");

        assert_eq!((status, error["destination"].as_str()), (503, Some("web")), "{fault:?}");
        assert_eq!(ok(&caller, "/web/size?target=/whole/1"), "65536", "{fault:?}");
        caller.stop();
    }
    server.stop();
}
