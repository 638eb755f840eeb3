//! Services that fail without wanting to.

use super::{connect, probe, service, still_echoes};
use crate::support::Host;
use crate::support::grpc::Request;
use crate::support::probe::{
    CHAT, Chunk, ECHO, EchoRequest, How, Mode, POUR, PourRequest, SUM, Then, chunk, failing, mode,
};

const INTERNAL: u32 = 13;
const UNAVAILABLE: u32 = 14;

#[test]
fn a_panic_is_internal_and_says_nothing_of_itself() {
    let host = probe("");
    let mut client = connect(&host);

    let answer = client.unary(ECHO, &failing(How::Panic("a secret".to_owned())));

    assert_eq!(answer.code(), INTERNAL);
    assert!(answer.message().contains("got an internal error"));
    assert!(!format!("{answer:?}").contains("a secret"));
    let line = host.wait_for("instance-lost");
    assert!(line.text("error.message").contains("a secret"));
    assert_eq!(line.text("call"), "grpc.unary");
    still_echoes(&mut client);
    host.stop();
}

#[test]
fn a_panic_in_a_stream_ends_it_with_what_was_sent() {
    let host = probe("");
    let mut client = connect(&host);
    let asked = PourRequest {
        messages: 9,
        size: 1,
        then: Then::Panic.into(),
        after: Some(3),
        ..PourRequest::default()
    };

    let poured = client.unary(POUR, &asked);
    assert_eq!((poured.messages.len(), poured.code()), (3, INTERNAL));
    still_echoes(&mut client);
    let summed = client.call(Request::new(SUM).message(&mode(Mode::Panic)));
    assert_eq!((summed.messages.len(), summed.code()), (0, INTERNAL));
    still_echoes(&mut client);
    host.stop();
}

#[test]
fn neighbours_are_told_to_try_again() {
    let host = probe("");
    let mut client = connect(&host);
    let mut other = connect(&host);
    let sleeping = EchoRequest { sleep_ms: 600_000, ..EchoRequest::default() };
    // What has ended is no loss.
    for _ in 0..20 {
        assert_eq!(client.call(Request::new(CHAT).message(&chunk(b"a"))).code(), 0);
    }
    let requests = vec![Request::new(ECHO).message(&sleeping), Request::new(CHAT)];
    let mut open = client.open_all(requests);
    let mut chat = open.pop().expect("two are open");
    let mut echo = open.pop().expect("two are open");
    echo.finish();
    chat.send(&chunk(b"a"));
    assert!(chat.next().is_some());

    let culprit = other.unary(ECHO, &failing(How::Panic("now".to_owned())));

    assert_eq!(culprit.code(), INTERNAL);
    for neighbour in [echo, chat] {
        let answer = neighbour.answer();
        assert_eq!(answer.code(), UNAVAILABLE);
        assert_eq!(super::errors::retry_delay(&answer), Some(1));
    }
    assert_eq!(host.wait_for("instance-lost").number("calls.lost"), 2);
    still_echoes(&mut other);
    host.stop();
}

#[test]
fn memory_beyond_the_limit_is_internal() {
    let host = Host::start(&service().limits("memory = '16MiB'"));
    let mut client = connect(&host);
    let asked = PourRequest { messages: 1, size: 64 << 20, ..PourRequest::default() };

    let answer = client.unary(POUR, &asked);

    assert_eq!(answer.code(), INTERNAL);
    assert_eq!(host.wait_for("instance-lost").text("error.kind"), "out-of-memory");
    still_echoes(&mut client);
    host.stop();
}

#[test]
fn a_status_in_the_middle_ends_both_sides() {
    let host = probe("");
    let mut client = connect(&host);
    let mut chat = client.open(Request::new(CHAT));

    chat.send(&chunk(b"a"));
    assert_eq!(chat.next().expect("an echo").decode::<Chunk>().data, b"a");
    chat.send(&mode(Mode::Fail));

    let answer = chat.answer();
    assert_eq!((answer.code(), answer.message().as_str()), (9, "enough"));
    still_echoes(&mut client);
    host.stop();
}
