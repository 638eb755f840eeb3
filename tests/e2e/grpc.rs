//! gRPC as clients see it that send exactly what a test says.
//! Clients of others are in `interop`.

mod cancellation;
mod compression;
mod connections;
mod deadlines;
mod errors;
mod examples;
mod faults;
mod health;
mod interceptors;
mod limits;
mod metadata;
mod protocol;
mod reflection;
mod shutdown;
mod small_messages;
mod streams;
mod unary;

use std::time::Instant;

use crate::support::grpc::Client;
use crate::support::probe::{CANCELLED, CancelledReply, ECHO, EchoReply, Empty, echo};
use crate::support::{Host, LIMIT, Line, Service, guests};

/// The service that does what messages ask for.
fn service() -> Service {
    Service::new(guests::STREAMS, "grpc:0")
}

/// A host that runs it, with keys of `[services.grpc]`.
fn probe(settings: &str) -> Host {
    Host::start(&service().tables(&format!("[services.grpc]\n{settings}")))
}

fn connect(host: &Host) -> Client {
    Client::connect(port(host))
}

/// The port of kind `grpc`.
fn port(host: &Host) -> u16 {
    host.wait_until("the port of kind `grpc`", |log| {
        let is_grpc = |line: &&Line| line.has("address") && line.text("kind") == "grpc";
        let line = log.iter().find(is_grpc)?;
        line.text("address").rsplit_once(':')?.1.parse().ok()
    })
}

/// Demands that the service answers.
#[track_caller]
fn still_echoes(client: &mut Client) {
    let reply: EchoReply = client.unary(ECHO, &echo(b"still here")).reply();
    assert_eq!(reply.data, b"still here");
}

/// Asks until the service is in no method and no stream.
#[track_caller]
fn wait_until_idle(client: &mut Client) {
    wait_until(client, |seen| seen.active == 0);
}

/// Asks until the service is in so many methods and streams.
#[track_caller]
fn wait_until_active(client: &mut Client, count: u64) {
    wait_until(client, |seen| seen.active >= count);
}

/// Asks until so many methods and streams were dropped by the service.
#[track_caller]
fn wait_until_dropped(client: &mut Client, count: u64) {
    let seen = wait_until(client, |seen| seen.dropped >= count && seen.active == 0);
    assert_eq!(seen.dropped, count);
}

/// Asks until the service has seen what it is to see, a little later than its callers.
#[track_caller]
fn wait_until(client: &mut Client, is_enough: impl Fn(&CancelledReply) -> bool) -> CancelledReply {
    let began = Instant::now();
    loop {
        let seen: CancelledReply = client.unary(CANCELLED, &Empty {}).reply();
        if is_enough(&seen) {
            return seen;
        }
        assert!(began.elapsed() < LIMIT, "the service has only seen {seen:?}");
    }
}

/// Memory that the host uses, in bytes.
fn resident(host: &Host) -> usize {
    let statm = std::fs::read_to_string(format!("/proc/{}/statm", host.id()));
    let statm = statm.expect("Linux tells");
    let pages = statm.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok());
    pages.expect("a number of pages") * 4096
}
