//! The end of a service with RPCs in flight.

use prost::Message;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

use super::{connect, probe, service, still_echoes, wait_until_active, wait_until_idle};
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
fn rpcs_are_answered_while_health_is_denied() {
    let host = Host::start(&service().host("drain_delay = '1h'"));
    let mut client = connect(&host);
    let mut watching = connect(&host);
    let question = HealthCheckRequest::default();
    let mut watch = watching.open(Request::new("/grpc.health.v1.Health/Watch").message(&question));
    watch.finish();
    let mut next = || {
        let message = watch.next().expect("a status");
        HealthCheckResponse::decode(message.data.as_slice()).expect("a status").status
    };
    assert_eq!(next(), 1);

    host.signal(Signal::TERM);

    assert_eq!(next(), 2);
    let answer = client.unary("/grpc.health.v1.Health/Check", &question);
    assert_eq!(answer.reply::<HealthCheckResponse>().status, 2);
    still_echoes(&mut client);
    still_echoes(&mut connect(&host));
    host.signal_until(Signal::TERM, "service-draining");
    assert_eq!(host.ended().status, Some(0));
}

#[test]
fn clients_that_are_silent_do_not_keep_the_service() {
    let host = probe("");
    let mut client = connect(&host);
    // Half a message; a question whose end does not come; a socket that says nothing.
    let half = crate::support::grpc::frame(&echo(b"hello"))[..6].to_vec();
    let mut open = client.open_all(vec![
        Request::new(ECHO).bytes(half),
        Request::new("/grpc.health.v1.Health/Watch").bytes(crate::support::grpc::frame_of(0, b"")),
    ]);
    wait_until_idle(&mut connect(&host));

    host.signal(Signal::TERM);

    for rpc in &mut open {
        assert!(rpc.try_answer().is_ok_and(|answer| answer.code() == 14));
    }
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
    assert_eq!(stopped.lines("shutdown-timed-out").len(), 1);
}
