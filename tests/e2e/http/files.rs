//! Files that are part of a guest, and requests that depend on what the client has.

use expect_test::expect;

use crate::support::http::{self, Client, Response};
use crate::support::{Host, Service, guests, http2};

fn start() -> Host {
    Host::start(&Service::new(guests::ECHOES, "http:0"))
}

/// Status, the fields that matter, and body; of an error its message.
fn show(answer: &Response) -> String {
    let names = ["content-type", "content-length", "content-range", "location", "cache-control"];
    let fields = names.iter().filter_map(|name| Some(format!("{name}={}", answer.header(name)?)));
    let fields: Vec<_> = fields.collect();
    let error: Option<serde_json::Value> = serde_json::from_slice(&answer.body).ok();
    let message = error.as_ref().and_then(|error| error["message"].as_str());
    let body = message.unwrap_or_else(|| answer.text()).trim_end();
    format!("{} {} {body}", answer.status, fields.join(" "))
}

#[test]
fn files_have_their_types_and_lengths_whatever_their_names() {
    let host = start();
    let paths = ["", "/index.html", "/style.css", "/new%20report.txt", "/%73tyle.css", "/docs/"];
    let more = ["/docs?a=b", "/module.wasm", "/none", "/Style.css"];

    let shown = paths.into_iter().chain(more).map(|path| {
        let answer = http::get(host.port(), &format!("/web/files{path}"));
        format!("{path}: {}", show(&answer).escape_debug())
    });

    expect![[r#"
        : 200 content-type=text/html; charset=utf-8 content-length=23 <!doctype html><p>home
        /index.html: 200 content-type=text/html; charset=utf-8 content-length=23 cache-control=max-age=60 <!doctype html><p>home
        /style.css: 200 content-type=text/css; charset=utf-8 content-length=19 cache-control=max-age=60 body { margin: 0 }
        /new%20report.txt: 200 content-type=text/plain; charset=utf-8 content-length=12 cache-control=max-age=60 all is well
        /%73tyle.css: 200 content-type=text/css; charset=utf-8 content-length=19 cache-control=max-age=60 body { margin: 0 }
        /docs/: 200 content-type=text/html; charset=utf-8 content-length=23 cache-control=max-age=60 <!doctype html><p>docs
        /docs?a=b: 307 content-length=0 location=./docs/?a=b 
        /module.wasm: 200 content-type=application/wasm content-length=4 cache-control=max-age=60 \0asm
        /none: 404 content-type=application/json content-length=102 no file for `GET /web/files/none`
        /Style.css: 404 content-type=application/json content-length=107 no file for `GET /web/files/Style.css`"#]].assert_eq(&shown.collect::<Vec<_>>().join("\n"));
    host.stop();
}

#[test]
fn nothing_outside_of_the_directory_is_a_file() {
    let host = start();
    let paths = [
        "/../src/lib.rs",
        "/%2e%2e/src/lib.rs",
        "/..%2Fsrc%2Flib.rs",
        "/docs/../../src/lib.rs",
        "/docs%2F..%2F..%2FCargo.toml",
        "/%2Fetc%2Fpasswd",
        "//etc/passwd",
        "/..%5Csrc%5Clib.rs",
        "/index.html%00.txt",
        "/%FF",
        "/.",
        "/..",
    ];

    for path in paths {
        let answer = http::get(host.port(), &format!("/web/files{path}"));
        assert_eq!(answer.status, 404, "{path}: {}", answer.text());
    }
    host.stop();
}

#[test]
fn head_of_a_file_announces_what_get_sends() {
    let host = start();
    let mut client = Client::connect(host.port());
    client.get("/web/files/style.css");
    let get = client.response();

    client.request("HEAD", "/web/files/style.css", "", b"");
    let head = client.head();
    let again = format!("if-none-match: {}\r\n", get.header("etag").expect("it has one"));
    client.request("GET", "/web/files/style.css", &again, b"");
    let not_modified = client.response();
    client.request("GET", "/web/files/style.css", "range: bytes=0-3\r\n", b"");
    let part = client.response();

    assert_eq!((head.status, head.header("content-length")), (200, Some("19")));
    for name in ["content-type", "etag", "cache-control", "content-length"] {
        assert_eq!(head.header(name), get.header(name), "{name}");
    }
    assert_eq!((not_modified.status, not_modified.text()), (304, ""));
    assert_eq!(not_modified.header("etag"), get.header("etag"));
    assert_eq!(not_modified.header("cache-control"), Some("max-age=60"));
    expect!["206 content-type=text/css; charset=utf-8 content-length=4 content-range=bytes 0-3/19 cache-control=max-age=60 body"].assert_eq(&show(&part));
    host.stop();
}

#[test]
fn a_file_is_the_same_over_http_2() {
    let host = start();

    let file = http2::Client::connect(host.port()).get("/web/files/new%20report.txt");

    assert_eq!((file.status, &*file.body), (200, b"all is well\n".as_slice()));
    host.stop();
}

#[test]
fn conditions_and_ranges_are_answered_as_http_has_them() {
    let host = start();
    let cases = [
        ("GET", "if-none-match: W/\"v2\"\r\n"),
        ("HEAD", "if-none-match: \"v1\", \"v2\"\r\n"),
        ("GET", "if-none-match: \"v1\"\r\n"),
        ("GET", "if-match: \"v1\"\r\n"),
        ("GET", "range: bytes=2-4\r\n"),
        ("GET", "range: bytes=-3\r\nif-range: \"v2\"\r\n"),
        ("GET", "range: bytes=-3\r\nif-range: \"v1\"\r\n"),
        ("HEAD", "range: bytes=2-4\r\n"),
        ("GET", "range: bytes=10-\r\n"),
        ("PUT", "if-match: \"v1\"\r\n"),
        ("PUT", "if-match: \"v2\"\r\n"),
    ];

    let shown = cases.map(|(method, fields)| {
        let mut client = Client::connect(host.port());
        client.request(method, "/web/version", fields, b"");
        let answer = if method == "HEAD" { client.head() } else { client.response() };
        format!("{method} {}: {}", fields.trim_end().replace("\r\n", ", "), show(&answer))
    });

    expect![[r#"
        GET if-none-match: W/"v2": 304  
        HEAD if-none-match: "v1", "v2": 304  
        GET if-none-match: "v1": 200 content-type=text/plain; charset=utf-8 content-length=10 0123456789
        GET if-match: "v1": 412 content-type=application/json content-length=127 the current version is not the one that the request names
        GET range: bytes=2-4: 206 content-type=text/plain; charset=utf-8 content-length=3 content-range=bytes 2-4/10 234
        GET range: bytes=-3, if-range: "v2": 206 content-type=text/plain; charset=utf-8 content-length=3 content-range=bytes 7-9/10 789
        GET range: bytes=-3, if-range: "v1": 200 content-type=text/plain; charset=utf-8 content-length=10 0123456789
        HEAD range: bytes=2-4: 200 content-type=text/plain; charset=utf-8 content-length=10 
        GET range: bytes=10-: 416 content-type=application/json content-length=108 content-range=bytes */10 the range lies outside of the content
        PUT if-match: "v1": 412 content-type=application/json content-length=127 the current version is not the one that the request names
        PUT if-match: "v2": 204  "#]].assert_eq(&shown.join("\n"));
    host.stop();
}

#[test]
fn header_fields_have_types() {
    let host = start();
    let ask = |fields: &str| {
        let answer = http::request(host.port(), "GET", "/web/typed", fields, b"");
        show(&answer)
    };

    let shown = [
        ask("authorization: Bearer abc\r\nuser-agent: curl/8\r\n"),
        ask("authorization: Bearer abc\r\n"),
        ask("authorization: Basic abc\r\n"),
        ask(""),
    ];

    expect![[r#"
        200 content-type=text/plain; charset=utf-8 content-length=10 cache-control=no-store abc curl/8
        200 content-type=text/plain; charset=utf-8 content-length=4 cache-control=no-store abc
        400 content-type=application/json content-length=195 request validation failed
        400 content-type=application/json content-length=177 request validation failed"#]].assert_eq(&shown.join("\n"));
    host.stop();
}
