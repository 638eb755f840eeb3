//! SIGINT and SIGTERM in every phase, once and twice; and the drain that follows.
//! Does not know what the steps of the shutdown say when they fail.

mod delay;
mod hangup;
mod repeats;

use std::fs;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpStream};
use std::time::Instant;

use expect_test::{Expect, expect};

use crate::support::http::{Client, Response};
use crate::support::{Command, Host, LIMIT, Service, Signal, Stopped, guests, log};

/// A service whose step `on_start`, `on_finish` … does what `act` says, with time to spare.
fn starts(step: &str, act: &str) -> Service {
    Service::new(guests::STARTS, "http:0").tables(&format!("[service]\n{step} = '{act}'"))
}

fn script(settings: &str) -> Service {
    Service::new(guests::SCRIPTS, "script").tables(&format!("[service]\n{settings}"))
}

/// Starts `service`, sends `signal` when the log has a line of this [`name`](log::Line::name), and waits for the end.
fn interrupted(service: &Service, name: &str, signal: Signal) -> Stopped {
    interrupted_with(Host::command(service), name, signal)
}

/// The same with a command line of the test's making.
fn interrupted_with(command: Command, name: &str, signal: Signal) -> Stopped {
    let host = Host::launch(command);
    host.wait_for(name);
    host.signal(signal);
    host.ended()
}

#[track_caller]
fn check(stopped: &Stopped, status: i32, expected: &Expect) {
    let tail = stopped.log.iter().skip_while(|line| !line.has("signal"));
    expected.assert_eq(&log::outline(tail));
    assert_eq!(stopped.status, Some(status));
    assert_eq!(stopped.stderr, "");
}

#[test]
fn a_service_stops_while_its_component_is_being_compiled() {
    let service = Service::new(guests::ECHOES, "http:0");
    // Without a cache that holds it, the component takes the compiler a good part of a second.
    let command = Host::command(&service).env("MIKROS_HOST_CACHE", service.directory().join("new"));

    let stopped = interrupted_with(command, "service-starting", Signal::TERM);

    check(
        &stopped,
        0,
        &expect![[r#"
        INFO stopping service signal="SIGTERM"
        INFO service stopped
    "#]],
    );
}

#[test]
fn a_service_stops_while_on_start_waits() {
    let stopped = interrupted(&starts("on_start", "wait"), "on-start begins", Signal::INT);

    check(
        &stopped,
        0,
        &expect![[r#"
            INFO stopping service signal="SIGINT"
            INFO service stopped
        "#]],
    );
}

#[test]
fn a_service_stops_while_on_start_computes() {
    let stopped = interrupted(&starts("on_start", "spin"), "on-start begins", Signal::TERM);

    check(
        &stopped,
        0,
        &expect![[r#"
        INFO stopping service signal="SIGTERM"
        INFO service stopped
    "#]],
    );
}

#[test]
fn a_service_stops_while_on_start_blocks() {
    let stopped = interrupted(&starts("on_start", "block"), "on-start begins", Signal::TERM);

    check(
        &stopped,
        0,
        &expect![[r#"
            INFO stopping service signal="SIGTERM"
            INFO service stopped
        "#]],
    );
}

#[test]
fn either_signal_stops_a_running_service() {
    for (signal, name) in [(Signal::INT, "SIGINT"), (Signal::TERM, "SIGTERM")] {
        let service = Service::new(guests::STARTS, "http:0");

        let stopped = interrupted(&service, "service-running", signal);

        assert_eq!(stopped.lines("service-stopping")[0].text("signal"), name);
        assert_eq!(stopped.status, Some(0));
    }
}

#[test]
fn a_signal_cancels_a_script_which_still_cleans_up() {
    let stopped = interrupted(&script("run = 'wait'"), "run begins", Signal::INT);

    check(
        &stopped,
        130,
        &expect![[r#"
        INFO stopping service signal="SIGINT"
        INFO cleanup begins
        INFO on-finish begins
        INFO service stopped signal="SIGINT" exit.status=130
    "#]],
    );
}

#[test]
fn a_script_that_computes_on_after_a_signal_is_interrupted() {
    let service = script("run = 'spin'").host("shutdown_timeout = '300ms'");

    let stopped = interrupted(&service, "run begins", Signal::TERM);

    check(
        &stopped,
        143,
        &expect![[r#"
        INFO stopping service signal="SIGTERM"
        WARN the script did not stop, interrupting it
        ERROR instance lost error.kind="interrupted" error.message="the service computed past its deadline and was interrupted" call="script.run" error.stack=$STACK worker=0
        WARN the instance was lost, `cleanup` is skipped
        WARN service stopped by force signal="SIGTERM"
    "#]],
    );
}

/// How many requests are in flight when a service is told to stop.
const CLIENTS: usize = 8;

/// Clients that have sent one half of a body that the service reads.
fn half_way(host: &Host) -> Vec<Client> {
    let clients = (0..CLIENTS).map(|_| {
        let mut client = Client::connect(host.port());
        client.send("POST /read HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n");
        client.send("5\r\nhello\r\n");
        client
    });
    let clients = clients.collect();
    host.wait_for_count("reading begins", CLIENTS);
    clients
}

fn finish(client: &mut Client) -> Response {
    client.send("6\r\n world\r\n0\r\n\r\n");
    client.response()
}

#[test]
fn no_request_in_flight_is_lost() {
    let host = Host::start(&Service::new(guests::STARTS, "http:0"));
    let mut clients = half_way(&host);
    let mut idle = Client::connect(host.port());
    idle.request("POST", "/read", "", b"x");
    assert_eq!(idle.response().status, 200);

    host.signal(Signal::TERM);
    host.wait_for("service-stopping");
    assert!(idle.is_closed(), "an idle connection is closed at once");
    let answers: Vec<_> = clients.iter_mut().map(finish).collect();
    let stopped = host.ended();

    for answer in answers {
        assert_eq!((answer.status, answer.text()), (200, "11 bytes"));
        assert_eq!(answer.header("connection"), Some("close"));
    }
    check(
        &stopped,
        0,
        &expect![[r#"
        INFO stopping service signal="SIGTERM" calls.in_flight=8 help="send the signal again to stop immediately"
        INFO on-finish begins requests=9
        INFO service stopped
    "#]],
    );
}

/// Stops the process as ctrl-z does, so that the system alone deals with its connections.
fn suspend(host: &Host) {
    host.signal(Signal::STOP);
    let deadline = Instant::now() + LIMIT;
    let path = format!("/proc/{}/status", host.id());
    while !fs::read_to_string(&path).is_ok_and(|status| status.contains("State:\tT")) {
        assert!(Instant::now() < deadline, "the process is not suspended");
    }
}

#[test]
fn requests_that_nobody_has_accepted_yet_are_answered() {
    let host = Host::start(&Service::new(guests::STARTS, "http:0"));
    let port = host.port();

    suspend(&host);
    // So many that the host hears the signal before it has accepted them all.
    let mut clients: Vec<_> = (0..500).map(|_| Client::connect(port)).collect();
    for client in &mut clients {
        client.get("/act/return");
    }
    host.signal(Signal::TERM);
    host.signal(Signal::CONT);

    for client in &mut clients {
        assert_eq!(client.response().status, 204);
    }
    let stopped = host.ended();
    assert_eq!((stopped.status, stopped.stderr.as_str()), (Some(0), ""));
}

#[test]
fn a_request_that_was_sent_while_the_host_drains_is_refused_by_the_system() {
    let host = Host::start(&Service::new(guests::STARTS, "http:0"));
    let port = host.port();
    let mut clients = half_way(&host);

    host.signal(Signal::TERM);
    let deadline = Instant::now() + LIMIT;
    let is_refused = || {
        let error = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).err();
        // At the very moment when the socket is closed, a connection is reset instead.
        error.is_some_and(|error| error.kind() == ErrorKind::ConnectionRefused)
    };
    while !is_refused() {
        assert!(Instant::now() < deadline, "the socket is not closed");
    }

    for client in &mut clients {
        assert_eq!(finish(client).status, 200);
    }
    assert_eq!(host.ended().status, Some(0));
}

#[test]
fn what_is_not_answered_in_time_is_cut_off_and_counted() {
    let service = Service::new(guests::STARTS, "http:0").host("shutdown_timeout = '300ms'");
    let host = Host::start(&service);
    let mut clients = half_way(&host);

    host.signal(Signal::TERM);
    let stopped = host.ended();

    check(
        &stopped,
        1,
        &expect![[r#"
            INFO stopping service signal="SIGTERM" calls.in_flight=8 help="send the signal again to stop immediately"
            WARN shutdown takes too long, interrupting the service timeout="300ms" step="drain" calls.cut=8
            INFO service stopped exit.status=1
        "#]],
    );
    for client in &mut clients {
        // Some were told that the service stops, the others that the connection has ended.
        match client.try_response() {
            Ok(answer) => assert_eq!(answer.status, 503),
            Err(error) => assert_ne!(error.kind(), ErrorKind::WouldBlock),
        }
    }
}

#[test]
fn a_handler_that_computes_for_ever_does_not_keep_the_service_from_stopping() {
    let service = Service::new(guests::STARTS, "http:0").host("shutdown_timeout = '300ms'");
    let host = Host::start(&service);
    let mut client = Client::connect(host.port());
    client.get("/act/spin");
    host.wait_for("acting begins");

    host.signal(Signal::TERM);
    let stopped = host.ended();

    check(
        &stopped,
        1,
        &expect![[r#"
            INFO stopping service signal="SIGTERM" calls.in_flight=1 help="send the signal again to stop immediately"
            WARN shutdown takes too long, interrupting the service timeout="300ms" step="drain" calls.cut=1
            WARN instance cut off error.kind="cut-off" error.message="the service did not stop within the grace period and was aborted" call="http.handle" error.stack=$STACK worker=0 request_id=$ID http.method="GET" http.path="/act/spin"
            INFO service stopped exit.status=1
        "#]],
    );
}
