//! Requests that break the protocol.

use hyper::Method;

use super::{connect, probe, still_echoes};
use crate::support::grpc::{Request, frame, frame_of};
use crate::support::http;
use crate::support::probe::{CHAT, ECHO, POUR, SUM, echo};

/// Demands that a request for `Echo` with this body is answered with `code` and a message that says `why`.
#[track_caller]
fn refuses(request: Request, code: u32, why: &str) {
    let host = probe("");
    let mut client = connect(&host);

    let answer = client.call(request);

    assert_eq!((answer.http_status, answer.code(), answer.message().as_str()), (200, code, why));
    still_echoes(&mut client);
    host.stop();
}

#[test]
fn no_message() {
    refuses(Request::new(ECHO), 12, "the request has no message");
    refuses(Request::new(POUR), 12, "the request has no message");
}

#[test]
fn two_messages_where_one_is_due() {
    let why = "the request has more than one message";
    let two = |path| Request::new(path).message(&echo(b"a")).message(&echo(b"b"));

    refuses(two(ECHO), 12, why);
    refuses(two(POUR), 12, why);
}

#[test]
fn half_a_message() {
    let why = "the request ends in the middle of a message";
    let whole = frame(&echo(b"hello"));

    for length in [1, 4, 5, whole.len() - 1] {
        for path in [ECHO, SUM] {
            refuses(Request::new(path).bytes(&whole[..length]), 13, why);
        }
    }
}

#[test]
fn more_bytes_than_were_announced() {
    let host = probe("");
    let mut client = connect(&host);

    // HTTP/2 makes it an error of the stream (RFC 9113 section 8.1.1).
    let request = |path| Request::new(path).header("content-length", "3").message(&echo(b"hello"));
    client.open(request(ECHO)).expect_broken_off();
    client.open(request(SUM)).expect_broken_off();
    assert!(client.open(request(CHAT)).try_answer().is_err());

    super::wait_until_idle(&mut client);
    host.stop();
}

#[test]
fn a_flag_that_means_nothing() {
    let why = "the flags of a message are neither 0 nor 1";

    refuses(Request::new(ECHO).bytes(frame_of(2, b"")), 13, why);
    refuses(Request::new(CHAT).bytes(frame_of(255, b"")), 13, why);
}

#[test]
fn a_compressed_message_without_an_encoding() {
    let why = "a message is compressed, but `grpc-encoding` is not set";

    refuses(Request::new(ECHO).bytes(frame_of(1, b"x")), 13, why);
}

#[test]
fn a_message_that_is_not_what_its_encoding_says() {
    for encoding in ["gzip", "zstd"] {
        let host = probe("");
        let mut client = connect(&host);

        let request = Request::new(ECHO).header("grpc-encoding", encoding);
        let answer = client.call(request.bytes(frame_of(1, b"this is neither")));

        assert_eq!(answer.code(), 13);
        assert!(answer.message().starts_with("a message cannot be decompressed: "));
        still_echoes(&mut client);
        host.stop();
    }
}

#[test]
fn an_encoding_that_nobody_knows() {
    let host = probe("");

    let request = Request::new(ECHO).header("grpc-encoding", "br");
    let answer = connect(&host).call(request.message(&echo(b"")));

    assert_eq!(answer.code(), 12);
    assert_eq!(answer.message(), "messages in the encoding `br` are not supported");
    assert_eq!(answer.trailer("grpc-accept-encoding"), Some("gzip,zstd,identity"));
    host.stop();
}

#[test]
fn a_timeout_that_is_none() {
    let why = "`grpc-timeout` is not one to eight digits and a unit";

    for timeout in ["1", "S", "1s", "-1S", "123456789S", "1.5S"] {
        refuses(Request::new(ECHO).timeout(timeout).message(&echo(b"")), 13, why);
    }
}

#[test]
fn what_is_not_grpc_gets_an_answer_of_http() {
    let host = probe("");
    let mut client = connect(&host);
    let mut status = |request: Request| client.call(request).http_status;

    assert_eq!(status(Request::new(ECHO).header("content-type", "application/json")), 415);
    assert_eq!(status(Request::new(ECHO).header("content-type", "application/grpcx")), 415);
    assert_eq!(status(Request::new(ECHO).header("content-type", "")), 415);
    assert_eq!(status(Request::new(ECHO).method(Method::GET)), 405);
    assert_eq!(status(Request::new(ECHO).header("host", "a b")), 400);
    still_echoes(&mut client);
    host.stop();
}

#[test]
fn messages_may_be_said_to_be_protobuf_and_nothing_else() {
    let host = probe("");
    let mut client = connect(&host);

    for content_type in ["application/grpc+proto", "application/grpc;charset=utf-8"] {
        let request = Request::new(ECHO).header("content-type", content_type);
        assert_eq!(client.call(request.message(&echo(b""))).code(), 0, "{content_type}");
    }
    for content_type in ["application/grpc+json", "application/grpc+foo; x=y"] {
        let request = Request::new(ECHO).header("content-type", content_type);
        let answer = client.call(request.message(&echo(b"")));
        assert_eq!((answer.http_status, answer.code()), (200, 12), "{content_type}");
        assert!(answer.message().ends_with("are not supported"), "{}", answer.message());
    }
    host.stop();
}

#[test]
fn http_1_is_told_that_it_is_too_old() {
    let host = probe("");

    let answer = http::get(super::port(&host), "/");

    assert_eq!(answer.status, 505);
    host.stop();
}
