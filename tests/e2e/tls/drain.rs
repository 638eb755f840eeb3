//! The end of a service whose clients are connected over TLS.

use std::net::{Ipv4Addr, TcpStream};

use super::Secured;
use crate::support::http::Client;
use crate::support::tunnel::Tunnel;
use crate::support::{Signal, http2};

#[test]
fn requests_in_flight_are_answered_and_idle_connections_end() {
    let secured = Secured::echoes("");
    let host = secured.start();
    let [old, new] =
        ["http/1.1", "h2"].map(|alpn| Tunnel::new(host.port(), &secured.authority, alpn, None));
    let mut idle = http2::Client::connect(new.port());
    assert_eq!(idle.get("/health").status, 200);
    let mut busy = Client::connect(old.port());
    busy.send("POST /echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\n\r\nhe");
    let silent = TcpStream::connect((Ipv4Addr::LOCALHOST, host.port())).expect("it accepts");
    assert_eq!(idle.get("/health").status, 200);

    host.signal(Signal::TERM);
    host.wait_for("service-stopping");
    busy.send("llo");
    let answer = busy.response();

    assert_eq!((answer.status, answer.text()), (200, "hello"));
    assert!(busy.is_closed());
    assert_eq!(host.ended().status, Some(0));
    drop(silent);
}
