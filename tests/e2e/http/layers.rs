//! What a guest has around its handlers, and routers inside of routers.

use expect_test::expect;

use crate::support::http::{self, Client, Response};
use crate::support::{Host, Service, guests};

/// Status, the layers that the response has come through, and body; of an error its message.
fn show(answer: &Response) -> String {
    let layers = answer.headers.iter().filter(|(name, _)| name == "x-layers");
    let layers: Vec<_> = layers.map(|(_, layer)| &**layer).collect();
    let error: Option<serde_json::Value> = serde_json::from_slice(&answer.body).ok();
    let message = error.as_ref().and_then(|error| error["message"].as_str());
    let body = message.unwrap_or_else(|| answer.text());
    format!("{} [{}] {body}", answer.status, layers.join(" "))
}

#[test]
fn layers_are_around_handlers_errors_refusals_and_the_fallback() {
    let host = Host::start(&Service::new(guests::ECHOES, "http:0"));
    let asked = [
        ("GET", "/way"),
        ("GET", "/guarded"),
        ("GET", "/guarded?stop"),
        ("GET", "/fails"),
        ("GET", "/merged"),
        ("GET", "/shelf/left"),
        ("DELETE", "/way"),
        ("OPTIONS", "/way"),
        ("GET", "/nowhere"),
        ("GET", ""),
    ];

    let shown = asked.map(|(method, path)| {
        let answer = http::request(host.port(), method, &format!("/layers{path}"), "", b"");
        format!("{method} {path}: {}", show(&answer))
    });

    expect![[r#"
        GET /way: 200 [guard inner outer] ["outer", "inner", "guard"] /layers/way
        GET /guarded: 200 [guard inner outer] ["outer", "inner", "guard"] /layers/guarded
        GET /guarded?stop: 403 [inner outer] you may not
        GET /fails: 409 [guard inner outer] it is there already
        GET /merged: 200 [merged guard inner outer] ["outer", "inner", "guard", "merged"] /layers/merged
        GET /shelf/left: 200 [guard inner outer] the top one on the left, /layers/shelf/{side}
        DELETE /way: 405 [inner outer] `/layers/way` does not answer `DELETE`, expected one of GET, HEAD, OPTIONS
        OPTIONS /way: 204 [inner outer] 
        GET /nowhere: 404 [outer] no layered page, after ["outer"]
        GET : 404 [outer] no layered page, after ["outer"]"#]].assert_eq(&shown.join("\n"));
    host.stop();
}

#[test]
fn head_is_answered_by_get_through_layers() {
    let host = Host::start(&Service::new(guests::ECHOES, "http:0"));
    let mut client = Client::connect(host.port());

    client.request("HEAD", "/layers/plain", "", b"");
    let head = client.head();
    client.get("/layers/plain");
    let get = client.response();

    assert_eq!(show(&head), "200 [guard inner outer] ");
    assert_eq!(show(&get), "200 [guard inner outer] plain");
    assert_eq!(head.header("content-length"), Some("5"));
    host.stop();
}

#[test]
fn routes_meet_however_they_are_encoded() {
    let host = Host::start(&Service::new(guests::ECHOES, "http:0"));
    let paths = [
        "/layers/%70lain",
        "/%6C%61yers/plain",
        "/layers/caf%C3%A9",
        "/layers/caf%c3%a9",
        "/layers/c%61f%C3%A9",
        "/layers/café",
        "/layers/new%20report",
        "/layers/items/a%2Fb/parts",
        "/layers/items/a%252Fb/parts",
        "/layers/items/a+b%20c/parts",
        "/layers/items%2Fa/parts",
        "/layers%2Fplain",
    ];

    let shown = paths.map(|path| format!("{path}: {}", show(&http::get(host.port(), path))));

    expect![[r#"
        /layers/%70lain: 200 [guard inner outer] plain
        /%6C%61yers/plain: 200 [guard inner outer] plain
        /layers/caf%C3%A9: 200 [guard inner outer] café
        /layers/caf%c3%a9: 200 [guard inner outer] café
        /layers/c%61f%C3%A9: 200 [guard inner outer] café
        /layers/café: 200 [guard inner outer] café
        /layers/new%20report: 200 [guard inner outer] report
        /layers/items/a%2Fb/parts: 200 [guard inner outer] a/b
        /layers/items/a%252Fb/parts: 200 [guard inner outer] a%2Fb
        /layers/items/a+b%20c/parts: 200 [guard inner outer] a+b c
        /layers/items%2Fa/parts: 404 [outer] no layered page, after ["outer"]
        /layers%2Fplain: 404 [] "#]]
    .assert_eq(&shown.join("\n"));
    host.stop();
}

#[test]
fn a_layer_around_everything_sees_unknown_paths_and_methods() {
    let host = Host::start(&Service::new(guests::GATHERS, "http:0"));

    let answers = [("GET", "/most"), ("GET", "/nowhere"), ("PUT", "/most"), ("OPTIONS", "/most")]
        .map(|(method, path)| http::request(host.port(), method, path, "", b""));

    assert_eq!(answers.each_ref().map(|answer| answer.status), [200, 404, 405, 204]);
    for answer in &answers {
        assert!(answer.header("x-instance").is_some(), "{answer:?}");
    }
    assert_eq!(answers[2].header("allow"), Some("GET, HEAD, OPTIONS"));
    host.stop();
}
