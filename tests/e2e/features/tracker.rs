//! `tracker`: whose id a request has, and who is told.
//! The host's own rules for ids are in `http::request_id`.

use super::{echoes, probe, rpc_port};
use crate::support::grpc::{Client, Request};
use crate::support::http::{self, Response};
use crate::support::probe::{CONTEXT, ContextReply, Empty};
use crate::support::{Host, Service};

fn tracked(service: impl Fn(&str) -> Service, settings: &str) -> Service {
    service(&format!("[features.tracker]\nenabled = true\n{settings}"))
}

fn with_id(port: u16, path: &str, id: &str) -> Response {
    http::request(port, "GET", path, &format!("x-request-id: {id}\r\n"), b"")
}

/// The version of a UUID.
#[track_caller]
fn version(id: &str) -> char {
    let groups: Vec<_> = id.split('-').map(str::len).collect();
    assert_eq!(groups, [8, 4, 4, 4, 12], "{id}");
    id.chars().nth(14).expect("it is long enough")
}

#[test]
fn by_default_a_client_s_id_is_taken_over() {
    let host = Host::start(&tracked(echoes, ""));

    let kept = with_id(host.port(), "/id", "order-7");
    let made = http::get(host.port(), "/id");

    assert_eq!((kept.text(), kept.header("x-request-id")), ("order-7", Some("order-7")));
    assert_eq!(version(made.text()), '7');
    host.stop();
}

#[test]
fn ids_of_clients_can_be_replaced_for_everybody() {
    let host = Host::start(&tracked(echoes, "incoming = 'replace'\ngenerator = 'uuid_v4'"));

    let response = with_id(host.port(), "/id", "order-7");
    let id = response.text();

    assert_eq!(version(id), '4');
    assert_eq!(response.header("x-request-id"), Some(id));
    assert_eq!(host.wait_for("a request has an id").text("request_id"), id);
    let seen = with_id(host.port(), "/head", "order-7");
    assert!(!seen.text().contains("order-7") && seen.text().contains("x-request-id"), "{seen:?}");
    host.stop();
}

#[test]
fn an_id_can_be_required() {
    let host = Host::start(&tracked(echoes, "incoming = 'require'"));
    let port = host.port();

    let missing = http::get(port, "/id");
    let malformed = with_id(port, "/id", "two words");

    assert_eq!((missing.status, malformed.status), (400, 400));
    assert!(missing.text().contains("the header `x-request-id` is missing"), "{missing:?}");
    assert!(malformed.text().contains("the header `x-request-id` is malformed"));
    assert_eq!(with_id(port, "/id", "order-7").text(), "order-7");
    assert_eq!(http::get(port, "/health").status, 200);
    host.stop();
}

#[test]
fn clients_need_not_be_told() {
    let host = Host::start(&tracked(echoes, "response_header = false"));

    let response = with_id(host.port(), "/id", "order-7");
    let health = with_id(host.port(), "/health", "order-7");

    assert_eq!((response.text(), response.header("x-request-id")), ("order-7", None));
    assert_eq!((health.status, health.header("x-request-id")), (200, None));
    host.stop();
}

#[test]
fn the_header_can_have_another_name() {
    let service = tracked(echoes, "incoming = 'require'");
    let command = Host::command(&service).env("MIKROS_TRACKER_HEADER_NAME", "X-Trace");
    let host = Host::running(&service, command);

    let refused = with_id(host.port(), "/id", "order-7");
    let passed = http::request(host.port(), "GET", "/id", "x-trace: order-7\r\n", b"");

    assert_eq!(refused.status, 400);
    assert!(refused.text().contains("the header `x-trace` is missing"), "{refused:?}");
    assert_eq!(passed.text(), "order-7");
    host.stop();
}

#[test]
fn rpcs_follow_the_same_policy() {
    let host = Host::start(&tracked(probe, "incoming = 'replace'"));
    let mut client = Client::connect(rpc_port(&host));
    let request = || Request::new(CONTEXT).header("x-request-id", "order-7").message(&Empty {});

    let answer = client.call(request());
    let context: ContextReply = answer.reply();

    let id = context.request_id.expect("every RPC has one");
    assert_eq!(version(&id), '7');
    assert_eq!(answer.trailer("x-request-id"), Some(id.as_str()));
    assert!(context.metadata.iter().all(|line| !line.contains("order-7")));
    host.stop();

    let host = Host::start(&tracked(probe, "incoming = 'require'\nresponse_header = false"));
    let mut client = Client::connect(rpc_port(&host));
    let refused = client.unary(CONTEXT, &Empty {});
    let passed = client.call(request());

    assert_eq!((refused.code(), passed.code()), (3, 0));
    assert!(refused.message().contains("the header `x-request-id` is missing"), "{refused:?}");
    assert_eq!((refused.trailer("x-request-id"), passed.trailer("x-request-id")), (None, None));
    host.stop();
}

#[test]
fn preflights_need_no_id_and_pages_can_read_that_one_is_required() {
    let settings = "incoming = 'require'\n[features.http_cors]\nenabled = true\n\
                    allowed_origins = ['https://app.example.org']";
    let host = Host::start(&tracked(echoes, settings));
    let origin = "origin: https://app.example.org\r\n";
    let preflight = format!("{origin}access-control-request-method: GET\r\n");

    let asked = http::request(host.port(), "OPTIONS", "/id", &preflight, b"");
    let refused = http::request(host.port(), "GET", "/id", origin, b"");

    let allowed =
        |response: &Response| response.header("access-control-allow-origin").map(str::to_owned);
    assert_eq!((asked.status, refused.status), (204, 400));
    assert_eq!(allowed(&asked).as_deref(), Some("https://app.example.org"));
    assert_eq!(allowed(&refused).as_deref(), Some("https://app.example.org"));
    host.stop();
}
