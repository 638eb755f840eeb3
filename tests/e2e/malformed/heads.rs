//! Malformed request lines and header fields.
//! Does not know bodies.

use std::io::Write;

use expect_test::{Expect, expect};

use crate::support::http::{self, Client};
use crate::support::{Host, Service, guests};

const HOST: &str = "GET /head HTTP/1.1\r\nhost: localhost\r\n";

/// A host that does not wait long for the rest of what looks like a beginning.
fn echoes() -> Host {
    let tables = "[services.http]\nheader_timeout = '1s'";
    Host::start(&Service::new(guests::ECHOES, "http:0").tables(tables))
}

/// What the host answers, and whether it takes another request after that.
fn refusal(host: &Host, bytes: &[u8]) -> String {
    let mut client = Client::connect(host.port());
    client.send(bytes);
    let refusal = match client.try_response() {
        Ok(answer) if answer.status == 400 && !answer.body.is_empty() => "400 in JSON".to_owned(),
        Ok(answer) => answer.status.to_string(),
        Err(_) => return "no answer".to_owned(),
    };
    let another = client.stream().write_all(b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n");
    match another.and_then(|()| client.try_response()) {
        Ok(_) => format!("{refusal}, and goes on"),
        Err(_) => refusal,
    }
}

/// What the host makes of each of the requests. None may reach the guest, and none may keep the
/// others from being served.
#[track_caller]
fn refuses(requests: &[(&str, String)], expected: &Expect) {
    let host = echoes();
    let mut bystander = Client::connect(host.port());

    let refusals = requests.iter().map(|(what, bytes)| {
        let refusal = refusal(&host, bytes.as_bytes());
        bystander.get("/seen");
        let seen = bystander.response();
        format!("{refusal}: {what}{}\n", if seen.text() == "0" { "" } else { " REACHES THE GUEST" })
    });

    expected.assert_eq(&refusals.collect::<String>());
    host.stop();
}

#[test]
fn a_malformed_request_line_is_refused() {
    let line = |line: &str| format!("{line}\r\nhost: localhost\r\n\r\n");
    refuses(
        &[
            ("no request at all", "\u{1}\u{2}\u{3}\u{4}\r\n\r\n".to_owned()),
            ("one word", line("GARBAGE")),
            ("HTTP/0.9", "GET /head\r\n".to_owned()),
            ("no target", line("GET HTTP/1.1")),
            ("two targets", line("GET /head /head HTTP/1.1")),
            ("no slash", line("GET head HTTP/1.1")),
            ("an unknown version", line("GET /head HTTP/9.9")),
            ("another protocol", line("GET /head SIP/2.0")),
            ("a NUL in the target", line("GET /he\0ad HTTP/1.1")),
            ("a NUL in the method", line("G\0T /head HTTP/1.1")),
            ("a method that is none", line("G(T /head HTTP/1.1")),
            ("a tunnel", line("CONNECT example.org:80 HTTP/1.1")),
            ("the greeting of TLS", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\r\n\r\n".to_owned()),
        ],
        &expect![[r#"
            400: no request at all
            400: one word
            400: HTTP/0.9
            400: no target
            400: two targets
            400 in JSON, and goes on: no slash
            400: an unknown version
            400: another protocol
            400: a NUL in the target
            400: a NUL in the method
            400: a method that is none
            400 in JSON, and goes on: a tunnel
            400: the greeting of TLS
        "#]],
    );
}

#[test]
fn a_malformed_header_field_is_refused() {
    let field = |field: &str| format!("{HOST}{field}\r\n\r\n");
    refuses(
        &[
            ("no colon", field("x-one 1")),
            ("a blank in the name", field("x one: 1")),
            ("a blank before the colon", field("x-one : 1")),
            ("no name", field(": 1")),
            ("a NUL in the name", field("x\0: 1")),
            ("a NUL in the value", field("x-one: \0")),
            ("a folded line", field("x-one: 1\r\n 2")),
            ("a carriage return alone", field("x-one: 1\r2")),
            ("no host", "GET /head HTTP/1.1\r\n\r\n".to_owned()),
            ("two hosts", field("host: example.org")),
        ],
        &expect![[r#"
            400: no colon
            400: a blank in the name
            400: a blank before the colon
            400: no name
            400: a NUL in the name
            400: a NUL in the value
            400: a folded line
            400: a carriage return alone
            400 in JSON, and goes on: no host
            400 in JSON, and goes on: two hosts
        "#]],
    );
}

#[test]
fn a_host_that_is_none_is_refused() {
    let malformed =
        ["a b", "u@h", "a/b", "a:b", "a?b", "a\\b", "a:1:2", "[::1", "http://a", "\u{e9}", "a%zz"];
    let host = |line: &str, host: &str| format!("GET {line}\r\nhost: {host}\r\n\r\n");
    let mut requests: Vec<_> =
        malformed.iter().map(|name| (*name, host("/head HTTP/1.1", name))).collect();
    requests.extend([
        ("a b, in HTTP/1.0", host("/head HTTP/1.0", "a b")),
        ("two, in HTTP/1.0", host("/head HTTP/1.0", "a\r\nhost: a")),
        ("none, though the target has one", "GET http://a/head HTTP/1.1\r\n\r\n".to_owned()),
        ("a b, though the target has one", host("http://a/head HTTP/1.1", "a b")),
        ("a user in the target", host("http://u@a/head HTTP/1.1", "a")),
    ]);

    refuses(
        &requests,
        &expect![[r#"
            400 in JSON, and goes on: a b
            400 in JSON, and goes on: u@h
            400 in JSON, and goes on: a/b
            400 in JSON, and goes on: a:b
            400 in JSON, and goes on: a?b
            400 in JSON, and goes on: a\b
            400 in JSON, and goes on: a:1:2
            400 in JSON, and goes on: [::1
            400 in JSON, and goes on: http://a
            400 in JSON, and goes on: é
            400 in JSON, and goes on: a%zz
            400 in JSON: a b, in HTTP/1.0
            400 in JSON: two, in HTTP/1.0
            400 in JSON, and goes on: none, though the target has one
            400 in JSON, and goes on: a b, though the target has one
            400 in JSON, and goes on: a user in the target
        "#]],
    );
}

#[test]
fn a_valid_host_is_taken_whatever_it_names() {
    let host = echoes();
    let mut client = Client::connect(host.port());

    for name in ["", "a:", "a:70000", "[::1]:80", "[fe80::1%25eth0]", "a,b", "a_b.example", "a%20b"]
    {
        client.send(format!("GET /head HTTP/1.1\r\nhost: {name}\r\n\r\n"));
        assert_eq!(client.response().status, 200, "{name}");
    }
    client.send("GET http://a/head HTTP/1.1\r\nhost: b\r\n\r\n");
    assert!(client.response().text().contains(r#"["host","a"]"#));
    host.stop();
}

#[test]
fn a_message_whose_length_is_unclear_is_refused() {
    let post = |fields: &str| {
        format!("POST /echo HTTP/1.1\r\nhost: localhost\r\n{fields}\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
    };
    let chunked = "transfer-encoding: chunked";
    refuses(
        &[
            ("a negative length", post("content-length: -1")),
            ("a length with a sign", post("content-length: +5")),
            ("a length that is no number", post("content-length: five")),
            ("a hexadecimal length", post("content-length: 0x5")),
            ("a length beyond all numbers", post("content-length: 99999999999999999999")),
            ("two lengths", post("content-length: 5\r\ncontent-length: 6")),
            ("two lengths in one field", post("content-length: 5, 6")),
            ("an unknown coding", post("transfer-encoding: gzip")),
            ("chunks that are not the last coding", post("transfer-encoding: chunked, gzip")),
            ("a coding that looks like chunks", post("transfer-encoding: xchunked")),
            ("chunks in HTTP/1.0", post(chunked).replace("HTTP/1.1", "HTTP/1.0")),
        ],
        &expect![[r#"
            400: a negative length
            400: a length with a sign
            400: a length that is no number
            400: a hexadecimal length
            400: a length beyond all numbers
            400: two lengths
            400: two lengths in one field
            400: an unknown coding
            400: chunks that are not the last coding
            400: a coding that looks like chunks
            400: chunks in HTTP/1.0
        "#]],
    );
}

/// RFC 9112 section 6.3 leaves it to the server to refuse such a message or to go by its chunks alone,
/// but lets no other message follow.
#[test]
fn a_length_next_to_chunks_is_ignored_and_ends_the_connection() {
    let host = echoes();
    let chunked = "transfer-encoding: chunked";

    for fields in
        [format!("content-length: 3\r\n{chunked}"), format!("{chunked}\r\ncontent-length: 3")]
    {
        let head = format!("POST /echo HTTP/1.1\r\nhost: localhost\r\n{fields}\r\n\r\n");
        let mut client = Client::connect(host.port());
        client.send(format!("{head}5\r\nhello\r\n0\r\n\r\n"));
        assert_eq!(client.response().text(), "hello");
        assert!(client.is_closed());
    }

    host.stop();
}

#[test]
fn a_target_that_names_no_path_does_not_reach_the_guest() {
    let host = echoes();

    for method in ["GET", "POST", "CONNECT"] {
        let mut client = Client::connect(host.port());
        client.send(format!("{method} * HTTP/1.1\r\nhost: localhost\r\n\r\n"));
        assert_eq!(client.response().status, 400, "{method}");
    }

    assert_eq!(http::get(host.port(), "/seen").text(), "0");
    host.stop();
}

#[test]
fn a_target_that_is_not_text_is_no_failure_of_the_service() {
    let host = echoes();
    let mut client = Client::connect(host.port());

    client.send(b"GET /\xff\xfe HTTP/1.1\r\nhost: localhost\r\n\r\n");

    assert_eq!(client.response().status, 400);
    host.stop();
}

#[test]
fn a_head_beyond_its_limit_is_refused() {
    let tables = "[services.http]\nmax_header_bytes = '8KiB'";
    let host = Host::start(&Service::new(guests::ECHOES, "http:0").tables(tables));
    let head = |length: usize| format!("{HOST}x-long: {}\r\n\r\n", "x".repeat(length));

    let answer = |bytes: String| {
        let mut client = Client::connect(host.port());
        client.send(bytes);
        client.response()
    };
    let within = answer(head(8 * 1024 - 100));
    let beyond = answer(head(8 * 1024));
    let far_beyond = answer(head(16 * 1024)[..16 * 1024].to_owned());
    let path = answer(format!("GET /{} HTTP/1.1\r\nhost: a\r\n\r\n", "x".repeat(8 * 1024)));

    assert_eq!(within.status, 200);
    for refused in [&beyond, &path] {
        assert_eq!(
            (refused.status, refused.header("content-type")),
            (431, Some("application/json"))
        );
        expect![[r#"{"kind":"ValidationError","message":"the request head is larger than 8192 bytes","code":0,"service_name":"probe"}"#]]
            .assert_eq(refused.text());
    }
    assert_eq!(far_beyond.status, 431);
    assert_eq!(http::get(host.port(), "/seen").text(), "1");
    host.stop();
}

#[test]
fn too_many_header_fields_are_refused() {
    let host = echoes();
    let head = |fields: usize| format!("{HOST}{}\r\n", "x: 1\r\n".repeat(fields));

    let mut many = Client::connect(host.port());
    many.send(head(50));
    let many = many.response();
    let too_many = refusal(&host, head(1000).as_bytes());

    assert_eq!(many.status, 200);
    assert_eq!(too_many, "431");
    assert_eq!(http::get(host.port(), "/seen").text(), "1");
    host.stop();
}
