//! The gRPC health check from the first moment to the last.
//! Does not know how a service says that it is not well.

use std::net::{Ipv4Addr, TcpListener};

use super::{port, service};
use crate::support::foreign::{Foreign, Language};
use crate::support::process::Process;
use crate::support::{Host, Service, Signal, guests};

const SERVICE: &str = "grpc.testing.TestService";

/// The answer for `name` of a host that runs.
#[track_caller]
fn is_told(client: &Foreign, host: &Host, name: &str, expected: &str) {
    let finished = client.run("health", ["--port", &port(host), "--service", name]);
    assert_eq!((finished.status, finished.stderr.as_str()), (0, ""), "`{name}`");
    assert_eq!(finished.stdout, format!("{expected}\n"), "`{name}`");
}

/// A client that watches the health of `name` until the host ends it.
fn watch(client: &Foreign, port: &str, name: &str) -> Process {
    client.start("health", ["--port", port, "--service", name, "--watch"])
}

/// Waits until line `number` of what the client prints is there, and demands that it is `expected`.
#[track_caller]
fn says(process: &Process, number: usize, expected: &str) {
    let what = format!("line {number} of a client, `{expected}`");
    let line = process.wait_until(&what, |lines, _| lines.get(number - 1).cloned());
    assert_eq!(line, expected);
}

/// A port that nobody listens on. The log tells the port of a host only when its service runs.
fn free_port() -> u16 {
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there are free ports");
    socket.local_addr().expect("it is bound").port()
}

#[test]
fn before_on_start_has_returned_nothing_serves() {
    let Some(client) = Foreign::of(Language::Python) else { return };
    let port = free_port();
    let service = Service::new(guests::STREAMS, &format!("grpc:{port}"))
        .tables("[service]\non_start = 'wait'");
    let host = Host::launch(Host::command(&service));

    let watching = ["", "probe.Probe"].map(|name| watch(&client, &port.to_string(), name));

    for one in &watching {
        says(one, 1, "NOT_SERVING");
    }
    host.signal(Signal::TERM);
    host.ended();
    for mut one in watching {
        one.wait();
        assert!(!one.stdout().iter().any(|line| line == "SERVING"), "it served after all");
    }
}

#[test]
fn the_whole_and_each_service_serve() {
    let Some(client) = Foreign::of(Language::Python) else { return };
    let host = Host::start(&service());

    is_told(&client, &host, "", "SERVING");
    is_told(&client, &host, SERVICE, "SERVING");
    host.stop();
}

#[test]
fn a_service_that_is_not_there_is_not_found() {
    let Some(client) = Foreign::of(Language::Python) else { return };
    let host = Host::start(&service());

    is_told(&client, &host, "grpc.testing.Nothing", "status NOT_FOUND");
    host.stop();
}

#[test]
fn who_watches_a_service_that_is_not_there_is_told_that_it_is_unknown() {
    let Some(client) = Foreign::of(Language::Python) else { return };
    let host = Host::start(&service());

    let watching = watch(&client, &port(&host), "grpc.testing.Nothing");

    says(&watching, 1, "SERVICE_UNKNOWN");
    host.stop();
}

#[test]
fn health_can_be_switched_off() {
    let Some(client) = Foreign::of(Language::Python) else { return };
    let host = Host::start(&service().tables("[services.grpc]\nhealth = false"));

    is_told(&client, &host, "", "status UNIMPLEMENTED");
    host.stop();
}

#[test]
fn who_watches_is_told_of_the_shutdown() {
    let Some(client) = Foreign::of(Language::Python) else { return };
    let host = Host::start(&service());
    let watching = ["", SERVICE].map(|name| watch(&client, &port(&host), name));
    for one in &watching {
        says(one, 1, "SERVING");
    }

    host.signal(Signal::TERM);

    for one in &watching {
        says(one, 2, "NOT_SERVING");
    }
    assert_eq!(host.ended().status, Some(0));
}

#[test]
fn a_call_in_flight_goes_on_after_the_health_has_changed() {
    let Some(client) = Foreign::of(Language::Python) else { return };
    let host = Host::start(&service());
    let mut draining = client.start("drain", ["--port", &port(&host)]);
    says(&draining, 1, "response 1");
    says(&draining, 2, "SERVING");

    host.signal(Signal::TERM);

    says(&draining, 3, "NOT_SERVING");
    says(&draining, 4, "response 2");
    says(&draining, 5, "status OK");
    assert_eq!(draining.wait().code(), Some(0));
    assert_eq!(host.ended().status, Some(0));
}
