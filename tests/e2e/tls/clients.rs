//! What clients of others find, and clients that are none.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};

use super::{Secured, text};
use crate::support::http::{self, Client};
use crate::support::tunnel::Tunnel;
use crate::support::{Host, LIMIT, http2};

#[test]
fn curl_chooses_between_both_versions_of_http() {
    let secured = Secured::echoes("");
    let host = secured.start();
    let ask = |option| {
        let format = ["-o", "/dev/null", "-w", "%{http_version} %{http_code}", option];
        let answer = secured.curl(&host, "/health", &format)?;
        Some((text(&answer.stdout), text(&answer.stderr)))
    };

    for (option, expected) in [("--http2", "2 200"), ("--http1.1", "1.1 200")] {
        if let Some((answer, error)) = ask(option) {
            assert_eq!((answer.as_str(), error.as_str()), (expected, ""), "{option}");
        }
    }
    let running = host.wait_for("service-running");
    assert_eq!(running.text("scheme"), "https");
    host.stop();
}

#[test]
fn both_versions_of_tls_negotiate_http2() {
    let secured = Secured::echoes("");
    let host = secured.start();

    for (option, version) in [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")] {
        let options = [option, "-alpn", "h2,http/1.1"];
        let Some(found) = secured.s_client(&host, &options) else { return };
        let said = text(&found.stdout);
        assert!(said.contains("ALPN protocol: h2"), "{said} {}", text(&found.stderr));
        assert!(said.contains(version) && said.contains("Verify return code: 0 (ok)"), "{said}");
    }
    host.stop();
}

#[test]
fn a_session_is_resumed_on_whichever_thread() {
    let secured = Secured::echoes("");
    let secured = Secured { service: secured.service.host("instances = 2"), ..secured };
    let host = secured.start();

    let Some(first) = secured.s_client(&host, &["-tls1_2", "-sess_out", "session"]) else { return };
    assert!(text(&first.stdout).contains("New, TLSv1.2"), "{}", text(&first.stdout));
    for _ in 0..4 {
        let again =
            secured.s_client(&host, &["-tls1_2", "-sess_in", "session"]).expect("as before");
        assert!(text(&again.stdout).contains("Reused, TLSv1.2"), "{}", text(&again.stdout));
    }
    host.stop();
}

#[test]
fn connections_are_served_as_without_tls() {
    let secured = Secured::echoes("");
    let host = secured.start();
    let (old, new) = ("http/1.1", "h2");
    let [old, new] =
        [old, new].map(|alpn| Tunnel::new(host.port(), &secured.authority, alpn, None));

    let mut client = Client::connect(old.port());
    for _ in 0..3 {
        client.get("/health");
        assert_eq!(client.response().status, 200);
    }
    let body = vec![b'x'; 1 << 20];
    client.request("POST", "/echo", "", &body);
    assert!(client.response().body == body);
    let mut client = http2::Client::connect(new.port());
    assert!(client.get_all(&["/health"; 20]).iter().all(|answer| answer.status == 200));
    host.stop();
}

/// Sends bytes to the host, and reads until it closes the connection.
fn speak(host: &Host, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, host.port())).expect("it accepts");
    stream.set_read_timeout(Some(LIMIT)).expect("it is a socket");
    stream.write_all(bytes).expect("it is open");
    let mut answer = Vec::new();
    // Reset, if not all that was sent was read.
    drop(stream.read_to_end(&mut answer));
    answer
}

#[test]
fn what_is_not_tls_is_closed_and_told_once() {
    let secured = Secured::echoes("");
    let secured = Secured { service: secured.service.tables("[log]\nlevel = 'debug'"), ..secured };
    let host = secured.start();
    let tunnel = Tunnel::new(host.port(), &secured.authority, "http/1.1", None);
    let mut client = Client::connect(tunnel.port());

    let garbage =
        [&b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"[..], &[0; 100], &[22, 3, 1, 255, 255]];
    for bytes in garbage.into_iter().cycle().take(60) {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, host.port())).expect("it accepts");
        (&stream).write_all(bytes).expect("it is open");
        drop(stream);
    }
    let answer = speak(&host, b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n");

    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    client.get("/health");
    assert_eq!(client.response().status, 200);
    let told = host.wait_for("tls-handshake-failed");
    assert_eq!(told.level(), "DEBUG");
    let lines = host.log();
    // One, or two if this takes more than ten seconds.
    let count = lines.iter().filter(|line| line.name() == "tls-handshake-failed").count();
    assert!(count <= 2, "{count}");
    host.stop();
}

#[test]
fn a_client_that_says_nothing_delays_nobody_and_is_closed() {
    let secured = Secured::echoes("");
    let tables = "[services.http]\nheader_timeout = '1s'";
    let secured = Secured { service: secured.service.tables(tables), ..secured };
    let host = secured.start();
    let tunnel = Tunnel::new(host.port(), &secured.authority, "http/1.1", None);
    let silent = || {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, host.port())).expect("it accepts");
        stream.set_read_timeout(Some(LIMIT)).expect("it is a socket");
        stream
    };

    let mut silent: Vec<_> = (0..50).map(|_| silent()).collect();
    // The beginning of a record that is never complete.
    silent[0].write_all(&[22, 3, 1, 2]).expect("it is open");
    assert_eq!(http::get(tunnel.port(), "/health").status, 200);

    for stream in &mut silent {
        assert_eq!(stream.read(&mut [0]).expect("it is closed in time"), 0);
    }
    host.stop();
}

#[test]
fn more_handshakes_than_there_may_be_end_the_oldest() {
    let secured = Secured::echoes("");
    let tables = "[services.http]\nheader_timeout = '1h'";
    let secured = Secured { service: secured.service.tables(tables), ..secured };
    let host = secured.start();
    let connect = || TcpStream::connect((Ipv4Addr::LOCALHOST, host.port())).expect("it accepts");

    let mut first = connect();
    first.set_read_timeout(Some(LIMIT)).expect("it is a socket");
    let others: Vec<_> = (0..1024).map(|_| connect()).collect();

    assert_eq!(first.read(&mut [0]).expect("it is closed"), 0);
    let tunnel = Tunnel::new(host.port(), &secured.authority, "http/1.1", None);
    assert_eq!(http::get(tunnel.port(), "/health").status, 200);
    drop(others);
    host.stop();
}
