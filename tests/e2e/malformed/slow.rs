//! Clients that take too long, or take nothing.
//! Does not know malformed bytes.

use std::io::{ErrorKind, Read};
use std::time::Duration;

use expect_test::expect;

use crate::support::http::{self, Client};
use crate::support::{Host, LIMIT, Service, frames, guests, http2};

/// How long such a client looks for an answer before it sends the next bit.
const DAWDLE: Duration = Duration::from_millis(20);

fn echoes(timeouts: &str) -> Host {
    let tables = format!("[services.http]\n{timeouts}");
    Host::start(&Service::new(guests::ECHOES, "http:0").tables(&tables))
}

#[test]
fn a_head_that_does_not_end_is_not_waited_for() {
    let host = echoes("header_timeout = '200ms'\nidle_timeout = '10m'");
    let mut client = Client::connect(host.port());

    client.send("GET /head HTTP/1.1\r\nhost: loc");

    assert!(client.is_closed());
    assert_eq!(http::get(host.port(), "/seen").text(), "0");
    host.stop();
}

#[test]
fn a_head_that_comes_bit_by_bit_is_not_waited_for() {
    let host = echoes("header_timeout = '200ms'");
    let mut client = Client::connect(host.port());

    client.send("GET /head HTTP/1.1\r\nhost: localhost\r\n");
    let bits = dawdle(&client, "x: 1\r\n");

    assert!(bits < 1000, "the host has taken {bits} bits");
    assert_eq!(http::get(host.port(), "/seen").text(), "0");
    host.stop();
}

#[test]
fn a_second_head_has_the_same_time_as_the_first() {
    let host = echoes("header_timeout = '200ms'\nidle_timeout = '10m'");
    let mut client = Client::connect(host.port());

    client.get("/seen");
    assert_eq!(client.response().status, 200);
    client.send("GET /head HTTP/1.1\r\n");

    assert!(client.is_closed());
    host.stop();
}

/// Sends `bit` again and again until the host closes the connection; returns how often.
fn dawdle(client: &Client, bit: &str) -> usize {
    use std::io::Write;
    let mut socket = client.stream();
    socket.set_read_timeout(Some(DAWDLE)).expect("a connected socket takes options");
    let most = LIMIT.as_millis() / DAWDLE.as_millis();
    let sent = (0..most).take_while(|_| {
        let closed = match socket.read(&mut [0; 1024]) {
            Ok(length) => length == 0,
            Err(error) => error.kind() != ErrorKind::WouldBlock,
        };
        !closed && socket.write_all(bit.as_bytes()).is_ok()
    });
    sent.count()
}

#[test]
fn a_short_body_that_does_not_come_is_not_waited_for() {
    let host = echoes("read_timeout = '200ms'");
    let mut client = Client::connect(host.port());

    client.send("POST /echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\nhello");
    let answer = client.response();

    assert_eq!((answer.status, answer.header("connection")), (408, Some("close")));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    expect![[r#"{"kind":"ValidationError","message":"the request body did not arrive, 200ms passed without any of it","code":0,"service_name":"probe"}"#]]
        .assert_eq(answer.text());
    assert!(client.is_closed());
    assert_eq!(http::get(host.port(), "/seen").text(), "0");
    host.stop();
}

#[test]
fn a_long_body_that_does_not_come_is_not_waited_for() {
    let host = echoes("read_timeout = '200ms'");
    let mut client = Client::connect(host.port());

    client.send("POST /measure HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n");
    client.send("5\r\nhello\r\n");

    assert_eq!(client.response().status, 408);
    assert!(client.is_closed());
    host.stop();
}

#[test]
fn a_client_that_does_not_read_is_left() {
    let host = echoes("write_timeout = '200ms'");
    let mut client = Client::connect(host.port());

    client.get("/produce/1024");
    host.wait_for("a waiting call was dropped");

    assert!(client.rest().is_err() || client.is_closed());
    assert_eq!(http::get(host.port(), "/health").status, 200);
    host.stop();
}

#[test]
fn a_stream_whose_client_does_not_read_is_left() {
    let host = echoes("write_timeout = '200ms'");
    let mut client = frames::Client::connect(host.port());
    // Room for everything on the level of HTTP/2, so that it is the socket that is full.
    let room = (1_u32 << 30).to_be_bytes();
    client.frame(frames::WINDOW_UPDATE, 0, 0, &room);

    client.get(1, "/produce/1024");
    client.frame(frames::WINDOW_UPDATE, 0, 1, &room);

    host.wait_for("a waiting call was dropped");
    drop(client);
    host.stop();
}

#[test]
fn a_stream_whose_client_gives_no_room_is_left() {
    let host = echoes("write_timeout = '200ms'");
    let mut client = frames::Client::connect(host.port());

    client.get(1, "/produce/1024");

    host.wait_for("a waiting call was dropped");
    drop(client);
    host.stop();
}

#[test]
fn a_connection_without_requests_is_closed() {
    let host = echoes("idle_timeout = '200ms'");
    let mut silent = Client::connect(host.port());
    let mut used = Client::connect(host.port());
    let mut new = frames::Client::connect(host.port());

    used.get("/seen");
    assert_eq!(used.response().status, 200);

    assert!(silent.is_closed());
    assert!(used.is_closed());
    new.until(frames::GOAWAY);
    assert!(new.is_closed_at_last());
    host.stop();
}

#[test]
fn a_connection_with_a_long_call_is_not_idle() {
    let host = echoes("idle_timeout = '100ms'\nheader_timeout = '100ms'");
    let mut busy = Client::connect(host.port());
    let mut idle = Client::connect(host.port());

    busy.get("/events");
    assert_eq!(busy.head().status, 200);
    assert!(idle.is_closed());
    http::get(host.port(), "/permit");

    assert_eq!(busy.chunk().expect("the event arrives"), b"data: number 1\nevent: count\n\n");
    drop(busy);
    host.stop();
}

#[test]
fn clients_that_do_nothing_do_not_hold_up_the_end() {
    let host = echoes("header_timeout = '10m'\nidle_timeout = '10m'");
    let _silent = Client::connect(host.port());
    let mut begun = Client::connect(host.port());
    begun.send("GET /head HT");
    let mut used = Client::connect(host.port());
    used.get("/seen");
    used.response();
    // Never acknowledges that the connection is about to end.
    let _new = frames::Client::connect(host.port());
    http::get(host.port(), "/seen");

    let stopped = host.stop();

    assert!(stopped.lines("shutdown-timed-out").is_empty());
}

#[test]
fn a_head_of_one_byte_is_not_waited_for() {
    let host = echoes("header_timeout = '200ms'\nidle_timeout = '10m'");

    // `P` may become `POST` or the preface of HTTP/2.
    for begin in ["P", "PRI", "G"] {
        let mut client = Client::connect(host.port());
        client.send(begin);
        assert!(client.is_closed());
    }

    assert_eq!(http::get(host.port(), "/seen").text(), "0");
    host.stop();
}

#[test]
fn a_preface_of_http_2_that_does_not_end_is_not_waited_for() {
    let host = echoes("header_timeout = '200ms'\nidle_timeout = '10m'");
    let half_settings = [frames::PREFACE, &[0, 0, 6, frames::SETTINGS]].concat();

    for begin in [&frames::PREFACE[..14], frames::PREFACE, &half_settings] {
        let mut client = frames::Client::silent(host.port());
        client.send(begin);
        assert!(client.is_closed_at_last());
    }

    host.stop();
}

#[test]
fn a_client_that_gives_no_room_at_all_is_left() {
    let host = echoes("write_timeout = '200ms'\nidle_timeout = '10m'");

    // One byte, and more than any buffer holds.
    for path in ["/seen", "/produce/1024"] {
        let mut client = frames::Client::silent(host.port());
        client.send(frames::PREFACE);
        // SETTINGS_INITIAL_WINDOW_SIZE is number 4; it is zero.
        client.frame(frames::SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 0]);
        client.until(frames::SETTINGS);
        client.frame(frames::SETTINGS, 1, 0, &[]);
        client.get(1, path);
        client.until(frames::HEADERS);

        assert_eq!(http::get(host.port(), "/head").status, 200);
        assert_eq!(http2::Client::connect(host.port()).get("/head").status, 200);
        assert!(client.is_closed_at_last());
    }

    host.wait_for("a waiting call was dropped");
    host.stop();
}
