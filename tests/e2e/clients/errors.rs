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

    expect![[""]].assert_eq(&described);
    host.stop();
}

#[test]
fn an_error_that_is_passed_on_names_both_services() {
    let Some(peer) = Peer::grpc() else { return };
    let host = calling_grpc(&peer, "");

    let (status, error) = failed(&host, "/rpc/fail/rust");

    expect![[""]].assert_eq(&format!("{status} {error}"));
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

    expect![[""]].assert_eq(&unreachable(free, "/rpc/many/1"));
    expect![[""]].assert_eq(&unreachable(free, "/web/get"));
}

#[test]
fn a_server_that_answers_nothing_is_given_up_on() {
    // The kernel accepts the connection; nobody reads it.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();

    expect![[""]].assert_eq(&unreachable(port, "/rpc/many/1?timeout=300"));
    expect![[""]].assert_eq(&unreachable(port, "/web/get?timeout=300"));
}

#[test]
fn a_server_that_sends_garbage_is_named() {
    let Some(peer) = Peer::http() else { return };

    expect![[""]].assert_eq(&unreachable(peer.ports[1], "/rpc/many/1"));
    expect![[""]].assert_eq(&unreachable(peer.ports[1], "/web/get"));
}

#[test]
fn an_unknown_host_is_named() {
    let table = "[clients.peer]\nhost = 'no-such-host.invalid'\nport = 7070\n";
    let host = Host::start(&Service::new(guests::CALLS, "http:0").tables(table));

    let (status, error) = failed(&host, "/rpc/many/1");

    assert_eq!(status, 503, "{error}");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("no-such-host.invalid") && message.contains("`peer`"), "{message}");
    host.stop();
}
