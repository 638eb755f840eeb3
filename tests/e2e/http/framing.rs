//! Which responses have a body, and what is said of its length.
//! Does not know what is in it.

use http_body_util::Full;
use hyper::body::Bytes;

use crate::support::http::{self, Client};
use crate::support::{Host, Service, guests, http2};

fn echoes() -> Host {
    Host::start(&Service::new(guests::ECHOES, "http:0"))
}

/// A request that the service answers with `hello`.
struct Asked {
    method: &'static str,
    path: &'static str,
    status: &'static str,
    /// The length that the service announces.
    length: Option<&'static str>,
}

impl Asked {
    /// The `content-length` over HTTP/1.1. Whatever follows the head would be taken for the next answer.
    fn over_http_1(&self, client: &mut Client) -> Option<String> {
        let length = self
            .length
            .map_or(String::new(), |length| format!("reply-content-length: {length}\r\n"));
        let fields = format!("status: {}\r\n{length}", self.status);
        client.request(self.method, self.path, &fields, b"hello");
        let head = client.head();
        assert_eq!(head.status.to_string(), self.status);
        client.get("/seen");
        assert_eq!(client.response().status, 200);
        head.header("content-length").map(str::to_owned)
    }

    /// The same over HTTP/2, where a client fails when there is a body that cannot be.
    fn over_http_2(&self, client: &mut http2::Client) -> Option<String> {
        let mut request = ::http::Request::builder()
            .method(self.method)
            .uri(format!("http://localhost{}", self.path))
            .header("status", self.status);
        if let Some(length) = self.length {
            request = request.header("reply-content-length", length);
        }
        let request = request.body(Full::new(Bytes::from_static(b"hello")));
        let response = client.ask(request.expect("the request is valid"));
        assert_eq!((response.status.to_string().as_str(), response.text()), (self.status, ""));
        response.header("content-length").map(str::to_owned)
    }
}

#[test]
fn responses_without_a_body_have_none_in_every_version_of_http() {
    let host = echoes();
    let mut old = Client::connect(host.port());
    let mut new = http2::Client::connect(host.port());

    let (whole, streamed) = ("/reply", "/reply?stream");
    let asked = [
        ("HEAD", whole, "200", None, Some("5")),
        ("HEAD", whole, "200", Some("5"), Some("5")),
        ("HEAD", whole, "404", None, Some("5")),
        ("HEAD", streamed, "200", None, None),
        ("HEAD", streamed, "200", Some("5000000000"), Some("5000000000")),
        ("HEAD", whole, "204", None, None),
        ("HEAD", whole, "304", Some("16"), Some("16")),
        ("GET", whole, "204", None, None),
        ("GET", whole, "204", Some("5"), None),
        ("GET", streamed, "204", None, None),
        ("GET", whole, "304", None, None),
        ("GET", whole, "304", Some("16"), Some("16")),
        ("GET", streamed, "304", Some("16"), Some("16")),
        ("POST", whole, "205", None, None),
        ("POST", streamed, "205", Some("5"), None),
    ];
    for (method, path, status, length, expected) in asked {
        let asked = Asked { method, path, status, length };
        let found = (asked.over_http_1(&mut old), asked.over_http_2(&mut new));
        // HTTP/1.1 has to say that a 205 ends here (RFC 9110 section 15.3.6).
        let old = if status == "205" { Some("0") } else { expected };
        let found = (found.0.as_deref(), found.1.as_deref());
        assert_eq!(found, (old, expected), "{method} {path} {status} {length:?}");
    }
    host.stop();
}

#[test]
fn the_hosts_own_answers_to_head_have_no_body_either() {
    let tables = "[services.http]
base_path = '/api'
[service]
greeting = 'hello'";
    let host = Host::start(&Service::new(guests::HELLO_HTTP, "http:0").tables(tables));
    let mut old = Client::connect(host.port());

    for path in ["/api", "/nowhere"] {
        old.request("HEAD", path, "", b"");
        let old = old.head();
        let request = ::http::Request::head(format!("http://localhost{path}"));
        let request = request.body(Full::default()).expect("the request is valid");
        let new = http2::Client::connect(host.port()).ask(request);
        let get = http::get(host.port(), path);
        let expected = (get.status, Some(get.body.len().to_string()));
        for response in [old, new] {
            let length = response.header("content-length").map(str::to_owned);
            assert_eq!((response.status, length), expected, "{path}");
            assert_eq!(response.text(), "");
        }
    }
    host.stop();
}

#[test]
fn a_stream_that_nobody_may_read_is_dropped_at_once() {
    let host = echoes();

    let request = ::http::Request::head("http://localhost/produce/1000000");
    let request = request.body(Full::default()).expect("the request is valid");
    let response = http2::Client::connect(host.port()).ask(request);

    assert_eq!((response.status, response.text()), (200, ""));
    host.wait_for("a waiting call was dropped");
    host.stop();
}

#[test]
fn a_connection_of_http_1_0_is_kept_if_the_length_is_known() {
    let host = echoes();
    let ask = |client: &mut Client, path: &str| {
        client.send(format!("GET {path} HTTP/1.0\r\nconnection: keep-alive\r\n\r\n"));
        client.head().header("connection").map(str::to_owned)
    };

    let mut known = Client::connect(host.port());
    let kept = ask(&mut known, "/health");
    let mut unknown = Client::connect(host.port());
    let closed = ask(&mut unknown, "/produce/2");

    assert_eq!(kept.as_deref(), Some("keep-alive"));
    known.get("/health");
    assert_eq!(known.response().status, 200);
    assert_eq!(closed.as_deref(), Some("close"));
    assert_eq!(unknown.rest().expect("the host closes").len(), 2 * 64 * 1024);
    host.stop();
}
