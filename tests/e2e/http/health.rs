//! The health check, which the host answers itself.
//! Does not know why a service is not well.

use expect_test::expect;

use crate::support::http::{self, Client};
use crate::support::{Host, Service, Signal, frames, guests, http2};

#[test]
fn health_is_answered_without_the_service() {
    let host = Host::start(&Service::new(guests::ECHOES, "http:0"));

    let answer = http::get(host.port(), "/health");
    let new = http2::Client::connect(host.port()).get("/health");

    assert_eq!((answer.status, answer.text()), (200, ""));
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!((new.status, new.text()), (200, ""));
    assert_eq!(http::get(host.port(), "/seen").text(), "0");
    host.stop();
}

#[test]
fn health_does_not_take_what_would_change_something() {
    let host = Host::start(&Service::new(guests::ECHOES, "http:0"));
    let mut client = Client::connect(host.port());

    client.request("HEAD", "/health", "", b"");
    let head = client.head();
    client.request("POST", "/health", "", b"");
    let post = client.response();

    assert_eq!(head.status, 200);
    assert_eq!((post.status, post.header("allow")), (405, Some("GET, HEAD, OPTIONS")));
    assert_eq!(post.header("content-type"), Some("application/json"));
    expect![[r#"{"kind":"ValidationError","message":"method POST is not allowed here","code":0,"service_name":"probe"}"#]]
        .assert_eq(post.text());
    host.stop();
}

/// As balancers ask, some of them in HTTP/1.0 and without a host.
#[test]
fn balancers_that_ask_with_options_are_answered() {
    let host = Host::start(&Service::new(guests::ECHOES, "http:0"));
    let ask = |request: &str| {
        let mut client = Client::connect(host.port());
        client.send(format!("{request}\r\n\r\n"));
        let answer = client.head();
        (answer.status, answer.header("allow").map(str::to_owned))
    };

    let allow = Some("GET, HEAD, OPTIONS".to_owned());
    for (request, expected) in [
        ("OPTIONS /health HTTP/1.1\r\nhost: a", (204, allow.clone())),
        ("OPTIONS /health HTTP/1.0", (204, allow)),
        ("OPTIONS * HTTP/1.1\r\nhost: a", (204, None)),
        ("OPTIONS * HTTP/1.0", (204, None)),
        ("GET /health HTTP/1.0", (200, None)),
        ("HEAD /health HTTP/1.0", (200, None)),
        ("GET /he%61lth HTTP/1.0", (200, None)),
        ("GET /health HTTP/1.1", (200, None)),
        ("GET /health HTTP/1.1\r\nhost: a b", (400, None)),
        ("OPTIONS * HTTP/1.1\r\nhost: u@h", (400, None)),
        ("GET /health HTTP/1.0\r\nhost: a\r\nhost: a", (400, None)),
    ] {
        assert_eq!(ask(request), expected, "{request}");
    }
    let mut new = frames::Client::connect(host.port());
    new.frame(frames::HEADERS, frames::END_HEADERS | frames::END_STREAM, 1, &frames::options("*"));
    assert_eq!(new.until(frames::HEADERS).payload[..1], frames::STATUS_204);
    assert_eq!(http::get(host.port(), "/seen").text(), "0");
    host.stop();
}

#[test]
fn health_is_where_the_definition_says() {
    let tables = "[services.http]\nhealth = '/healthz'\nbase_path = '/api'";
    let host = Host::start(&Service::new(guests::ECHOES, "http:0").tables(tables));

    let answers = ["/healthz", "/healthz?deep", "/health", "/api/healthz"]
        .map(|path| http::get(host.port(), path).status);

    assert_eq!(answers, [200, 200, 404, 404]);
    host.stop();
}

#[test]
fn without_a_health_check_the_path_is_the_services() {
    let tables = "[services.http]\nhealth = false";
    let host = Host::start(&Service::new(guests::ECHOES, "http:0").tables(tables));

    let answer = http::get(host.port(), "/health");

    assert_eq!(answer.status, 404);
    assert_eq!(http::get(host.port(), "/seen").text(), "1");
    host.stop();
}

#[test]
fn a_service_without_an_instance_is_not_healthy() {
    let host = Host::start(&Service::new(guests::MISBEHAVES, "http:0"));

    http::get(host.port(), "/panic-in-every-start");
    host.wait_for("instance-start-failed");

    let answer = http::get(host.port(), "/health");
    let options = http::request(host.port(), "OPTIONS", "/health", "", b"");
    let server = http::request(host.port(), "OPTIONS", "*", "", b"");
    assert_eq!((answer.status, answer.text()), (503, ""));
    assert_eq!((options.status, server.status), (503, 503));
    host.stop();
}

#[test]
fn a_service_that_drains_is_not_healthy() {
    let host = Host::start(&Service::new(guests::ECHOES, "http:0").host("shutdown_timeout = '1s'"));
    // A connection with a call in flight stays open. Nothing acknowledges the host's ping, so it has
    // to take new streams, as from a client that has not noticed yet.
    let mut client = frames::Client::connect(host.port());
    client.get(1, "/wait");
    host.wait_for("a call waits");

    host.signal(Signal::TERM);
    client.until(frames::GOAWAY);
    client.get(3, "/health");

    assert_eq!(client.until(frames::HEADERS).payload[..5], frames::STATUS_503);
    assert_eq!(host.ended().status, Some(1));
}
