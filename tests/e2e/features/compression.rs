//! `compression`: responses that clients can decompress, and those that stay as they are.
//! Messages that the service compresses itself are in `grpc::compression`.

use std::io::Read;

use super::{echoes, probe, rpc_port};
use crate::support::grpc::{self, decompress};
use crate::support::http::{self, Client, Response};
use crate::support::probe::{ECHO, EchoReply, EchoRequest, OFF, echo};
use crate::support::{Host, Service, http2};

const TEXT: &str = "reply-content-type: text/plain\r\n";

fn compressing(service: impl Fn(&str) -> Service, settings: &str) -> Host {
    Host::start(&service(&format!("[features.compression]\nenabled = true\n{settings}")))
}

fn body() -> Vec<u8> {
    b"hello ".repeat(2000)
}

fn reply(port: u16, headers: &str) -> Response {
    http::request(port, "POST", "/reply", headers, &body())
}

#[test]
fn a_response_is_encoded_as_the_client_prefers() {
    let host = compressing(echoes, "");

    for (accepted, encoding) in
        [("gzip", "gzip"), ("gzip, zstd", "zstd"), ("zstd;q=0.1, gzip;q=0.2", "gzip")]
    {
        let headers = format!("{TEXT}reply-etag: \"a\"\r\naccept-encoding: {accepted}\r\n");
        let response = reply(host.port(), &headers);

        assert_eq!(response.header("content-encoding"), Some(encoding));
        assert_eq!(response.header("vary"), Some("accept-encoding"));
        let tag = format!("W/\"a--{encoding}\"");
        assert_eq!(response.header("etag"), Some(&*tag));
        assert_eq!(response.header("content-length"), None);
        assert!(response.body.len() < 1000);
        assert_eq!(decompress(encoding, &response.body), body());
    }
    host.stop();
}

#[test]
fn http_2_is_no_different() {
    let host = compressing(echoes, "min_size = '1B'");
    let request = ::http::Request::get("http://localhost/id").header("accept-encoding", "zstd");

    let mut client = http2::Client::connect(host.port());
    let response = client.ask(request.body(http_body_util::Full::default()).unwrap());

    assert_eq!(response.header("content-encoding"), Some("zstd"));
    assert_eq!(decompress("zstd", &response.body).len(), 36);
    host.stop();
}

#[test]
fn head_says_what_get_says() {
    let host = compressing(echoes, "");
    let headers = format!("{TEXT}reply-etag: \"a\"\r\naccept-encoding: gzip\r\n");
    let mut client = Client::connect(host.port());

    client.request("HEAD", "/reply", &headers, &body());
    let head = client.head();
    // Nothing follows it: the next answer on the connection is read from its start.
    client.request("GET", "/reply", &headers, &body());
    let get = client.response();

    for name in ["content-encoding", "content-length", "content-type", "etag", "vary"] {
        assert_eq!(head.header(name), get.header(name), "{name}");
    }
    assert_eq!(get.header("etag"), Some("W/\"a--gzip\""));
    host.stop();
}

#[test]
fn the_service_gets_its_own_tags_back() {
    let host = compressing(echoes, "");
    let headers = "if-match: W/\"a--gzip\", \"b\"\r\nif-none-match: W/\"c--zstd\"\r\n";

    let seen = http::request(host.port(), "GET", "/head", headers, b"");

    let seen: serde_json::Value = serde_json::from_str(seen.text()).expect("it is JSON");
    let fields = seen["fields"].as_array().expect("it has fields");
    for expected in [["if-match", "\"a\", \"b\""], ["if-none-match", "\"c\""]] {
        assert!(fields.contains(&serde_json::json!(expected)), "{seen}");
    }
    host.stop();
}

#[test]
fn some_responses_stay_as_they_are() {
    let host = compressing(echoes, "except = ['/head']");
    let port = host.port();

    for headers in [
        "reply-content-type: image/png\r\n",
        "reply-content-type: text/plain\r\nreply-content-encoding: br\r\n",
        "reply-content-type: text/plain\r\nreply-cache-control: no-transform\r\n",
    ] {
        let response = reply(port, &format!("{headers}accept-encoding: gzip\r\n"));
        assert_eq!(response.body, body(), "{headers}");
        assert_eq!(response.header("content-length"), Some("12000"));
        assert_eq!(response.header("vary"), None);
    }
    let plain = reply(port, TEXT);
    assert_eq!((plain.body.as_slice(), plain.header("vary")), (&*body(), Some("accept-encoding")));
    let small = http::request(port, "GET", "/id", "accept-encoding: gzip\r\n", b"");
    assert_eq!((small.body.len(), small.header("content-encoding")), (36, None));
    let long = format!("accept-encoding: gzip\r\nx-long: {}\r\n", "x".repeat(4000));
    let excepted = http::request(port, "GET", "/head", &long, b"");
    assert_eq!((excepted.status, excepted.header("content-encoding")), (200, None));
    host.stop();
}

#[test]
fn events_arrive_as_they_happen() {
    let host = compressing(echoes, "");
    let mut client = Client::connect(host.port());

    client.send("GET /events HTTP/1.1\r\nhost: localhost\r\naccept-encoding: gzip\r\n\r\n");
    let head = client.head();
    http::get(host.port(), "/permit");

    assert_eq!(head.header("content-encoding"), None);
    assert_eq!(client.chunk().unwrap(), b"data: number 1\nevent: count\n\n");
    drop(client);
    host.stop();
}

#[test]
fn a_piece_arrives_before_the_next_one_is_sent() {
    let host = compressing(echoes, "");
    let mut client = Client::connect(host.port());
    client.send(format!(
        "POST /reply?stream HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\
         {TEXT}accept-encoding: gzip\r\n\r\n"
    ));
    let mut arrived = Vec::new();
    let mut expected = String::new();

    for piece in ["first ", "second ", "third "] {
        client.send(format!("{:x}\r\n{piece}\r\n", piece.len()));
        if arrived.is_empty() {
            assert_eq!(client.head().header("content-encoding"), Some("gzip"));
        }
        expected.push_str(piece);
        while decoded_so_far(&arrived) != expected {
            arrived.extend(client.chunk().expect("more arrives"));
        }
    }
    client.send("0\r\n\r\n");
    loop {
        let rest = client.chunk().expect("the rest arrives");
        if rest.is_empty() {
            break;
        }
        arrived.extend(rest);
    }

    assert_eq!(decompress("gzip", &arrived), expected.as_bytes());
    host.stop();
}

/// What can be decoded of a body that has not ended.
fn decoded_so_far(bytes: &[u8]) -> String {
    let mut decoder = flate2::read::GzDecoder::new(bytes);
    let (mut text, mut byte) = (Vec::new(), [0]);
    while let Ok(1) = decoder.read(&mut byte) {
        text.push(byte[0]);
    }
    String::from_utf8(text).expect("the service sends text")
}

#[test]
fn messages_of_rpcs_are_compressed_unless_somebody_says_otherwise() {
    let is_compressed = |client: &mut grpc::Client, compression| {
        let message = EchoRequest { compression, ..echo(&body()) };
        let request = grpc::Request::new(ECHO).header("grpc-accept-encoding", "gzip");
        let answer = client.call(request.message(&message));
        if !answer.messages[0].compressed {
            assert_eq!(answer.reply::<EchoReply>().data, body());
        }
        answer.messages[0].compressed
    };
    let except = "except = ['/probe.Probe/*']";
    for (settings, expected) in [("", true), ("grpc = false", false), (except, false)] {
        let host = compressing(probe, settings);
        let mut client = grpc::Client::connect(rpc_port(&host));

        assert_eq!(is_compressed(&mut client, 0), expected, "{settings}");
        assert!(!is_compressed(&mut client, OFF), "{settings}");
        host.stop();
    }
}
