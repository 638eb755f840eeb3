//! How calls fail: errors of each framework, statuses of others, and networks.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use expect_test::expect;
use serde_json::Value;
use socket2::{Domain, Socket, Type};

use super::{Peer, calling_grpc, client, failed, ok};
use crate::support::{Host, Service, guests, without_numbers};

/// What the service knows of a failure of this form.
fn described(host: &Host, form: &str) -> String {
    let described: Value =
        serde_json::from_str(&ok(host, &format!("/rpc/describe/{form}"))).expect("it is JSON");
    without_numbers(&format!("{form}: {described}"))
}

#[test]
fn an_error_of_each_framework_keeps_its_kind_and_origin() {
    let Some(peer) = Peer::grpc() else { return };
    let host = calling_grpc(&peer, "");

    let forms = ["go-head", "go-0.19", "rust", "foreign", "json-without-kind", "garbage"];
    let described = forms.map(|form| described(&host, form)).join("\n");

    expect![[r#"
        go-head: {"code":5,"message":"not found","details":0,"kind":"NotFound","error":"not found","origin":"user","destination":"peer"}
        go-0.19: {"code":14,"message":"service RPC error","details":0,"kind":"Rpc","error":"service RPC error","origin":"user","destination":"peer"}
        rust: {"code":7,"message":"not yours","details":0,"kind":"PermissionDenied","error":"not yours","origin":"user","destination":"peer"}
        foreign: {"code":9,"message":"the shop is closed","details":0,"kind":"PreconditionFailed","error":"the shop is closed","origin":"peer","destination":"peer"}
        json-without-kind: {"code":13,"message":"{}","details":0,"kind":"Internal","error":"{}","origin":"peer","destination":"peer"}
        garbage: {"code":10,"message":"{\"kind\":\"Not","details":0,"kind":"Conflict","error":"{\"kind\":\"Not","origin":"peer","destination":"peer"}"#]].assert_eq(&described);
    host.stop();
}

#[test]
fn an_error_that_is_passed_on_names_both_services() {
    let Some(peer) = Peer::grpc() else { return };
    let host = calling_grpc(&peer, "");

    let (status, error) = failed(&host, "/rpc/fail/rust");

    expect![[r#"403 {"kind":"PermissionError","message":"not yours","code":42,"service_name":"probe","destination":"peer","attributes":{"owner":"ada"}}"#]].assert_eq(&format!("{status} {error}"));
    host.stop();
}

/// The response to a call that nothing answers at `port`.
fn unreachable(port: u16, path: &str) -> String {
    let tables = client("peer", "grpc", port, "connect_timeout = '200ms'")
        + &client("web", "http", port, "connect_timeout = '200ms'");
    let host = Host::start(&Service::new(guests::CALLS, "http:0").tables(&tables));
    let (status, error) = failed(&host, path);
    host.stop();
    without_numbers(&format!("{status} {error}"))
}

#[test]
fn a_refused_connection_names_the_client_and_the_address() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();

    expect![[r#"503 {"kind":"UnavailableError","message":"the service `peer` is unavailable","cause":"client `peer` cannot connect to 127.0.0.1:$N: Connection refused (os error 111)","code":0,"service_name":"probe","destination":"peer"}"#]].assert_eq(&unreachable(free, "/rpc/many/1"));
    expect![[r#"503 {"kind":"UnavailableError","message":"the service `web` is unavailable","cause":"client `web` cannot connect to 127.0.0.1:$N: Connection refused (os error 111)","code":0,"service_name":"probe","destination":"web"}"#]].assert_eq(&unreachable(free, "/web/get"));
}

#[test]
fn a_server_that_answers_nothing_is_given_up_on() {
    // The kernel accepts the connection; nobody reads it.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();

    expect![[r#"504 {"kind":"DeadlineExceededError","message":"the service `peer` did not respond in time","cause":"client `peer` did not get a response from 127.0.0.1:$N within 300ms","code":0,"service_name":"probe","destination":"peer"}"#]].assert_eq(&unreachable(port, "/rpc/many/1?timeout=300"));
    expect![[r#"504 {"kind":"DeadlineExceededError","message":"the service `web` did not respond in time","cause":"client `web` did not get a response from 127.0.0.1:$N within 300ms","code":0,"service_name":"probe","destination":"web"}"#]].assert_eq(&unreachable(port, "/web/get?timeout=300"));
}

/// An address at which connections are neither accepted nor refused, as behind a firewall that drops packets: its
/// queue is full, and the kernel drops what asks for more.
struct BlackHole {
    port: u16,
    _listener: Socket,
    _waiting: Vec<TcpStream>,
}

impl BlackHole {
    fn new() -> Self {
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None).expect("there are sockets");
        listener.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).expect("there is a free port");
        listener.listen(0).expect("it is bound");
        let address = listener.local_addr().ok().and_then(|address| address.as_socket());
        let address = address.expect("it is bound");
        let patience = Duration::from_millis(500);
        let mut waiting = Vec::new();
        // Until one is not answered.
        while let Ok(stream) = TcpStream::connect_timeout(&address, patience) {
            waiting.push(stream);
            assert!(waiting.len() < 100, "the queue has no end");
        }
        Self { port: address.port(), _listener: listener, _waiting: waiting }
    }
}

/// The response to a call at `port`, and how long it took.
fn timed(port: u16, keys: &str, path: &str) -> (String, Duration) {
    let tables = client("peer", "grpc", port, keys) + &client("web", "http", port, keys);
    let host = Host::start(&Service::new(guests::CALLS, "http:0").tables(&tables));
    let begun = Instant::now();
    let (status, error) = failed(&host, path);
    let took = begun.elapsed();
    host.stop();
    (without_numbers(&format!("{status} {error}")), took)
}

#[test]
fn the_deadline_is_honoured_while_an_address_does_not_answer() {
    let hole = BlackHole::new();

    for (path, client) in [("/rpc/many/1", "peer"), ("/web/get", "web")] {
        let path = format!("{path}?timeout=300");
        let (error, took) = timed(hole.port, "connect_timeout = '20s'", &path);

        assert!(error.starts_with("504 {\"kind\":\"DeadlineExceededError\""), "{error}");
        assert!(error.contains(&format!("the service `{client}` did not respond in time")));
        assert!(took < Duration::from_secs(5), "{took:?}");
    }
}

#[test]
fn an_attempt_to_connect_ends_at_its_own_timeout() {
    let hole = BlackHole::new();

    for path in ["/rpc/many/1", "/web/get"] {
        let keys = "connect_timeout = '200ms'\nretries = false";
        let (error, took) = timed(hole.port, keys, path);

        assert!(error.starts_with("503 {\"kind\":\"UnavailableError\""), "{error}");
        assert!(error.contains("cannot connect to 127.0.0.1:$N"), "{error}");
        assert!(took < Duration::from_secs(5), "{took:?}");
    }
}

#[test]
fn a_server_that_sends_garbage_is_named() {
    let Some(peer) = Peer::http() else { return };

    expect![[r#"503 {"kind":"UnavailableError","message":"the service `peer` is unavailable","cause":"client `peer` lost the connection to 127.0.0.1:$N: http2 error: connection error detected: frame with invalid size","code":0,"service_name":"probe","destination":"peer"}"#]].assert_eq(&unreachable(peer.ports[1], "/rpc/many/1"));
    expect![[r#"503 {"kind":"UnavailableError","message":"the service `web` is unavailable","cause":"client `web` got an invalid response from 127.0.0.1:$N: invalid HTTP version parsed","code":0,"service_name":"probe","destination":"web"}"#]].assert_eq(&unreachable(peer.ports[1], "/web/get"));
}

#[test]
fn an_unknown_host_is_named() {
    let table = "[clients.peer]\nhost = 'no-such-host.invalid'\nport = 7070\n";
    let host = Host::start(&Service::new(guests::CALLS, "http:0").tables(table));

    let (status, error) = failed(&host, "/rpc/many/1");

    assert_eq!(status, 503, "{error}");
    let message = error["cause"].as_str().unwrap();
    assert!(message.contains("no-such-host.invalid") && message.contains("`peer`"), "{message}");
    host.stop();
}

#[test]
fn a_server_that_is_not_grpc_is_named() {
    let other = Host::start(&Service::new(guests::STARTS, "http:0"));

    expect![[r#"501 {"kind":"UnimplementedError","message":"it responded with HTTP status 404 and not with gRPC","code":0,"service_name":"probe","destination":"peer"}"#]].assert_eq(&unreachable(other.port(), "/rpc/many/1"));
    other.stop();
}
