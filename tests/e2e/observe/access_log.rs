//! The access log: which requests have a line, and what it says.

use super::metrics::rpc_port;
use super::{accesses, misbehaves};
use crate::support::grpc::{Client as GrpcClient, Request};
use crate::support::http::{self, Client};
use crate::support::probe::{ECHO, How, Status, echo, failing};
use crate::support::{Host, Line, Service, guests};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

fn logging(settings: &str) -> String {
    format!("[features.access_log]\nenabled = true\n{settings}")
}

fn hello(settings: &str) -> Service {
    let settings = format!("[service]\ngreeting = 'hi'\n{}", logging(settings));
    Service::new(guests::HELLO_HTTP, "http:0").tables(&settings)
}

/// Waits for so many lines.
fn lines(host: &Host, count: usize) -> Vec<Line> {
    host.wait_for_count("access", count);
    accesses(&host.log())
}

#[test]
fn a_request_is_described_without_its_query() {
    let host = Host::start(&hello(""));
    let headers = format!(
        "x-request-id: order-7\r\nuser-agent: a\tb\u{fffd}\"\r\n\
         traceparent: 00-{TRACE}-00f067aa0ba902b7-01\r\nservice-context-caller: shop\r\n"
    );
    let asked =
        http::request(host.port(), "GET", "/hello/Ada?times=1&secret=hunter2", &headers, b"");
    assert_eq!(asked.text(), "hi Ada");

    let [line] = &lines(&host, 1)[..] else { panic!("one request, one line") };

    assert_eq!((line.level(), line.msg()), ("INFO", "access"));
    for (field, value) in [
        ("http.method", "GET"),
        ("http.path", "/hello/Ada"),
        ("http.route", "/hello/{name}"),
        ("client.address", "127.0.0.1"),
        ("request_id", "order-7"),
        ("trace_id", TRACE),
        ("caller", "shop"),
        ("user_agent", "a\tb\u{fffd}\""),
    ] {
        assert_eq!(line.text(field), value, "{field}");
    }
    let numbers = ["http.status", "request_bytes", "response_bytes"];
    assert_eq!(numbers.map(|field| line.number(field)), [200, 0, 6]);
    assert!(line.has("duration_us") && !line.has("cut_off"), "{line:?}");
    let stopped = host.stop();
    assert!(!stopped.outline().contains("hunter2"), "{}", stopped.outline());
}

#[test]
fn what_is_no_trace_is_left_out() {
    let host = Host::start(&hello(""));
    let wrong = format!("traceparent: 00-{}-00f067aa0ba902b7-01\r\n", "0".repeat(32));
    assert_eq!(http::request(host.port(), "GET", "/", &wrong, b"").status, 200);

    let [line] = &lines(&host, 1)[..] else { panic!("one request, one line") };

    let missing = ["trace_id", "user_agent", "caller"];
    assert_eq!(missing.map(|field| line.has(field)), [false; 3], "{line:?}");
    host.stop();
}

#[test]
fn an_rpc_is_described() {
    let service = Service::new(guests::STREAMS, "grpc:0").tables(&logging(""));
    let host = Host::start(&service);
    let mut client = GrpcClient::connect(rpc_port(&host));
    assert_eq!(client.unary(ECHO, &echo(b"x")).code(), 0);
    let missing = Status { code: 5, ..Status::default() };
    assert_eq!(client.unary(ECHO, &failing(How::Status(missing))).code(), 5);
    let request = Request::new("/probe.Probe/Nothing").message(&echo(b""));
    assert_eq!(client.call(request).code(), 12);

    let lines = lines(&host, 3);

    let told = lines.iter().map(|line| (line.text("grpc.method"), line.text("grpc.code")));
    assert_eq!(
        told.collect::<Vec<_>>(),
        [(ECHO, "OK"), (ECHO, "NOT_FOUND"), ("/probe.Probe/Nothing", "UNIMPLEMENTED")]
    );
    assert_eq!(lines[0].number("request_bytes"), 8, "five bytes, and a field of three");
    assert!(lines.iter().all(|line| !line.has("http.path") && !line.has("cut_off")), "{lines:?}");
    host.stop();
}

#[test]
fn a_sample_is_every_tenth_request_and_all_that_fail() {
    let host = Host::start(&hello("sample = 0.1\nexcept = ['/greetings', '/errors/*']"));
    let mut client = Client::connect(host.port());
    let mut ask = |path: &str| {
        client.get(path);
        client.response().status
    };

    for number in 0..30 {
        assert_eq!(ask(&format!("/hello/{number}")), 200);
        assert_eq!(ask("/greetings"), 200);
        assert_eq!(ask("/errors/not-found"), 404);
    }
    assert_eq!(ask("/errors/internal"), 500);

    host.wait_until("the line of the failure", |log| {
        accesses(log).iter().any(|line| line.number("http.status") == 500).then_some(())
    });
    let lines = accesses(&host.log());
    let paths: Vec<_> = lines.iter().map(|line| line.text("http.path")).collect();
    assert_eq!(paths, ["/hello/9", "/hello/19", "/hello/29", "/errors/internal"]);
    host.stop();
}

#[test]
fn a_client_that_leaves_has_a_line_without_a_status() {
    let host = Host::start(&misbehaves(&logging("")));
    let mut client = Client::connect(host.port());
    client.get("/wait");
    host.wait_for("a call waits");

    client.reset();

    let [line] = &lines(&host, 1)[..] else { panic!("one request, one line") };
    assert_eq!((line.has("http.status"), line.text("http.path")), (false, "/wait"));
    assert_eq!(line.get("client_left"), Some(&true.into()));
    host.stop();
}
