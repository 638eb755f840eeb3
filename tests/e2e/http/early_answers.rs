//! Answers that are ready before the whole request has arrived: they reach clients that write first.
//! Does not know what the answers are about.

use crate::support::frames::{self, DATA, END_HEADERS, END_STREAM, HEADERS, RST_STREAM};
use crate::support::http::{self, Client};
use crate::support::{Host, Service, guests};

const CHUNKED: &str = "transfer-encoding: chunked";
/// More than sockets buffer, and more than is read for the sake of the connection.
const PIECES: usize = 320;
const PIECE: usize = 64 * 1024;

fn echoes() -> Host {
    Host::start(&Service::new(guests::ECHOES, "http:0"))
}

fn head(path: &str, fields: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nhost: localhost\r\n{fields}\r\n\r\n")
}

/// The statuses of two long uploads by clients that read nothing before all is written, chunked and of known
/// length. The connections end in order.
fn uploads(host: &Host, path: &str) -> [u16; 2] {
    let length = format!("content-length: {}", PIECES * PIECE);
    [CHUNKED, &length].map(|fields| {
        let piece = "x".repeat(PIECE);
        let piece = match fields {
            CHUNKED => format!("{PIECE:x}\r\n{piece}\r\n"),
            _ => piece,
        };
        let mut client = Client::connect(host.port());
        client.send(head(path, fields));
        for _ in 0..PIECES {
            client.send(&piece);
        }
        let status = client.response().status;
        assert!(client.is_closed());
        status
    })
}

#[test]
fn a_short_body_that_nobody_reads_leaves_the_connection_to_the_next_request() {
    let host = echoes();
    let mut client = Client::connect(host.port());
    let whole = "x".repeat(100_000);

    for (path, status) in [("/ignore", 200), ("/nowhere", 404), ("/seen", 405), ("/health", 405)] {
        for (fields, body) in
            [(CHUNKED, "5\r\nhello\r\n0\r\n\r\n"), ("content-length: 100000", &whole)]
        {
            client.send(head(path, fields));
            let answer = client.response();
            client.send(body);
            let expected = (status, None);
            assert_eq!((answer.status, answer.header("connection")), expected, "{path} {fields}");
        }
    }

    client.get("/health");
    assert_eq!(client.response().status, 200);
    host.stop();
}

#[test]
fn a_client_that_writes_all_of_a_long_body_first_gets_the_answer() {
    let host = echoes();

    // What is announced to be larger than `max_body` does not reach the service.
    assert_eq!(uploads(&host, "/ignore"), [200, 413]);
    assert_eq!(uploads(&host, "/nowhere"), [404, 413]);
    assert_eq!(uploads(&host, "/measure"), [413, 413]);
    assert_eq!(uploads(&host, "/health"), [405, 405]);

    host.stop();
}

#[test]
fn a_client_that_writes_all_first_gets_the_answer_of_a_feature() {
    let limit = "[features.rate_limit]\nenabled = true\nrequests = 1\nper = '24h'";
    let host = Host::start(&Service::new(guests::ECHOES, "http:0").tables(limit));
    assert_eq!(http::get(host.port(), "/seen").status, 200);

    assert_eq!(uploads(&host, "/measure"), [429; 2]);
    host.stop();
}

#[test]
fn a_client_of_http_2_may_send_the_rest_after_the_answer() {
    let host = echoes();
    let mut client = frames::Client::connect(host.port());
    client.frame(HEADERS, END_HEADERS, 1, &frames::post_fields("/nowhere", "text/plain"));
    let mut frames = std::iter::repeat_with(|| client.read().expect("the connection is open"));
    frames.find(|frame| [HEADERS, DATA].contains(&frame.kind) && frame.flags & END_STREAM > 0);

    for flags in [0, 0, END_STREAM] {
        client.frame(DATA, flags, 1, &[b'x'; 16 * 1024]);
    }
    client.get(3, "/health");

    loop {
        let frame = client.read().expect("the connection is open");
        assert_ne!(frame.kind, RST_STREAM);
        if (frame.kind, frame.stream) == (HEADERS, 3) {
            break;
        }
    }
    drop(client);
    host.stop();
}

#[test]
fn who_waits_for_a_sign_to_send_the_body_is_told_that_the_connection_ends() {
    let host = echoes();
    let mut client = Client::connect(host.port());

    client.send(head("/health", "content-length: 5\r\nexpect: 100-continue"));
    let answer = client.response();

    assert_eq!((answer.status, answer.header("connection")), (405, Some("close")));
    assert!(client.is_closed());
    host.stop();
}

#[test]
fn a_stop_does_not_wait_for_bodies_that_nobody_reads() {
    let host = echoes();
    let [mut short, mut long] = [(); 2].map(|()| Client::connect(host.port()));

    short.send(head("/nowhere", CHUNKED));
    long.send(head("/nowhere", "content-length: 1000000"));

    assert_eq!([short.response().status, long.response().status], [404; 2]);
    host.stop();
}
