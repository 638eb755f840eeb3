//! The id that every request has: taken over or made, echoed, logged.
//! Does not know what the id is good for.

use std::collections::BTreeSet;

use crate::support::http::{self, Client, Response};
use crate::support::{Host, Service, guests, http2};

fn echoes() -> Host {
    Host::start(&Service::new(guests::ECHOES, "http:0"))
}

fn with_id(port: u16, path: &str, id: &[u8]) -> Response {
    let mut client = Client::connect(port);
    let head = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nx-request-id: ");
    client.send([head.as_bytes(), id, b"\r\n\r\n"].concat());
    client.response()
}

/// Whether it looks like an id that the host has made: a UUID of version 7.
fn is_made(id: &str) -> bool {
    let groups: Vec<_> = id.split('-').map(str::len).collect();
    groups == [8, 4, 4, 4, 12]
        && id.as_bytes()[14] == b'7'
        && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-'))
}

#[test]
fn an_id_of_the_client_is_known_to_everybody() {
    let host = echoes();

    let response = with_id(host.port(), "/id", b"order-7");

    assert_eq!(response.header("x-request-id"), Some("order-7"));
    assert_eq!(response.text(), "order-7");
    assert_eq!(host.wait_for("a request has an id").text("request_id"), "order-7");
    host.stop();
}

#[test]
fn a_request_without_an_id_gets_a_new_one() {
    let host = echoes();

    let one = http::get(host.port(), "/id");
    let two = http2::Client::connect(host.port()).get("/id");

    for response in [&one, &two] {
        assert!(is_made(response.text()), "{response:?}");
        assert_eq!(response.header("x-request-id"), Some(response.text()));
    }
    assert_ne!(one.text(), two.text());
    host.stop();
}

#[test]
fn an_id_that_could_do_harm_is_replaced() {
    let host = echoes();
    let longest = [b'x'; 128];

    let kept = with_id(host.port(), "/id", &longest);
    let replaced: [&[u8]; 5] = [b"", b"two words", b"tab\there", b"\xc3\xa4", &[b'x'; 129]];

    assert_eq!(kept.text().as_bytes(), longest);
    for id in replaced {
        let response = with_id(host.port(), "/id", id);
        assert_eq!(response.status, 200);
        assert!(is_made(response.text()), "{id:?} became {response:?}");
        assert_eq!(response.header("x-request-id"), Some(response.text()));
    }
    host.stop();
}

#[test]
fn the_header_can_have_another_name() {
    let service = Service::new(guests::ECHOES, "http:0");
    let command = Host::command(&service).env("MIKROS_TRACKER_HEADER_NAME", "X-Trace");
    let host = Host::running(&service, command);

    let headers = "x-trace: mine\r\nx-request-id: other\r\n";
    let response = http::request(host.port(), "GET", "/id", headers, b"");

    assert_eq!((response.text(), response.header("x-trace")), ("mine", Some("mine")));
    assert_eq!(response.header("x-request-id"), None);
    host.stop();
}

#[test]
fn errors_and_the_hosts_own_answers_have_an_id_as_well() {
    let host = Host::start(&Service::new(guests::ECHOES, "http:0").limits("max_body = '1KiB'"));
    let port = host.port();
    let mut malformed = Client::connect(port);
    malformed.send("GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\nx-request-id: id\r\n\r\n");

    let answers = [
        with_id(port, "/error", b"id"),
        with_id(port, "/nowhere", b"id"),
        with_id(port, "/health", b"id"),
        http::request(port, "DELETE", "/echo", "x-request-id: id\r\n", b""),
        http::request(port, "POST", "/echo", "x-request-id: id\r\n", &[0; 1025]),
        malformed.response(),
    ];

    assert_eq!(answers.each_ref().map(|answer| answer.status), [500, 404, 200, 405, 413, 400]);
    assert!(answers.iter().all(|answer| answer.header("x-request-id") == Some("id")));
    host.stop();
}

#[test]
fn a_task_logs_under_the_id_of_its_request() {
    let host = echoes();

    let response = with_id(host.port(), "/task", b"order-7");
    let line = host.wait_for("a task is done");

    assert_eq!(response.status, 204);
    assert_eq!((line.text("id"), line.text("request_id")), ("order-7", "order-7"));
    host.stop();
}

#[test]
fn tasks_that_outlive_their_calls_do_not_mix_up_their_ids() {
    const TASKS: usize = 20;
    let host = echoes();

    for number in 0..TASKS {
        let id = format!("order-{number}");
        assert_eq!(with_id(host.port(), "/task", id.as_bytes()).status, 204);
    }
    host.wait_for_count("a task is done", TASKS);
    let stopped = host.stop();

    let ids = stopped.lines("a task is done").into_iter().map(|line| {
        assert_eq!(line.text("id"), line.text("request_id"));
        line.text("request_id").to_owned()
    });
    assert_eq!(ids.collect::<BTreeSet<_>>().len(), TASKS);
}
