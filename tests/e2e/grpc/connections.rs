//! Connections: how many RPCs, how old, how quiet.

use super::{connect, port, probe, still_echoes};
use crate::support::frames::{self, Client as Raw, PING, SETTINGS};
use crate::support::grpc::{self, Request};
use crate::support::probe::{ECHO, EchoReply, EchoRequest, echo};

/// `SETTINGS_MAX_CONCURRENT_STREAMS` (RFC 9113 section 6.5.2).
const MAX_CONCURRENT_STREAMS: u16 = 3;

#[test]
fn clients_are_told_how_many_rpcs_they_may_have() {
    let host = probe("max_streams = 7");
    let mut client = Raw::silent(port(&host));
    client.send(frames::PREFACE);
    client.frame(SETTINGS, 0, 0, &[]);

    let settings = client.until(SETTINGS).payload;

    let values = settings.chunks_exact(6).map(|setting| {
        let (id, value) = setting.split_at(2);
        let id = u16::from_be_bytes(id.try_into().expect("two bytes"));
        (id, u32::from_be_bytes(value.try_into().expect("four bytes")))
    });
    assert!(values.into_iter().any(|setting| setting == (MAX_CONCURRENT_STREAMS, 7)));
    host.stop();
}

#[test]
fn an_old_connection_finishes_what_it_has_and_ends() {
    let host = probe("max_connection_age = '100ms'");
    let mut client = connect(&host);
    let request = EchoRequest { sleep_ms: 1000, ..echo(b"late") };

    // Begun before the connection is old, answered after that.
    let answer = client.unary(ECHO, &request);

    assert_eq!(answer.reply::<EchoReply>().data, b"late");
    client.wait_until_closed();
    still_echoes(&mut connect(&host));
    host.stop();
}

#[test]
fn an_old_connection_does_not_wait_for_ever() {
    let host = probe("max_connection_age = '50ms'\nmax_connection_age_grace = '50ms'");
    let mut client = connect(&host);
    let request = EchoRequest { sleep_ms: 20_000, ..echo(b"too late") };
    let mut echo = client.open(Request::new(ECHO).message(&request));
    echo.finish();

    std::mem::forget(echo);
    client.wait_until_closed();
    host.stop();
}

#[test]
fn a_connection_without_rpcs_ends() {
    let host = probe("idle_timeout = '50ms'");
    let mut client = connect(&host);
    still_echoes(&mut client);

    client.wait_until_closed();
    host.stop();
}

#[test]
fn a_connection_is_not_idle_while_its_client_reads() {
    let host = probe("idle_timeout = '50ms'");
    let mut client = Raw::with_window(port(&host), 1000);
    let post = frames::post_fields(ECHO, "application/grpc");
    client.frame(frames::HEADERS, frames::END_HEADERS, 1, &post);
    let request = grpc::frame(&echo(&[b'x'; 10_000]));
    client.frame(frames::DATA, frames::END_STREAM, 1, &request);
    client.until(frames::DATA);

    // A client that does not care is closed when the timeout has passed, and a second more.
    assert!(Raw::connect(port(&host)).is_closed_at_last());
    client.open_window(1);

    client.until(frames::DATA);
    // The trailers.
    client.until(frames::HEADERS);
    host.stop();
}

#[test]
fn a_client_that_does_not_answer_pings_is_gone() {
    let host = probe("keepalive_interval = '50ms'\nkeepalive_timeout = '50ms'");
    let mut client = Raw::connect(port(&host));

    client.until(PING);

    assert!(client.is_closed_at_last());
    host.stop();
}

#[test]
fn a_client_that_never_speaks_is_gone() {
    let host = probe("");
    let silent = Raw::silent(port(&host));

    // It does not keep the host from ending.
    host.stop();
    drop(silent);
}
