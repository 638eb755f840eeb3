//! Many messages: order, pace, and who ends when.

use super::{connect, probe, resident, still_echoes, wait_until_dropped};
use crate::support::grpc::Request;
use crate::support::probe::{
    CHAT, Chunk, Mode, POUR, PourRequest, SUM, SumReply, Then, chunk, mode,
};

#[test]
fn the_messages_of_a_client_are_answered_by_one() {
    let host = probe("");
    let request =
        (0..100).fold(Request::new(SUM), |request, _| request.message(&chunk(&[7; 1000])));

    let answer = connect(&host).call(request);

    let expected = SumReply { messages: 100, bytes: 100_000, compressed: 0 };
    assert_eq!(answer.reply::<SumReply>(), expected);
    host.stop();
}

#[test]
fn a_message_is_answered_by_many_and_trailing_metadata() {
    let host = probe("");
    let asked = PourRequest { messages: 50, size: 30_000, ..PourRequest::default() };

    let answer = connect(&host).unary(POUR, &asked);

    assert_eq!(answer.code(), 0);
    assert_eq!(answer.messages.len(), 50);
    let expected = vec![7; 30_000];
    assert!(answer.messages.iter().all(|one| one.decode::<Chunk>().data == expected));
    assert_eq!(answer.trailer("x-poured"), Some("50"));
    host.stop();
}

#[test]
fn no_messages_at_all_are_a_stream_as_well() {
    let host = probe("");
    let mut client = connect(&host);

    assert_eq!(client.call(Request::new(SUM)).reply::<SumReply>(), SumReply::default());
    let poured = client.unary(POUR, &PourRequest::default());
    assert_eq!((poured.code(), poured.messages.len()), (0, 0));
    let chat = client.call(Request::new(CHAT));
    assert_eq!((chat.code(), chat.messages.len()), (0, 0));
    host.stop();
}

#[test]
fn each_side_hears_the_other_at_once() {
    let host = probe("");
    let mut client = connect(&host);
    let mut chat = client.open(Request::new(CHAT));

    for number in 0..100u8 {
        chat.send(&chunk(&[number]));
        assert_eq!(chat.next().expect("an echo").decode::<Chunk>().data, [number]);
    }
    chat.finish();

    assert_eq!(chat.answer().code(), 0);
    host.stop();
}

#[test]
fn initial_metadata_does_not_wait_for_the_first_message() {
    let host = probe("");
    let mut client = connect(&host);
    let mut chat = client.open(Request::new(CHAT));

    assert_eq!(chat.headers()["content-type"], "application/grpc");

    chat.finish();
    assert_eq!(chat.answer().code(), 0);
    host.stop();
}

#[test]
fn a_service_may_answer_before_the_client_is_done() {
    let host = probe("");
    let mut client = connect(&host);
    let sum = client.open(Request::new(SUM).message(&mode(Mode::StopReading)));

    // The client has not said that it is done.
    let answer = sum.answer();

    assert_eq!(answer.reply::<SumReply>().messages, 1);
    still_echoes(&mut client);
    host.stop();
}

#[test]
fn a_stream_may_fail_after_messages() {
    let host = probe("");
    let asked = PourRequest {
        messages: 9,
        size: 1,
        then: Then::Fail.into(),
        after: Some(3),
        ..PourRequest::default()
    };

    let answer = connect(&host).unary(POUR, &asked);

    assert_eq!(answer.messages.len(), 3);
    assert_eq!((answer.code(), answer.message().as_str()), (9, "enough"));
    assert_eq!(answer.trailer("x-enough"), Some("1"));
    host.stop();
}

#[test]
fn a_client_that_does_not_read_slows_the_service() {
    const MESSAGE: u32 = 64 * 1024;
    let host = probe("");
    let mut client = connect(&host);
    let before = resident(&host);
    let asked = PourRequest { messages: 16 * 1024, size: MESSAGE, ..PourRequest::default() };

    // A gigabyte, of which a little is read.
    let mut pour = client.open(Request::new(POUR).message(&asked));
    pour.finish();
    for _ in 0..100 {
        assert_eq!(pour.next().expect("a chunk").data.len() / 1024, 64);
    }
    let grown = resident(&host).saturating_sub(before);
    pour.cancel();

    assert!(grown < 40 << 20, "the host has grown by {grown} bytes");
    wait_until_dropped(&mut client, 1);
    host.stop();
}

#[test]
fn a_service_that_does_not_read_slows_the_client() {
    let host = probe("");
    let mut client = connect(&host);
    let before = resident(&host);
    let mut request = Request::new(SUM).message(&mode(Mode::NeverRead));
    let message = crate::support::grpc::frame(&chunk(&vec![7; 64 * 1024]));
    for _ in 0..1024 {
        request = request.bytes(message.clone());
    }

    let sum = client.open(request);
    // Others of the connection are not held up.
    for _ in 0..100 {
        let mut other = connect(&host);
        still_echoes(&mut other);
    }
    let grown = resident(&host).saturating_sub(before);
    sum.cancel();

    assert!(grown < 20 << 20, "the host has grown by {grown} bytes");
    wait_until_dropped(&mut client, 1);
    host.stop();
}
