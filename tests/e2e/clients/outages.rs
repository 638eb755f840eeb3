//! What the log says of a service that is away for a while.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use super::client;
use crate::support::{Host, Service, guests, http as own};

#[test]
fn an_outage_has_a_line_at_its_beginning_and_one_at_its_end() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let keys = "retries = false\ncircuit_breaker = { failures = 5, open_for = '50ms' }";
    let tables = client("web", "http", port, keys);
    let host = Host::start(&Service::new(guests::CALLS, "http:0").tables(&tables));
    let status = || own::get(host.port(), "/web/get").status;

    host.wait_for("client-unreachable");
    for _ in 0..20 {
        assert_eq!(status(), 503);
    }
    let opened = host.wait_for("client-breaker-opened");
    assert_eq!(opened.get("failures").unwrap(), 5);

    let back = TcpListener::bind(("127.0.0.1", port)).unwrap();
    std::thread::spawn(move || {
        for mut stream in back.incoming().flatten() {
            let mut request = [0; 4096];
            while stream.read(&mut request).is_ok_and(|length| length > 0) {
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").unwrap();
            }
        }
    });
    while status() != 200 {}
    host.wait_for("client-breaker-closed");

    let stopped = host.stop();
    for event in
        ["client-unreachable", "client-reachable", "client-breaker-opened", "client-breaker-closed"]
    {
        assert_eq!(stopped.lines(event).len(), 1, "{event}");
    }
    let failures = stopped.lines("client-reachable")[0].get("failures").unwrap().as_u64();
    assert!(failures.is_some_and(|failures| failures >= 5), "{failures:?}");
}
