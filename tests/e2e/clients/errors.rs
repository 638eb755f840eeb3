//! How calls fail: errors of each framework, statuses of others, and networks.

use std::net::TcpListener;

use expect_test::expect;
use serde_json::Value;

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
