//! Request bodies that are too large, cut off or malformed.
//! Does not know heads.

use expect_test::expect;

use crate::support::http::{self, Client};
use crate::support::{Host, Service, guests};

const POST: &str = "POST /measure HTTP/1.1\r\nhost: localhost\r\n";

fn echoes(limits: &str) -> Host {
    Host::start(&Service::new(guests::ECHOES, "http:0").limits(limits))
}

#[test]
fn a_body_that_is_announced_to_be_too_large_does_not_reach_the_guest() {
    let host = echoes("max_body = '100KiB'");
    let mut client = Client::connect(host.port());

    client.send(format!("{POST}content-length: 102401\r\n\r\n"));
    let answer = client.response();

    assert_eq!((answer.status, answer.header("connection")), (413, Some("close")));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    expect![[r#"{"kind":"ValidationError","message":"the request body is larger than 102400 bytes","code":0,"service_name":"probe"}"#]]
        .assert_eq(answer.text());
    assert!(client.is_closed());
    assert_eq!(http::get(host.port(), "/seen").text(), "0");
    host.stop();
}

#[test]
fn a_body_that_turns_out_to_be_too_large_is_refused() {
    let host = echoes("max_body = '100KiB'");
    let mut client = Client::connect(host.port());

    client.send(format!("{POST}transfer-encoding: chunked\r\n\r\n"));
    client.send(format!("19001\r\n{}\r\n", "x".repeat(0x19001)));
    let answer = client.response();

    assert_eq!((answer.status, answer.header("connection")), (413, Some("close")));
    expect![[r#"{"kind":"ValidationError","message":"the request body is larger than 102400 bytes","code":0,"service_name":"probe"}"#]]
        .assert_eq(answer.text());
    assert!(client.is_closed());
    host.stop();
}

#[test]
fn a_body_of_exactly_the_limit_is_taken() {
    let host = echoes("max_body = '100KiB'");

    let whole = http::request(host.port(), "POST", "/measure", "", &vec![b'x'; 100 * 1024]);
    let mut client = Client::connect(host.port());
    client.send(format!("{POST}transfer-encoding: chunked\r\n\r\n"));
    client.send(format!("19000\r\n{}\r\n0\r\n\r\n", "x".repeat(0x19000)));

    assert_eq!((whole.status, whole.text()), (200, "102400"));
    assert_eq!(client.response().text(), "102400");
    host.stop();
}

#[test]
fn a_service_without_bodies_refuses_them() {
    let host = echoes("max_body = '0B'");

    let without = http::request(host.port(), "POST", "/measure", "", b"");
    let with = http::request(host.port(), "POST", "/measure", "", b"1");

    assert_eq!((without.status, with.status), (200, 413));
    host.stop();
}

#[test]
fn a_malformed_chunk_ends_the_request() {
    let host = echoes("");
    let malformed = [
        "five\r\nhello\r\n0\r\n\r\n",
        "-5\r\nhello\r\n0\r\n\r\n",
        "\r\nhello\r\n0\r\n\r\n",
        "5\r\nhelloworld\r\n0\r\n\r\n",
        "fffffffffffffffff\r\nhello\r\n",
        "5;\0\nhello\r\n0\r\n\r\n",
    ];

    for chunks in malformed {
        let mut client = Client::connect(host.port());
        client.send(format!("{POST}transfer-encoding: chunked\r\n\r\n{chunks}"));
        let answer = client.response();
        assert_eq!(
            (answer.status, answer.header("connection")),
            (400, Some("close")),
            "{chunks:?}"
        );
        assert!(client.is_closed());
    }

    assert_eq!(http::get(host.port(), "/health").status, 200);
    host.stop();
}

#[test]
fn a_malformed_chunk_is_an_error_for_whoever_reads_the_body() {
    let host = echoes("");
    let mut client = Client::connect(host.port());

    client.send("POST /flow HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n");
    client.send("5\r\nhello\r\n");
    assert_eq!(client.head().status, 200);
    assert_eq!(client.chunk().expect("the piece comes back"), b"hello");
    client.send("five\r\n");

    assert!(client.chunk().is_err());
    assert_eq!(host.wait_for("response-cut").text("reason"), "the request body was cut off");
    host.stop();
}

#[test]
fn a_short_body_that_does_not_arrive_whole_does_not_reach_the_guest() {
    let host = echoes("");
    let mut client = Client::connect(host.port());

    client.send(format!("{POST}content-length: 10\r\n\r\nhello"));
    client.stream().shutdown(std::net::Shutdown::Write).expect("the connection is open");
    let answer = client.try_response();

    assert!(answer.is_err() || answer.is_ok_and(|answer| answer.status == 400));
    assert_eq!(http::get(host.port(), "/seen").text(), "0");
    host.stop();
}
