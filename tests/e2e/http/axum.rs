//! The example that is written with axum.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::http::{self, Client};
use crate::support::{Host, Service, guests};

fn start() -> Host {
    Host::start(&Service::new(guests::AXUM_HTTP, "http:0").tables("[service]\npatience = 1"))
}

#[test]
fn json_cookies_and_layers_of_axum_work_unchanged() {
    let host = start();
    let mut client = Client::connect(host.port());
    let mut exchange = |method: &str, path: &str, headers: &str, body: &str| {
        client.request(method, path, headers, body.as_bytes());
        client.response()
    };

    let json = "content-type: application/json\r\n";
    let added = exchange("POST", "/notes", json, r#"{"text":"milk"}"#);
    assert_eq!((added.status, added.header("location")), (201, Some("/notes/1")));
    let found = exchange("GET", "/notes/1", "origin: http://a.example\r\n", "");
    assert_eq!((found.text(), found.header("content-length")), (r#"{"text":"milk"}"#, Some("15")));
    assert_eq!(found.header("access-control-allow-origin"), Some("*"));
    let missing = exchange("GET", "/notes/2", "", "");
    let error: Value = serde_json::from_slice(&missing.body).expect("an error is JSON");
    assert_eq!((missing.status, &error["message"]), (404, &"there is no note 2".into()));
    let wrong = exchange("POST", "/notes", json, "{");
    assert_eq!(wrong.status, 400);
    let visit = exchange("GET", "/visits", "cookie: visits=6\r\n", "");
    assert_eq!(visit.header("set-cookie"), Some("visits=7; HttpOnly; Path=/"));
    let document = exchange("GET", "/openapi.json", "", "");
    let document: Value = serde_json::from_slice(&document.body).expect("OpenAPI is JSON");
    assert_eq!(document["info"]["title"], "Notes");
    host.stop();
}

#[test]
fn a_large_upload_streams_through_the_multipart_extractor() {
    let host = start();
    let head = "--x\r\ncontent-disposition: form-data; name=\"f\"; filename=\"a\"\r\n\r\n";
    let body = [head.as_bytes(), &"x".repeat(300_000).into_bytes(), b"\r\n--x--\r\n"].concat();

    let kind = "content-type: multipart/form-data; boundary=x\r\n";
    let sizes = http::request(host.port(), "POST", "/files", kind, &body);

    assert_eq!(sizes.text(), r#"[{"name":"a","bytes":300000}]"#);
    host.stop();
}

#[test]
fn the_timeout_layer_runs_on_the_hosts_timer() {
    let host = start();
    let begun = Instant::now();

    let waited = http::get(host.port(), "/wait/0");
    let late = http::get(host.port(), "/wait/3600");

    assert_eq!((waited.status, waited.text(), late.status), (200, "waited", 408));
    assert!(begun.elapsed() >= Duration::from_secs(1));
    host.stop();
}
