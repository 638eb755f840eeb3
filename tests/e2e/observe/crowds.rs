//! The admin listener among clients that are many, silent, slow or not clients at all, and next to workers that are
//! busy: it answers.

use super::{ADMIN, METRICS, admin_port, misbehaves};
use crate::support::Host;
use crate::support::http::{self, Client};

#[track_caller]
fn answers(port: u16) {
    for path in ["/livez", "/readyz", "/services"] {
        assert_eq!(http::get(port, path).status, 200, "{path}");
    }
}

#[test]
fn silent_connections_do_not_keep_others_out() {
    let host = Host::start(&misbehaves(ADMIN));
    let port = admin_port(&host);

    let mut silent: Vec<_> = (0..100).map(|_| Client::connect(port)).collect();

    answers(port);
    // The oldest had to go for the others, and the last one goes because it says nothing.
    assert!(silent[0].is_closed());
    assert!(silent[99].is_closed());
    host.stop();
}

#[test]
fn many_requests_at_a_time_are_answered() {
    let host = Host::start(&misbehaves(METRICS));
    let port = admin_port(&host);
    let mut clients: Vec<_> = (0..60).map(|_| Client::connect(port)).collect();

    for client in &mut clients {
        client.get("/metrics");
    }

    for client in &mut clients {
        assert_eq!(client.response().status, 200);
    }
    host.stop();
}

#[test]
fn whoever_does_not_read_slows_nobody() {
    let host = Host::start(&misbehaves(METRICS));
    let port = admin_port(&host);
    let mut slow: Vec<_> = (0..10).map(|_| Client::connect(port)).collect();

    // More than the sockets hold, were they all answered.
    for client in &mut slow {
        client.send("GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n".repeat(1000));
    }

    answers(port);
    assert_eq!(http::get(port, "/metrics").status, 200);
    host.stop();
}

#[test]
fn garbage_ends_its_connection_only() {
    let host = Host::start(&misbehaves(ADMIN));
    let port = admin_port(&host);

    for garbage in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\r\n\r\n\0\0\0\0\0\0\0",
        b"GET /livez HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n",
    ] {
        let mut client = Client::connect(port);
        client.send(garbage);
        // Whatever it hears, it is not kept.
        let _ = client.rest();
    }
    let mut client = Client::connect(port);
    client.send(format!("GET / HTTP/1.1\r\nhost: localhost\r\nx: {}\r\n\r\n", "y".repeat(15_000)));
    assert_eq!(client.response().status, 200);
    let mut client = Client::connect(port);
    client.send(format!("GET / HTTP/1.1\r\nhost: localhost\r\nx: {}", "y".repeat(17_000)));
    assert_eq!(client.response().status, 431);

    answers(port);
    host.stop();
}

#[test]
fn busy_workers_do_not_matter() {
    let host = Host::start(&misbehaves(ADMIN));
    let port = admin_port(&host);
    let mut computing: Vec<_> = (0..4).map(|_| Client::connect(host.port())).collect();
    for client in &mut computing {
        client.get("/compute/2000");
    }
    host.wait_for("a call computes");

    answers(port);

    for client in &mut computing {
        assert_eq!(client.response().text(), "computed");
    }
    host.stop();
}
