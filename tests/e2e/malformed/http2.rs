//! HTTP/2 against its rules.
//! Does not know HTTP/1.1.

use expect_test::expect;
use http_body_util::Full;

use crate::support::frames::{self, Client};
use crate::support::http;
use crate::support::{Host, Service, guests};

fn echoes() -> Host {
    Host::start(&Service::new(guests::ECHOES, "http:0"))
}

/// Nothing of what was sent has reached the guest, and others are served.
#[track_caller]
fn is_unharmed(host: &Host) {
    assert_eq!(http::get(host.port(), "/seen").text(), "0");
    assert_eq!(crate::support::http2::Client::connect(host.port()).get("/health").status, 200);
}

#[test]
fn garbage_after_the_preface_ends_the_connection() {
    let host = echoes();

    for garbage in [
        [0; 64],
        [0xff; 64],
        *b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n                             ",
    ] {
        let mut client = Client::silent(host.port());
        client.send(frames::PREFACE);
        client.send(garbage);
        assert!(client.is_closed_at_last());
    }

    is_unharmed(&host);
    host.stop();
}

#[test]
fn half_a_preface_ends_the_connection() {
    let host = echoes();
    let mut client = Client::silent(host.port());

    client.send("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n");

    assert!(client.is_closed_at_last());
    is_unharmed(&host);
    host.stop();
}

#[test]
fn frames_that_make_no_sense_end_the_connection() {
    let host = echoes();
    let zero = [0; 4];
    let nonsense: [(u8, u8, u32, &[u8]); 6] = [
        // A body without a request.
        (frames::DATA, 0, 1, b"hello"),
        // A request on the stream of the connection.
        (frames::HEADERS, frames::END_HEADERS, 0, &frames::fields("/head")),
        // A stream that only the host could open.
        (frames::HEADERS, frames::END_HEADERS, 2, &frames::fields("/head")),
        // Room of zero bytes.
        (frames::WINDOW_UPDATE, 0, 0, &zero),
        // The rest of nothing.
        (frames::CONTINUATION, frames::END_HEADERS, 1, &[]),
        // Fields that are not HPACK.
        (frames::HEADERS, frames::END_HEADERS | frames::END_STREAM, 1, &[0xff; 32]),
    ];

    for (kind, flags, stream, payload) in nonsense {
        let mut client = Client::connect(host.port());
        client.frame(kind, flags, stream, payload);
        client.until(frames::GOAWAY);
        assert!(client.is_closed_at_last());
    }

    is_unharmed(&host);
    host.stop();
}

/// A literal field with a name of its own.
fn field(name: &str, value: &str) -> Vec<u8> {
    let mut field = vec![0];
    for text in [name, value] {
        field.push(u8::try_from(text.len()).expect("tests use short fields"));
        field.extend(text.as_bytes());
    }
    field
}

#[test]
fn a_malformed_request_is_refused() {
    let host = echoes();
    let good = frames::fields("/head");
    let with = |name, value| [good.clone(), field(name, value)].concat();
    let malformed = [
        ("neither path nor authority", vec![0x82, 0x86]),
        ("no path", [vec![0x82, 0x86], good[9..].to_vec()].concat()),
        ("no method", good[1..].to_vec()),
        ("two methods", [vec![0x82], good.clone()].concat()),
        ("a status", with(":status", "200")),
        ("a field of connections", with("connection", "close")),
        ("a coding", with("transfer-encoding", "chunked")),
        ("a name with capitals", with("X-Upper", "1")),
        ("a line feed in a value", with("x-line", "1\r\nx: 2")),
    ];

    let ends = malformed.iter().map(|(what, fields)| {
        let mut client = Client::connect(host.port());
        client.frame(frames::HEADERS, frames::END_HEADERS | frames::END_STREAM, 1, fields);
        format!("{}: {what}\n", end(&mut client))
    });

    expect![[r#"
        400: neither path nor authority
        the stream is reset: no path
        the stream is reset: no method
        the stream is reset: two methods
        the stream is reset: a status
        the stream is reset: a field of connections
        the stream is reset: a coding
        the connection ends: a name with capitals
        the connection ends: a line feed in a value
    "#]]
    .assert_eq(&ends.collect::<String>());
    is_unharmed(&host);
    host.stop();
}

/// `GET /head` of whoever is named.
fn named(authority: Option<&str>, hosts: &[&str]) -> Vec<u8> {
    let mut fields = vec![0x82, 0x86, 0x04, 5];
    fields.extend(b"/head");
    if let Some(authority) = authority {
        fields.extend(field(":authority", authority));
    }
    for host in hosts {
        fields.extend(field("host", host));
    }
    fields
}

#[test]
fn a_host_that_is_none_is_refused() {
    let host = echoes();
    let refused: [(Option<&str>, &[&str]); 9] = [
        (Some("u@h"), &[]),
        (Some("a:b"), &[]),
        (Some("a b"), &[]),
        (Some("a/b"), &[]),
        (Some("a"), &["b"]),
        (Some("a"), &["a", "a"]),
        (None, &["a b"]),
        (None, &["a", "b"]),
        (None, &[]),
    ];

    let ends = refused.iter().map(|(authority, hosts)| {
        let mut client = Client::connect(host.port());
        let fields = named(*authority, hosts);
        client.frame(frames::HEADERS, frames::END_HEADERS | frames::END_STREAM, 1, &fields);
        format!("{}: {} {hosts:?}\n", end(&mut client), authority.unwrap_or("nobody"))
    });

    expect![[r#"
        400: u@h []
        400: a:b []
        the stream is reset: a b []
        the stream is reset: a/b []
        400: a ["b"]
        400: a ["a", "a"]
        400: nobody ["a b"]
        400: nobody ["a", "b"]
        400: nobody []
    "#]]
    .assert_eq(&ends.collect::<String>());
    is_unharmed(&host);
    host.stop();
}

#[test]
fn a_valid_host_is_taken_whatever_it_names() {
    let host = echoes();
    let valid: [(Option<&str>, &[&str]); 6] = [
        (Some("a"), &[]),
        (Some("a:70000"), &[]),
        (Some("[::1]:80"), &[]),
        (Some("a,b"), &[]),
        (Some("a"), &["A:80"]),
        (None, &["a"]),
    ];

    for (authority, hosts) in valid {
        let mut client = Client::connect(host.port());
        let fields = named(authority, hosts);
        client.frame(frames::HEADERS, frames::END_HEADERS | frames::END_STREAM, 1, &fields);
        assert_eq!(end(&mut client), "answered", "{authority:?} {hosts:?}");
    }
    host.stop();
}

#[test]
fn too_many_header_fields_are_refused() {
    let host = echoes();
    let mut client = crate::support::http2::Client::connect(host.port());
    let mut ask = |name: &str, count: usize| {
        let request = ::http::Request::get("http://localhost/head");
        let request = (0..count).fold(request, |request, _| request.header(name, "a=b"));
        client.ask(request.body(Full::default()).expect("the request is valid"))
    };

    // `:authority` is a field for the service.
    assert_eq!(ask("x", 99).status, 200);
    let refused = ask("x", 100);
    assert_eq!(refused.status, 431);
    expect![[r#"{"kind":"ValidationError","message":"the request has more than 100 header fields","code":0,"service_name":"probe"}"#]]
        .assert_eq(refused.text());
    // Browsers send a field for each cookie.
    assert_eq!(ask("cookie", 200).status, 200);
    assert_eq!(http::get(host.port(), "/seen").text(), "2");
    host.stop();
}

/// How the host ends the only stream of a connection.
fn end(client: &mut Client) -> &'static str {
    loop {
        let Ok(frame) = client.read() else { return "the connection ends" };
        match frame.kind {
            frames::RST_STREAM => return "the stream is reset",
            frames::HEADERS if frame.payload.starts_with(&frames::STATUS_400) => return "400",
            frames::HEADERS => return "answered",
            _ => (),
        }
    }
}

#[test]
fn a_body_of_another_length_than_announced_does_not_reach_the_guest() {
    let host = echoes();
    let mut client = Client::connect(host.port());

    for (stream, length) in [(1, "10"), (3, "2")] {
        let mut fields = frames::post_fields("/echo", "text/plain");
        fields.extend(field("content-length", length));
        client.frame(frames::HEADERS, frames::END_HEADERS, stream, &fields);
        client.frame(frames::DATA, frames::END_STREAM, stream, b"hello");
        assert_eq!(client.until(frames::RST_STREAM).stream, stream);
    }

    drop(client);
    is_unharmed(&host);
    host.stop();
}

#[test]
fn a_head_without_end_ends_the_connection() {
    let host = echoes();
    let mut client = Client::connect(host.port());

    client.frame(frames::HEADERS, frames::END_STREAM, 1, &frames::fields("/head"));
    let more = field("x-more", &"x".repeat(100)).repeat(100);
    // Each frame is within its limit; together they are not.
    let refused = (0..1000).any(|_| client.try_frame(frames::CONTINUATION, 0, 1, &more).is_err());

    assert!(refused, "the host has taken all of it");
    is_unharmed(&host);
    host.stop();
}

#[test]
fn requests_that_are_reset_at_once_do_not_pile_up() {
    let host = Host::start(&Service::new(guests::ECHOES, "http:0").limits("max_concurrency = 8"));
    let mut client = Client::connect(host.port());
    let cancel = 8_u32.to_be_bytes();

    let _refused = (0..10_000).any(|index| {
        let stream = 2 * index + 1;
        let flags = frames::END_HEADERS | frames::END_STREAM;
        client
            .try_frame(frames::HEADERS, flags, stream, &frames::fields("/wait"))
            .and_then(|()| client.try_frame(frames::RST_STREAM, 0, stream, &cancel))
            .is_err()
    });
    drop(client);

    assert_eq!(http::get(host.port(), "/dropped").status, 200);
    host.stop();
}

#[test]
fn more_streams_than_allowed_are_refused() {
    let host = Host::start(&Service::new(guests::ECHOES, "http:0").host("shutdown_timeout = '1s'"));
    let mut client = Client::connect(host.port());

    for index in 0..300 {
        client.get(2 * index + 1, "/wait");
    }
    let refused = client.until(frames::RST_STREAM);

    // 128 may be open; REFUSED_STREAM says that the request can be sent again.
    assert_eq!((refused.stream, refused.payload), (257, 7_u32.to_be_bytes().to_vec()));
    drop(client);
    host.stop();
}
