//! The end of a service with RPCs in flight.

use super::{connect, probe, service, wait_until_active};
use crate::support::grpc::Request;
use crate::support::probe::{CHAT, ECHO, EchoReply, EchoRequest, chunk, echo};
use crate::support::{Host, Signal};

#[test]
fn what_is_in_flight_is_answered_and_the_connection_ends() {
    let host = probe("");
    let mut client = connect(&host);
    let mut idle = connect(&host);
    let request = EchoRequest { sleep_ms: 500, ..echo(b"last") };
    let mut last = client.open(Request::new(ECHO).message(&request));
    last.finish();
    wait_until_active(&mut idle, 1);

    host.signal(Signal::TERM);

    assert_eq!(last.answer().reply::<EchoReply>().data, b"last");
    client.wait_until_closed();
    idle.wait_until_closed();
    assert_eq!(host.ended().status, Some(0));
}

#[test]
fn streams_without_an_end_are_cut_off_when_time_is_up() {
    let host = Host::start(&service().host("shutdown_timeout = '300ms'"));
    let mut client = connect(&host);
    let mut chat = client.open(Request::new(CHAT));
    chat.send(&chunk(b"a"));
    assert!(chat.next().is_some());

    host.signal(Signal::TERM);
    let broken_off = chat.try_answer();

    assert!(broken_off.is_err() || broken_off.is_ok_and(|answer| answer.code() == 14));
    let stopped = host.ended();
    assert_eq!(stopped.status, Some(1));
    assert_eq!(stopped.lines("shutdown takes too long, interrupting the service").len(), 1);
}
