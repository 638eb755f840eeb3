//! One message each way.

use super::{connect, probe, still_echoes};
use crate::support::grpc::Request;
use crate::support::probe::{ECHO, EchoReply, EchoRequest, SUM, echo};

#[test]
fn a_message_is_answered_by_one() {
    let host = probe("");
    let mut client = connect(&host);

    let answer = client.unary(ECHO, &echo(b"hello"));

    assert_eq!(answer.http_status, 200);
    assert_eq!(answer.header("content-type"), Some("application/grpc"));
    assert_eq!(answer.header("date"), None);
    assert_eq!(answer.header("grpc-status"), None);
    assert_eq!(answer.reply::<EchoReply>(), EchoReply { data: b"hello".into(), compressed: false });
    host.stop();
}

#[test]
fn an_empty_message_is_a_message() {
    let host = probe("");

    let answer = connect(&host).unary(ECHO, &EchoRequest::default());

    assert_eq!(answer.reply::<EchoReply>(), EchoReply::default());
    host.stop();
}

#[test]
fn messages_of_every_size_arrive_whole() {
    let host = probe("");
    let mut client = connect(&host);

    for size in [1, 127, 16 * 1024 - 1, 16 * 1024, 16 * 1024 + 1, 100_000, 3 << 20] {
        let data: Vec<u8> = (0..size).map(|index| u8::try_from(index % 251).unwrap()).collect();
        let reply: EchoReply = client.unary(ECHO, &echo(&data)).reply();
        assert!(reply.data == data, "{size} bytes");
    }
    host.stop();
}

#[test]
fn many_at_a_time_share_a_connection() {
    let host = probe("");
    let requests = (0..100u8).map(|number| {
        let request = EchoRequest { sleep_ms: 20, ..echo(&[number]) };
        Request::new(ECHO).message(&request)
    });

    let answers = connect(&host).call_all(requests.collect());

    for (number, answer) in answers.iter().enumerate() {
        assert_eq!(answer.reply::<EchoReply>().data, [u8::try_from(number).unwrap()]);
    }
    host.stop();
}

#[test]
fn what_is_not_there_is_unimplemented() {
    let host = probe("");
    let mut client = connect(&host);

    let said = ["/probe.Probe/Nothing", "/probe.Nothing/Echo", "/probe.Probe", "/"].map(|path| {
        let answer = client.unary(path, &echo(b""));
        assert_eq!((answer.http_status, answer.code()), (200, 12), "{path}");
        answer.message()
    });

    assert_eq!(
        said,
        [
            "the service `probe.Probe` has no method `Nothing`",
            "there is no service `probe.Nothing`",
            "the path is not `/service/method`",
            "the path is not `/service/method`",
        ]
    );
    still_echoes(&mut client);
    host.stop();
}

#[test]
fn a_message_that_cannot_be_decoded_is_named_by_its_field() {
    let host = probe("");
    let mut client = connect(&host);
    // Field 1 is bytes, not a number; field 2 is a number, not bytes.
    let wrong = [(&[0x08, 0x01][..], "EchoRequest.data"), (&[0x12, 0x00], "EchoRequest.sleep_ms")];

    for (message, field) in wrong {
        let frame = crate::support::grpc::frame_of(0, message);
        let answer = client.call(Request::new(ECHO).bytes(frame));
        assert_eq!(answer.code(), 3);
        assert!(answer.message().contains(field), "{}", answer.message());
    }
    let frame = crate::support::grpc::frame_of(0, &[0x08, 0x01]);
    let answer = client.call(Request::new(SUM).bytes(frame));
    assert_eq!(answer.code(), 3);
    assert!(answer.message().contains("Chunk.data"), "{}", answer.message());
    still_echoes(&mut client);
    host.stop();
}
