//! What is counted, and how it is written.

use super::{METRICS, admin_port, eventually, misbehaves};
use crate::support::grpc::{Client as GrpcClient, Request};
use crate::support::http::{self, Client};
use crate::support::probe::{CHAT, ECHO, Empty, How, Status, chunk, echo, failing};
use crate::support::{Host, Line, Service, guests};

/// How many requests of HTTP are over.
pub(super) const REQUESTS: &str = "http_server_request_duration_seconds_count";
const RPCS: &str = "rpc_server_call_duration_seconds_count";
const ACTIVE: &str = "http_server_active_requests";
const ACTIVE_RPCS: &str = "mikros_rpc_server_active_calls";

/// What Prometheus reads.
#[track_caller]
pub(super) fn scraped(port: u16) -> String {
    let answer = http::get(port, "/metrics");
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.text().to_owned()
}

/// The sum of all values of `name` with these labels; `None` if there are none.
pub(super) fn value(text: &str, name: &str, labels: &[&str]) -> Option<f64> {
    let values = text.lines().filter_map(|line| {
        let rest = line.strip_prefix(name)?;
        let (own, value) = rest.rsplit_once(' ')?;
        let is_name = own.is_empty() || own.starts_with('{');
        let has_all = labels.iter().all(|label| own.contains(label));
        (is_name && has_all).then(|| value.parse::<f64>().expect("values are numbers"))
    });
    values.reduce(|sum, value| sum + value)
}

/// Waits until a value is this.
#[track_caller]
fn wait_for(port: u16, name: &str, labels: &[&str], expected: f64) {
    let what = format!("{name} {labels:?} {expected}");
    let is_so = |value: f64| (value - expected).abs() < 0.5;
    eventually(&what, || value(&scraped(port), name, labels).filter(|value| is_so(*value)));
}

/// The port of kind `grpc`.
pub(super) fn rpc_port(host: &Host) -> u16 {
    host.wait_until("the port of kind `grpc`", |log| {
        let is_grpc = |line: &&Line| line.has("address") && line.text("kind") == "grpc";
        let line = log.iter().find(is_grpc)?;
        line.text("address").rsplit_once(':')?.1.parse().ok()
    })
}

fn hello() -> Service {
    let settings =
        format!("[service]\ngreeting = 'hi'\n[services.http]\nbase_path = '/api'\n{METRICS}");
    Service::new(guests::HELLO_HTTP, "http:0").tables(&settings)
}

#[test]
fn requests_are_counted_by_route_method_and_status() {
    let host = Host::start(&hello());
    let (port, served) = (admin_port(&host), host.port());
    for name in ["Ada", "Bob", "%22%0A"] {
        assert_eq!(http::get(served, &format!("/api/hello/{name}")).status, 200);
    }
    assert_eq!(http::get(served, "/api/errors/internal").status, 500);
    assert_eq!(http::get(served, "/api/peer-chose-this").status, 404);
    let strange = http::request(served, "PEERCHOSE", "/api/hello/Ada", "", b"");
    assert_eq!(strange.status, 405);

    let greeted = [
        "http_route=\"/api/hello/{name}\"",
        "http_request_method=\"GET\"",
        "http_response_status_code=\"200\"",
        "service_name=\"probe\"",
        "error_type=\"\"",
    ];
    wait_for(port, REQUESTS, &greeted, 3.0);
    let failed = ["http_route=\"/api/errors/{kind}\"", "error_type=\"500\""];
    wait_for(port, REQUESTS, &failed, 1.0);
    wait_for(port, REQUESTS, &["http_route=\"\"", "http_response_status_code=\"404\""], 1.0);
    wait_for(port, REQUESTS, &["http_request_method=\"_OTHER\""], 1.0);
    let text = scraped(port);
    // Nothing that clients choose.
    for chosen in ["PEERCHOSE", "peer-chose", "Ada", "%22"] {
        assert!(!text.contains(chosen), "{chosen}: {text}");
    }
    assert_eq!(value(&text, ACTIVE, &[]), Some(0.0));
    let size = "http_server_response_body_size_bytes_sum";
    assert_eq!(value(&text, size, &greeted[..2]), Some(17.0), "hi Ada, hi Bob, and two characters");
    host.stop();
}

#[test]
fn a_client_that_leaves_and_an_instance_that_is_lost_are_told_apart() {
    let host = Host::start(&misbehaves(METRICS));
    let port = admin_port(&host);
    let mut leaving = Client::connect(host.port());
    leaving.get("/wait");
    host.wait_for("a call waits");
    wait_for(port, ACTIVE, &["http_request_method=\"GET\""], 1.0);

    leaving.reset();

    let left =
        ["error_type=\"cancelled\"", "http_route=\"/wait\"", "http_response_status_code=\"\""];
    wait_for(port, REQUESTS, &left, 1.0);
    wait_for(port, ACTIVE, &[], 0.0);
    assert_eq!(http::get(host.port(), "/panic").status, 500);
    wait_for(port, "mikros_instance_losses_total", &["fault=\""], 1.0);
    let text = scraped(port);
    for present in [
        "mikros_calls_in_flight",
        "mikros_calls_waiting",
        "mikros_calls_queue_seconds_total",
        "mikros_instances",
        "mikros_guest_memory_bytes",
        "mikros_guest_busy_seconds_total",
        "mikros_log_lines_dropped_total",
        "process_open_fds",
    ] {
        assert!(value(&text, present, &[]).is_some(), "{present}: {text}");
    }
    host.stop();
}

#[test]
fn rpcs_are_counted_by_method_and_status() {
    let host = Host::start(&Service::new(guests::STREAMS, "grpc:0").tables(METRICS));
    let port = admin_port(&host);
    let mut client = GrpcClient::connect(rpc_port(&host));
    assert_eq!(client.unary(ECHO, &echo(b"x")).code(), 0);
    let missing = Status { code: 5, ..Status::default() };
    assert_eq!(client.unary(ECHO, &failing(How::Status(missing))).code(), 5);
    assert_eq!(client.call(Request::new("/peer.Chose/This").message(&Empty {})).code(), 12);
    let mut chat = client.open(Request::new(CHAT));
    chat.send(&chunk(b"one"));
    assert!(chat.next().is_some());
    wait_for(port, ACTIVE_RPCS, &[], 1.0);
    chat.finish();
    assert_eq!(chat.answer().code(), 0);

    for (method, status) in [("Echo", "OK"), ("Echo", "NOT_FOUND"), ("Chat", "OK")] {
        let method = format!("rpc_method=\"probe.Probe/{method}\"");
        let status = format!("rpc_response_status_code=\"{status}\"");
        wait_for(port, RPCS, &[&method, &status, "rpc_system_name=\"grpc\""], 1.0);
    }
    let unknown = ["rpc_method=\"_OTHER\"", "rpc_response_status_code=\"UNIMPLEMENTED\""];
    wait_for(port, RPCS, &unknown, 1.0);
    wait_for(port, ACTIVE_RPCS, &[], 0.0);
    assert!(!scraped(port).contains("peer"));
    host.stop();
}

#[test]
fn whoever_asks_gets_the_format_that_it_understands() {
    let host = Host::start(&misbehaves(METRICS));
    let port = admin_port(&host);
    let ask = |accept: &str| {
        let answer = http::request(port, "GET", "/metrics", &format!("accept: {accept}\r\n"), b"");
        let content_type = answer.header("content-type").expect("it has a type").to_owned();
        (content_type, answer.body)
    };
    let holds = |body: &[u8], text: &[u8]| body.windows(text.len()).any(|part| part == text);

    let (plain_type, plain) = ask("*/*");
    let (open_type, open) = ask("text/plain;q=0.1, application/openmetrics-text; version=1.0.0");
    let (binary_type, binary) = ask(
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
    );

    assert!(plain_type.starts_with("text/plain; version=0.0.4"), "{plain_type}");
    assert!(!holds(&plain, b"# EOF"));
    assert!(open_type.starts_with("application/openmetrics-text"), "{open_type}");
    assert!(open.ends_with(b"# EOF\n"));
    assert!(binary_type.starts_with("application/vnd.google.protobuf"), "{binary_type}");
    assert!(holds(&binary, b"mikros_host_info") && !holds(&binary, b"# HELP"));
    host.stop();
}
