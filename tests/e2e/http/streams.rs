//! Bodies that flow, in both directions, and what happens when one side stops.
//! Does not know what flows.

use std::fs;
use std::io::{ErrorKind, Write};
use std::time::Duration;

use crate::support::http::{self, Client};
use crate::support::{Host, LIMIT, Service, Signal, frames, guests, http2};

/// Size of the pieces of a test's large bodies.
const PIECE: usize = 64 * 1024;
/// How many pieces they have: 64 MiB.
const PIECES: usize = 1024;
/// What sockets and channels may hold of such a body. Loopback sockets hold up to 10 MiB.
const IN_TRANSIT: usize = PIECE * PIECES / 2;
/// A socket that takes nothing for so long is full. One that is only slow makes a test weaker, not
/// wrong.
const FULL: Duration = Duration::from_millis(500);

fn echoes() -> Host {
    let service =
        Service::new(guests::ECHOES, "http:0").tables("[services.http]\nread_timeout = '60s'");
    Host::start(&service.limits("max_body = '128MiB'\ncall_timeout = '60s'"))
}

/// The head of a request whose body comes in chunks.
fn open(client: &mut Client, path: &str) {
    client.send(format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n"
    ));
}

fn chunk(data: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", data.len()).as_bytes(), data, b"\r\n"].concat()
}

#[test]
fn pieces_flow_while_both_bodies_are_open() {
    let host = echoes();
    let mut client = Client::connect(host.port());

    open(&mut client, "/flow");
    client.send(chunk(b"first"));
    assert_eq!(client.head().status, 200);
    let first = client.chunk().expect("the first piece comes back");
    client.send(chunk(b"second"));
    let second = client.chunk().expect("the second piece comes back");
    client.send(chunk(b""));

    assert_eq!([first, second], [b"first".to_vec(), b"second".to_vec()]);
    assert_eq!(client.chunk().expect("the end comes back"), b"");
    host.stop();
}

#[test]
fn chunk_extensions_and_trailers_are_passed_over() {
    let host = echoes();
    let mut client = Client::connect(host.port());

    open(&mut client, "/echo");
    client.send("5;note=\"a\"\r\nhello\r\n0\r\nx-trailer: 1\r\n\r\n");
    let answer = client.response();
    client.get("/seen");

    assert_eq!((answer.status, answer.text()), (200, "hello"));
    assert_eq!(client.response().text(), "1");
    host.stop();
}

#[test]
fn a_client_that_asks_first_is_told_to_go_on() {
    let host = echoes();
    let mut client = Client::connect(host.port());

    client.send(
        "POST /echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\nexpect: 100-continue\r\n\r\n",
    );
    let interim = client.head();
    client.send("hello");

    assert_eq!(interim.status, 100);
    assert_eq!(client.response().text(), "hello");
    host.stop();
}

#[test]
fn server_sent_events_arrive_one_by_one() {
    let host = echoes();
    let mut client = Client::connect(host.port());

    client.get("/events");
    let head = client.head();
    let events = [1, 2, 3].map(|_| {
        http::get(host.port(), "/permit");
        String::from_utf8(client.chunk().expect("an event arrives")).expect("events are text")
    });
    drop(client);

    assert_eq!(head.header("content-type"), Some("text/event-stream"));
    assert_eq!(events, [1, 2, 3].map(|n| format!("data: number {n}\nevent: count\n\n")));
    host.wait_for("a waiting call was dropped");
    host.stop();
}

#[test]
fn a_stream_may_last_longer_than_a_call() {
    let host =
        Host::start(&Service::new(guests::ECHOES, "http:0").limits("call_timeout = '200ms'"));
    let mut client = Client::connect(host.port());

    client.get("/events");
    assert_eq!(client.head().status, 200);
    assert_eq!(http::get(host.port(), "/wait").status, 504);
    http::get(host.port(), "/permit");

    assert_eq!(client.chunk().expect("the event arrives"), b"data: number 1\nevent: count\n\n");
    drop(client);
    host.stop();
}

#[test]
fn an_answer_may_come_before_the_body() {
    let host = echoes();
    let mut client = Client::connect(host.port());

    open(&mut client, "/ignore");
    client.send(chunk(b"the beginning"));

    assert_eq!(client.response().text(), "not interested");
    host.stop();
}

#[test]
fn a_slow_client_slows_the_service_down() {
    let host = echoes();
    let mut client = Client::connect(host.port());
    let before = resident_memory(&host);

    client.get(&format!("/produce/{PIECES}"));
    assert_eq!(client.head().status, 200);
    let produced = settled(&host);
    let grown = resident_memory(&host).saturating_sub(before);

    assert!(produced > 0 && produced < IN_TRANSIT, "{produced} bytes were made for nobody");
    assert!(grown < IN_TRANSIT, "{grown} bytes of memory hold what nobody reads");
    let mut received = 0;
    while let length @ 1.. = client.chunk().expect("the rest arrives").len() {
        received += length;
    }
    assert_eq!(received, PIECE * PIECES);
    host.stop();
}

#[test]
fn a_slow_service_slows_the_client_down() {
    let host = echoes();
    let mut client = Client::connect(host.port());
    let body = chunk(&vec![b'x'; PIECE]).repeat(PIECES);

    open(&mut client, "/hold");
    let sent = send_until_full(&client, &body);
    let grown = resident_memory(&host);
    http::get(host.port(), "/permit");
    client.send(&body[sent..]);
    client.send(chunk(b""));

    assert!(sent < IN_TRANSIT, "{sent} bytes were taken for nobody");
    assert!(grown < 2 * IN_TRANSIT, "{grown} bytes of memory hold what nobody reads");
    assert_eq!(client.response().text(), (PIECE * PIECES).to_string());
    host.stop();
}

/// Sends as much of `bytes` as the socket takes; returns how much that was.
fn send_until_full(client: &Client, bytes: &[u8]) -> usize {
    let mut socket = client.stream();
    socket.set_write_timeout(Some(FULL)).expect("a connected socket takes options");
    let mut sent = 0;
    while sent < bytes.len() {
        match socket.write(&bytes[sent..]) {
            Ok(length) => sent += length,
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) => panic!("the host reads: {error}"),
        }
    }
    socket.set_write_timeout(Some(LIMIT)).expect("a connected socket takes options");
    sent
}

/// How many bytes the guest has made once it makes no more.
fn settled(host: &Host) -> usize {
    let moved = || http::get(host.port(), "/moved").text().parse().expect("it is a number");
    let mut last = moved();
    let mut same = 0;
    // Each look is a turn of the guest, in which it would go on if it could.
    while same < 100 {
        let now: usize = moved();
        same = if now == last { same + 1 } else { 0 };
        last = now;
    }
    last
}

/// How much memory the host occupies, in bytes.
fn resident_memory(host: &Host) -> usize {
    let status = fs::read_to_string(format!("/proc/{}/status", host.id()));
    let status = status.expect("a running process has a status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<usize>().ok());
    kibibytes.expect("the status tells it") * 1024
}

#[test]
fn a_call_is_dropped_when_its_client_leaves() {
    let host = echoes();
    let mut client = Client::connect(host.port());

    client.get("/wait");
    host.wait_for("a call waits");
    drop(client);

    host.wait_for("a waiting call was dropped");
    assert_eq!(http::get(host.port(), "/dropped").text(), "1");
    host.stop();
}

#[test]
fn a_call_is_dropped_when_its_stream_is_reset() {
    let host = echoes();
    let mut client = frames::Client::connect(host.port());

    client.get(1, "/wait");
    host.wait_for("a call waits");
    client.frame(frames::RST_STREAM, 0, 1, &8_u32.to_be_bytes());

    host.wait_for("a waiting call was dropped");
    client.get(3, "/dropped");
    assert_eq!(client.until(frames::DATA).payload, b"1");
    drop(client);
    host.stop();
}

#[test]
fn a_request_body_that_is_cut_off_is_an_error_for_its_reader() {
    let host = echoes();
    let mut client = Client::connect(host.port());

    open(&mut client, "/flow");
    client.send(chunk(b"first"));
    assert_eq!(client.head().status, 200);
    drop(client);

    host.wait_for("response-cut");
    assert_eq!(http::get(host.port(), "/seen").text(), "1");
    host.stop();
}

#[test]
fn a_response_that_fails_midway_is_cut_off() {
    let host = echoes();
    let mut client = Client::connect(host.port());

    client.request("GET", "/breaks", "x-request-id: broken\r\n", b"");
    assert_eq!(client.head().status, 200);
    let first = client.chunk().expect("the first piece arrives");
    let second = client.chunk().expect_err("the connection ends");

    assert_eq!(first, b"the first piece");
    assert_eq!(second.kind(), ErrorKind::UnexpectedEof);
    assert_eq!(host.wait_for("response-cut").text("request_id"), "broken");
    host.stop();
}

#[test]
fn a_response_that_fails_midway_resets_its_stream() {
    let host = echoes();
    let mut client = frames::Client::connect(host.port());

    client.get(1, "/breaks");
    let data = client.until(frames::DATA);
    let reset = client.until(frames::RST_STREAM);
    client.get(3, "/seen");

    assert_eq!((data.payload, data.flags), (b"the first piece".to_vec(), 0));
    assert_eq!(reset.stream, 1);
    assert_eq!(client.until(frames::DATA).payload, b"0");
    drop(client);
    host.stop();
}

#[test]
fn streams_work_on_http_2() {
    let host = echoes();

    let answer = http2::Client::connect(host.port()).get("/produce/16");

    assert_eq!((answer.status, answer.body.len()), (200, 16 * PIECE));
    host.stop();
}

#[test]
fn server_sent_events_do_not_keep_the_service_from_stopping() {
    let host =
        Host::start(&Service::new(guests::ECHOES, "http:0").host("shutdown_timeout = '50s'"));
    let mut old = Client::connect(host.port());
    let mut new = frames::Client::connect(host.port());
    old.get("/events");
    let status = old.head().status;
    new.get(1, "/events");
    new.until(frames::HEADERS);
    http::get(host.port(), "/permit");
    let event = old.chunk().expect("an event arrives");
    let first = new.until(frames::DATA);

    host.signal(Signal::TERM);
    let end = old.chunk().expect("the stream comes to its end");
    let last = new.until(frames::DATA);
    drop(new);
    let stopped = host.ended();

    assert_eq!((status, event.len(), end.len()), (200, first.payload.len(), 0));
    assert_eq!((last.payload.len(), last.flags), (0, frames::END_STREAM));
    assert_eq!((stopped.status, stopped.stderr.as_str()), (Some(0), ""));
    assert!(stopped.lines("shutdown-timed-out").is_empty());
}

#[test]
fn tiny_pieces_on_http_2_wait_for_a_service_that_takes_its_time() {
    const PIECES: usize = 20_000;
    let host = echoes();
    let mut client = frames::Client::connect(host.port());
    let upload = frames::post_fields("/hold", "text/plain");

    client.frame(frames::HEADERS, frames::END_HEADERS, 1, &upload);
    client.send(frames::frame(frames::DATA, 0, 1, b"x").repeat(PIECES));
    // Another request of the connection is answered meanwhile.
    client.get(3, "/permit");
    assert_eq!(client.until(frames::HEADERS).stream, 3);
    client.frame(frames::DATA, frames::END_STREAM, 1, b"");

    while client.until(frames::HEADERS).stream != 1 {}
    assert_eq!(client.until(frames::DATA).payload, PIECES.to_string().as_bytes());
    host.stop();
}

#[test]
fn a_stream_of_known_length_announces_it() {
    let host = Host::start(&Service::new(guests::BARE, "http:0"));
    let path = "/stream-as-long-as-announced";

    let old = http::get(host.port(), path);
    let new = http2::Client::connect(host.port()).get(path);
    let mut client = Client::connect(host.port());
    client.send(format!("HEAD {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"));
    let head = client.head();

    assert_eq!((old.header("content-length"), old.text()), (Some("5"), "hello"));
    assert_eq!((new.header("content-length"), new.text()), (Some("5"), "hello"));
    assert_eq!(head.header("content-length"), Some("5"));
    assert_eq!(client.rest().expect("the connection ends"), b"");
    host.stop();
}

#[test]
fn a_stream_of_another_length_than_announced_is_cut_off() {
    for (path, reason) in [
        ("/stream-shorter-than-announced", "its body is shorter than it had announced"),
        ("/stream-longer-than-announced", "its body is longer than it had announced"),
    ] {
        let host = Host::start(&Service::new(guests::BARE, "http:0"));
        let mut client = Client::connect(host.port());

        client.send(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n"));
        let head = client.head();
        let received = client.rest().unwrap_or_default();

        let announced: usize = head.header("content-length").unwrap().parse().unwrap();
        assert!(received.len() < announced, "{path}: {received:?}");
        let line = host.wait_for("response-cut");
        assert_eq!((line.msg(), line.text("reason")), ("response cut off", reason));
        host.stop();
    }
}
