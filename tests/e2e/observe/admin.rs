//! The pages of the admin listener, and requests that it refuses.

use std::net::{Ipv4Addr, TcpListener};

use serde_json::json;

use super::{ADMIN, admin_port, eventually, free_port, json, misbehaves};
use crate::support::grpc::Client as GrpcClient;
use crate::support::http::{self, Client};
use crate::support::probe::{Empty, SET_SERVING, ServingRequest};
use crate::support::{Host, Service, Signal, guests};

#[test]
fn every_page_is_in_the_index_and_answers() {
    let service = misbehaves(ADMIN).top("envs = ['SECRET']");
    let host = Host::running(&service, Host::command(&service).env("SECRET", "hunter2"));
    let port = admin_port(&host);

    let index = http::get(port, "/");

    assert_eq!(index.text(), "/debug/dump\n/livez\n/loglevel\n/readyz\n/services\n");
    for path in index.text().lines() {
        let answer = http::get(port, path);
        assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")));
        assert!(!answer.text().contains("hunter2"), "{path}: {answer:?}");
    }
    let mut client = Client::connect(port);
    client.request("HEAD", "/livez", "", b"");
    let head = client.head();
    assert_eq!(head.status, 200);
    host.stop();
}

#[test]
fn a_service_is_described() {
    let host = Host::start(&misbehaves(ADMIN).limits("max_concurrency = 7"));
    let services = json(&http::get(admin_port(&host), "/services"));

    let [service] = services.as_array().map(Vec::as_slice).unwrap_or_default() else {
        panic!("{services}")
    };
    let status = &service["status"];
    assert_eq!(service["readiness"], json!({ "ready": true }));
    assert_eq!(
        [&status["name"], &status["version"], &status["phase"], &status["log_level"]],
        ["probe", "v1.0.0", "running", "info"]
    );
    assert_eq!(status["limits"]["max_concurrency"], 7);
    assert_eq!(status["grants"]["features"], json!(["admin"]));
    assert_eq!(status["digest"].as_str().map(str::len), Some(64));
    let address = format!("127.0.0.1:{}", host.port());
    assert_eq!(status["addresses"], json!([{ "kind": "http", "address": address }]));
    host.stop();
}

#[test]
fn a_service_that_starts_is_alive_and_not_ready() {
    let port = free_port();
    let settings =
        format!("[service]\non_start = 'wait'\n[features.admin]\nenabled = true\nport = {port}");
    let service = Service::new(guests::STARTS, "http:0").tables(&settings);
    let host = Host::launch(Host::command(&service));
    host.wait_for("on-start begins");

    let ready = http::get(port, "/readyz");

    assert_eq!(http::get(port, "/livez").status, 200);
    assert_eq!(ready.status, 503);
    let why = json!({ "ready": false, "reason": "the service starts" });
    assert_eq!(json(&ready)["services"]["probe"], why);
}

#[test]
fn a_service_that_is_about_to_stop_says_so_while_it_still_answers() {
    let service = misbehaves(ADMIN).host("drain_delay = '1h'");
    let host = Host::start(&service);
    let port = admin_port(&host);
    assert_eq!(http::get(port, "/readyz").status, 200);

    host.signal(Signal::TERM);
    host.wait_for("service-stopping");

    let ready = eventually("the end of readiness", || {
        Some(http::get(port, "/readyz")).filter(|answer| answer.status == 503)
    });
    assert_eq!(json(&ready)["services"]["probe"]["reason"], "the service stops");
    assert_eq!(http::get(port, "/livez").status, 200);
    assert_eq!(http::get(host.port(), "/answered").status, 200);
    host.signal_until(Signal::TERM, "service-draining");
    assert_eq!(host.ended().status, Some(0));
}

#[test]
fn a_guest_can_say_that_it_is_not_ready() {
    let host = Host::start(&Service::new(guests::STREAMS, "grpc:0").tables(ADMIN));
    let port = admin_port(&host);
    let mut client = GrpcClient::connect(crate::observe::metrics::rpc_port(&host));
    let mut set = |serving| {
        let request = ServingRequest { service: String::new(), serving };
        client.unary(SET_SERVING, &request).reply::<Empty>();
    };

    set(false);
    let unready = http::get(port, "/readyz");
    set(true);
    let ready = http::get(port, "/readyz");

    assert_eq!((unready.status, ready.status), (503, 200));
    assert!(json(&unready)["services"]["probe"]["reason"].is_string(), "{unready:?}");
    host.stop();
}

#[test]
fn what_is_not_there_is_refused() {
    let host = Host::start(&misbehaves(ADMIN));
    let port = admin_port(&host);
    let ask = |method, path, headers: &str| http::request(port, method, path, headers, b"");

    assert_eq!(ask("GET", "/metrics", "").status, 404);
    let unknown = ask("GET", "/%0Anothing%22", "");
    assert_eq!((unknown.status, unknown.header("content-type")), (404, Some("application/json")));
    let wrong = ask("DELETE", "/loglevel", "");
    assert_eq!((wrong.status, wrong.header("allow")), (405, Some("GET, HEAD, PUT")));
    let wrong = ask("POST", "/services", "");
    assert_eq!((wrong.status, wrong.header("allow")), (405, Some("GET, HEAD")));
    host.stop();
}

#[test]
fn pages_of_browsers_are_refused() {
    let host = Host::start(&misbehaves(ADMIN));
    let port = admin_port(&host);
    let with_origin = http::request(
        port,
        "PUT",
        "/loglevel",
        "origin: http://a.example\r\n",
        b"{\"level\":null}",
    );
    let named = |name: &str| {
        let mut client = Client::connect(port);
        client.send(format!("GET /services HTTP/1.1\r\nhost: {name}\r\n\r\n"));
        client.response().status
    };

    assert_eq!(with_origin.status, 403);
    // A name that was made to lead to this machine.
    assert_eq!(named(&format!("a.example:{port}")), 421);
    for name in ["localhost", "127.0.0.1:80", "[::1]:9464", "LocalHost:1"] {
        assert_eq!(named(name), 200, "{name}");
    }
    host.stop();
}

#[test]
fn a_port_that_is_taken_is_named_by_its_setting() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a free port");
    let port = taken.local_addr().expect("it is bound").port();
    let service = misbehaves(&format!("[features.admin]\nenabled = true\nport = {port}"));

    let ended = Host::launch(Host::command(&service)).ended();

    let told = ended.outline();
    assert_eq!(ended.status, Some(1), "{told}");
    assert!(told.contains(&format!("cannot listen on 127.0.0.1:{port}")), "{told}");
    assert!(told.contains("service.toml:") && told.contains("choose another `port`"), "{told}");
}
