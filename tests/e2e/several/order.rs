//! The stop of several services: callers end before those that they call.
//! Does not know what a client does.

use std::net::{Ipv4Addr, TcpListener};

use expect_test::expect;

use super::{command, end_of, named, of, port, start, wait_for};
use crate::support::http::{self, Client};
use crate::support::{Host, Line, Service, Signal, Stopped, guests};

/// A port that nobody uses right now.
fn free_port() -> u16 {
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a free port");
    socket.local_addr().expect("it is bound").port()
}

/// A service at `port` that says that it calls those at other ports.
fn calling(name: &str, port: u16, others: &[u16]) -> Service {
    let client = |other: &u16| format!("[clients.c{other}]\nhost = '127.0.0.1'\nport = {other}\n");
    let clients = others.iter().map(client).collect::<Vec<_>>().concat();
    named(name, Service::new(guests::STARTS, &format!("http:{port}")).tables(&clients))
}

/// A client that has sent the beginning of a request which waits for the rest.
fn half_way(host: &Host, name: &str) -> Client {
    let mut client = Client::connect(port(host, name));
    client.send("POST /read HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n");
    client.send("1\r\na\r\n");
    wait_for(host, name, "reading begins");
    client
}

/// The names of the services in the order in which they have stopped.
fn stops(stopped: &Stopped) -> Vec<&str> {
    let lines = stopped.lines("service-stopped");
    lines.into_iter().map(|line| line.text("service.name")).collect()
}

#[test]
fn a_service_serves_until_its_callers_have_ended() {
    let (bff_port, user_port) = (free_port(), free_port());
    let user = calling("user", user_port, &[]);
    let bff = calling("bff", bff_port, &[user_port]);
    let host = start(&[&user, &bff], 2);
    let mut last = half_way(&host, "bff");

    host.signal(Signal::TERM);
    wait_for(&host, "bff", "service-stopping");
    wait_for(&host, "user", "service-stopping");
    // What the caller still does, it can do: whom it calls is there.
    assert_eq!(http::get(user_port, "/act/return").status, 204);
    last.send("1\r\nb\r\n0\r\n\r\n");
    assert_eq!(last.response().text(), "2 bytes");
    let stopped = host.ended();

    assert_eq!(stopped.status, Some(0), "{}", stopped.outline());
    assert_eq!(stops(&stopped), ["bff", "user"]);
    expect![[r#"
        INFO stopping service signal="SIGTERM" callers="bff" help="it drains when its callers have stopped; another signal aborts them"
        INFO acting begins
        INFO draining service calls.in_flight=0 help="send the signal again to stop immediately"
        INFO on-finish begins requests=0
        INFO service stopped
    "#]]
    .assert_eq(&without_ids(&end_of(&stopped, "user")));
}

/// Lines of guests, without the request they are about.
fn without_ids(outline: &str) -> String {
    let line = |line: &str| {
        let end = line.find(" request_id").unwrap_or(line.len());
        line[..end].to_owned() + "\n"
    };
    outline.lines().map(line).collect::<Vec<_>>().concat()
}

#[test]
fn a_second_signal_does_not_wait_for_callers() {
    let (bff_port, user_port) = (free_port(), free_port());
    let user = calling("user", user_port, &[]);
    let bff = calling("bff", bff_port, &[user_port]);
    let host = start(&[&user, &bff], 2);
    let _never_ends = half_way(&host, "bff");

    host.signal(Signal::INT);
    wait_for(&host, "user", "service-stopping");
    let stopped = host.forced(Signal::INT);

    // The caller is aborted, and whom it calls has nothing to wait for.
    assert_eq!(stopped.status, Some(130), "{}", stopped.outline());
    // That the service is gone which it is connected to may come after it.
    let last = |name| {
        let mut names = of(&stopped.log, name).into_iter().map(|line| line.name().to_owned());
        names.rfind(|name| !name.starts_with("client-"))
    };
    assert_eq!(last("bff").as_deref(), Some("service-killed"));
    assert_eq!(last("user").as_deref(), Some("service-stopped"));
}

#[test]
fn services_that_call_each_other_stop_at_the_same_time() {
    let (one_port, other_port) = (free_port(), free_port());
    let one = calling("one", one_port, &[other_port]);
    let other = calling("other", other_port, &[one_port]);
    let host = start(&[&one, &other], 2);

    let stopped = host.stop();

    let waits = |line: &&Line| line.has("callers");
    assert_eq!(stopped.log.iter().filter(waits).count(), 0, "{}", stopped.outline());
}

#[test]
fn a_caller_that_does_not_stop_in_time_is_not_waited_for_longer() {
    let (bff_port, user_port) = (free_port(), free_port());
    let user = calling("user", user_port, &[]);
    let bff = calling("bff", bff_port, &[user_port]);
    bff.edit("[host]\n", "[host]\nshutdown_timeout = '300ms'\n");
    let host = Host::launch(command(&[&user, &bff]));
    host.wait_for_count("service-running", 2);
    let _never_ends = half_way(&host, "bff");

    host.signal(Signal::TERM);
    let stopped = host.ended();

    assert_eq!(stopped.status, Some(1), "{}", stopped.outline());
    assert_eq!(stops(&stopped), ["bff", "user"]);
    assert_eq!(of(&stopped.log, "user").last().map(|line| line.has("exit.status")), Some(false));
}
