//! One version after the other on the same sockets: what clients see, and what happens in which order.
//! Does not know how changes are noticed; but for `watch`, SIGHUP tells the host.

mod handover;
mod load;
mod refused;
mod rpcs;
mod watch;

use std::net::{Ipv4Addr, TcpListener, TcpStream};

use crate::support::http::{self, Client};
use crate::support::probe::{ECHO, EchoReply, echo};
use crate::support::{Host, Line, Service, Signal, grpc, guests};

/// The guest that tells which version it is.
fn versions() -> Service {
    Service::new(guests::VERSIONS, "http:0, native")
}

/// Tells the host to look at its files, and waits until it has replaced the version `count` times.
fn swap(host: &Host, count: usize) {
    host.signal(Signal::HUP);
    host.wait_for_count("swap-completed", count);
}

/// The answer of whoever serves on a connection that is open.
fn ask(client: &mut Client, path: &str) -> String {
    client.get(path);
    client.response().text().to_owned()
}

/// A port that nobody uses right now.
fn free_port() -> u16 {
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a free port");
    socket.local_addr().expect("it is bound").port()
}

/// The messages of the log in which a guest or the host says what it does, with the version.
fn course(log: &[Line]) -> Vec<String> {
    let told = ["on-start begins", "native begins", "native ends", "on-finish begins"];
    let told = |line: &&Line| {
        told.contains(&line.name()) || ["swap-completed", "version-stopped"].contains(&line.name())
    };
    let lines = log.iter().filter(told);
    lines.map(|line| format!("{} {}", line.text("service.version"), line.name())).collect()
}

#[test]
fn the_next_request_on_an_open_connection_is_answered_by_the_new_version() {
    let service = versions();
    let host = Host::start(&service);
    let mut client = Client::connect(host.port());
    assert_eq!(ask(&mut client, "/who"), "v1.0.0 unmarked");

    service.edit("v1.0.0", "v2.0.0");
    swap(&host, 1);

    assert_eq!(ask(&mut client, "/who"), "v2.0.0 unmarked");
    assert_eq!(http::get(host.port(), "/who").text(), "v2.0.0 unmarked");
    host.stop();
}

#[test]
fn a_request_in_flight_is_finished_by_the_version_that_began_it() {
    let service = versions();
    let host = Host::start(&service);
    let mut client = Client::connect(host.port());
    client.get("/drip/1000000/1");
    assert_eq!(client.head().status, 200);
    let mut uploading = Client::connect(host.port());
    uploading.send("POST /upload HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n");
    host.wait_for("upload begins");

    service.edit("v1.0.0", "v2.0.0");
    swap(&host, 1);

    uploading.send(vec![b'x'; 100_000]);
    assert_eq!(uploading.response().text(), "v1.0.0 unmarked 100000");
    for _ in 0..20 {
        assert_eq!(client.chunk().expect("the stream goes on"), b"v1.0.0 unmarked\n");
    }
    // The version before ends with its last request, which its client gives up here.
    drop(client);
    let left = host.wait_for("version-stopped");
    assert_eq!(left.text("replaced.version"), "v1.0.0");
    assert_eq!(ask(&mut uploading, "/who"), "v2.0.0 unmarked");
    host.stop();
}

#[test]
fn a_request_whose_body_is_still_missing_is_not_lost() {
    let service = versions();
    let host = Host::start(&service);
    let mut client = Client::connect(host.port());
    // Short enough to be handed over whole, so it has not entered the guest yet.
    client.send("POST /upload HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n12345");
    assert_eq!(http::get(host.port(), "/who").status, 200);

    service.edit("v1.0.0", "v2.0.0");
    swap(&host, 1);

    client.send("67890");
    assert_eq!(client.response().text(), "v1.0.0 unmarked 10");
    host.wait_for("version-stopped");
    host.stop();
}

#[test]
fn event_streams_end_so_that_clients_come_to_the_new_version() {
    let service = versions();
    let host = Host::start(&service);
    let mut client = Client::connect(host.port());
    client.get("/events");
    assert_eq!(client.head().status, 200);
    assert_eq!(client.chunk().expect("an event"), b"data: v1.0.0 unmarked\n\n");

    service.edit("v1.0.0", "v2.0.0");
    swap(&host, 1);

    assert_eq!(client.chunk().expect("the end of the stream"), b"");
    assert_eq!(ask(&mut client, "/who"), "v2.0.0 unmarked");
    host.stop();
}

#[test]
fn what_takes_longer_than_the_shutdown_may_is_cut_off() {
    let service = versions().host("shutdown_timeout = '300ms'");
    let host = Host::start(&service);
    let mut client = Client::connect(host.port());
    client.get("/drip/1000000/1");
    assert_eq!(client.head().status, 200);

    service.edit("v1.0.0", "v2.0.0");
    swap(&host, 1);

    let warning = host.wait_for("shutdown-timed-out");
    assert_eq!(warning.msg(), "the previous version takes too long to end, interrupting it");
    assert_eq!((warning.text("step"), warning.number("calls.cut")), ("drain", 1));
    while client.chunk().is_ok_and(|chunk| !chunk.is_empty()) {}
    host.wait_for("version-stopped");
    assert_eq!(http::get(host.port(), "/who").text(), "v2.0.0 unmarked");
    host.stop();
}

#[test]
fn the_steps_of_both_versions_have_an_order() {
    let service = versions();
    let host = Host::start(&service);
    host.wait_for("native begins");

    service.edit("v1.0.0", "v2.0.0");
    swap(&host, 1);
    host.wait_for("version-stopped");
    host.wait_for_count("native begins", 2);

    let course = course(&host.stop().log);
    let of = |version: &str| {
        course.iter().filter(|l| l.starts_with(version)).cloned().collect::<Vec<_>>()
    };
    assert_eq!(
        of("v1"),
        ["on-start begins", "native begins", "native ends", "on-finish begins"]
            .map(|step| format!("v1.0.0 {step}"))
    );
    let position =
        |line: &str| course.iter().position(|l| l == line).unwrap_or_else(|| panic!("{line}"));
    assert!(position("v2.0.0 on-start begins") < position("v2.0.0 swap-completed"));
    assert!(position("v2.0.0 swap-completed") < position("v1.0.0 native ends"));
    assert!(position("v1.0.0 on-finish begins") < position("v2.0.0 version-stopped"));
}

#[test]
fn ports_and_instances_change_without_a_restart() {
    let service = versions().host("instances = 1");
    let host = Host::start(&service);
    let old = host.port();
    let mut client = Client::connect(old);
    assert_eq!(ask(&mut client, "/who"), "v1.0.0 unmarked");
    let new = free_port();

    service.edit("'http:0'", &format!("'http:{new}'"));
    service.edit("instances = 1", "instances = 3");
    service.edit("v1.0.0", "v2.0.0");
    swap(&host, 1);

    // The socket is closed, and with it the connections on which nothing goes on.
    assert!(client.is_closed());
    host.wait_for("version-stopped");
    assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, old)).is_err());
    assert_eq!(http::get(new, "/who").text(), "v2.0.0 unmarked");
    host.wait_for_count("native begins", 4);

    service.edit("instances = 3", "instances = 2");
    service.edit("v2.0.0", "v3.0.0");
    let mut kept = Client::connect(new);
    assert_eq!(ask(&mut kept, "/who"), "v2.0.0 unmarked");
    swap(&host, 2);
    host.wait_for_count("version-stopped", 2);

    assert_eq!(ask(&mut kept, "/who"), "v3.0.0 unmarked");
    for _ in 0..20 {
        assert_eq!(http::get(new, "/who").text(), "v3.0.0 unmarked");
    }
    host.stop();
}

#[test]
fn more_instances_serve_the_port_that_is_kept() {
    let service = versions().host("instances = 1");
    let host = Host::start(&service);

    service.edit("instances = 1", "instances = 4");
    service.edit("v1.0.0", "v2.0.0");
    swap(&host, 1);
    host.wait_for("version-stopped");

    for _ in 0..20 {
        assert_eq!(http::get(host.port(), "/who").text(), "v2.0.0 unmarked");
    }
    host.stop();
}

#[test]
fn kinds_come_and_go() {
    let service = Service::new(guests::NATIVES, "native");
    let host = Host::start(&service);
    let [natives, versions] =
        [guests::NATIVES, guests::VERSIONS].map(|guest| guest.component().display().to_string());

    service.edit(&natives, &versions);
    service.edit("'native'", "'native', 'http:0'");
    swap(&host, 1);
    let port = host.port();
    assert_eq!(http::get(port, "/who").text(), "v1.0.0 unmarked");

    service.edit(&versions, &natives);
    service.edit("'native', 'http:0'", "'native'");
    swap(&host, 2);
    host.wait_for_count("version-stopped", 2);
    assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err());
    host.stop();
}

#[test]
fn another_kind_takes_over_a_port() {
    let port = free_port();
    let service = Service::new(guests::VERSIONS, &format!("native, http:{port}"));
    let host = Host::start(&service);
    let [http, grpc] =
        [guests::VERSIONS, guests::STREAMS].map(|guest| guest.component().display().to_string());

    service.edit(&http, &grpc);
    service.edit(&format!("'native', 'http:{port}'"), &format!("'grpc:{port}'"));
    swap(&host, 1);
    host.wait_for("version-stopped");

    let mut client = grpc::Client::connect(port);
    assert_eq!(client.unary(ECHO, &echo(b"hello")).reply::<EchoReply>().data, b"hello");
    host.stop();
}

#[test]
fn limits_and_log_follow_the_version() {
    let service = versions().limits("call_timeout = '30s'");
    let host = Host::start(&service);
    service.edit("call_timeout = '30s'", "call_timeout = '100ms'");
    service.edit("v1.0.0", "v2.0.0");
    service.edit("[host.limits]", "[log]\nattributes = { team = 'core' }\n[host.limits]");
    swap(&host, 1);

    assert_eq!(http::get(host.port(), "/wait/60000").status, 504);

    let stopped = host.stop();
    let begun = stopped.lines("waiting begins")[0];
    assert_eq!((begun.text("service.version"), begun.text("team")), ("v2.0.0", "core"));
    let end = stopped.lines("service-stopped")[0];
    assert_eq!(end.text("service.version"), "v2.0.0");
}

#[test]
fn a_signal_during_a_swap_stops_both_versions() {
    let service = versions();
    let host = Host::start(&service);
    service.edit("[host.limits]", "[service]\non_start = 'wait'\n[host.limits]");
    service.edit("v1.0.0", "v2.0.0");
    host.signal(Signal::HUP);
    host.wait_for_count("on-start begins", 2);

    let stopped = host.stop();

    assert_eq!(stopped.lines("on-finish begins").len(), 1);
    assert_eq!(stopped.lines("on-finish begins")[0].text("service.version"), "v1.0.0");
}

#[test]
fn a_stop_waits_for_the_version_before() {
    let service = versions();
    let host = Host::start(&service);
    let mut client = Client::connect(host.port());
    client.get("/wait/500");
    host.wait_for("waiting begins");
    service.edit("v1.0.0", "v2.0.0");
    swap(&host, 1);

    host.signal(Signal::TERM);

    assert_eq!(client.response().text(), "v1.0.0 unmarked");
    let stopped = host.ended();
    assert_eq!(stopped.status, Some(0));
    assert_eq!(stopped.lines("on-finish begins").len(), 2);
    assert_eq!(stopped.lines("version-stopped").len(), 1);
}

#[test]
fn a_stop_interrupts_a_version_before_that_does_not_end() {
    let service = versions().host("shutdown_timeout = '1h'");
    let host = Host::start(&service);
    let mut client = Client::connect(host.port());
    client.get("/drip/1000000/1");
    assert_eq!(client.head().status, 200);
    service.edit("v1.0.0", "v2.0.0");
    service.edit("'1h'", "'300ms'");
    swap(&host, 1);

    host.signal(Signal::TERM);
    let stopped = host.ended();

    assert_eq!(stopped.status, Some(1));
    let warning = stopped.lines("shutdown-timed-out")[0];
    assert_eq!(warning.msg(), "shutdown takes too long, interrupting the versions before");
    assert_eq!((warning.text("timeout"), warning.number("versions")), ("300ms", 1));
}

#[test]
fn a_version_waits_while_too_many_are_on_their_way_out() {
    let service = versions();
    let host = Host::start(&service);
    let mut clients = Vec::new();
    for count in 1..=3 {
        let mut client = Client::connect(host.port());
        client.get("/drip/1000000/1");
        assert_eq!(client.head().status, 200);
        clients.push(client);
        service.edit(&format!("v{count}.0.0"), &format!("v{}.0.0", count + 1));
        swap(&host, count);
    }

    service.edit("v4.0.0", "v5.0.0");
    host.signal(Signal::HUP);
    let waits = host.wait_for("swap-waiting");
    assert_eq!(waits.number("leaving"), 3);
    let message = "waiting for a previous version to end before the next one starts";
    assert_eq!(waits.msg(), message);
    assert_eq!(http::get(host.port(), "/who").text(), "v4.0.0 unmarked");

    clients.pop();
    host.wait_for_count("swap-completed", 4);
    assert_eq!(http::get(host.port(), "/who").text(), "v5.0.0 unmarked");
    drop(clients);
    host.wait_for_count("version-stopped", 4);
    host.stop();
}

#[test]
fn a_change_while_the_service_stops_comes_too_late() {
    let service = versions();
    let host = Host::start(&service);
    let mut client = Client::connect(host.port());
    client.get("/wait/300");
    host.wait_for("waiting begins");
    host.signal(Signal::TERM);
    host.wait_for("service-stopping");

    service.edit("v1.0.0", "v2.0.0");
    host.signal(Signal::HUP);

    assert_eq!(client.response().text(), "v1.0.0 unmarked");
    let stopped = host.ended();
    assert_eq!(stopped.status, Some(0));
    assert_eq!(stopped.lines("swap-started").len(), 0);
}

#[test]
fn a_newer_change_takes_the_place_of_one_that_has_not_started() {
    let service = versions();
    let host = Host::start(&service);
    service.edit("[host.limits]", "[service]\non_start = 'wait'\n[host.limits]");
    service.edit("v1.0.0", "v2.0.0");
    host.signal(Signal::HUP);
    host.wait_for_count("on-start begins", 2);
    assert_eq!(host.wait_for("swap-started").msg(), "replacing service");

    service.edit("on_start = 'wait'", "on_start = 'return'");
    service.edit("v2.0.0", "v3.0.0");
    swap(&host, 1);

    assert_eq!(http::get(host.port(), "/who").text(), "v3.0.0 unmarked");
    host.stop();
}
