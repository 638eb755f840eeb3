//! gzip and zstd, message by message.

use prost::Message;

use super::{connect, probe};
use crate::support::grpc::{Received, Request, compress, decompress, frame_of};
use crate::support::probe::{
    CHAT, Chunk, ECHO, EchoReply, EchoRequest, OFF, ON, SUM, SumReply, chunk, echo,
};

const ENCODINGS: [&str; 2] = ["gzip", "zstd"];

/// A frame of a compressed message.
fn compressed(encoding: &str, message: &impl Message) -> Vec<u8> {
    frame_of(1, &compress(encoding, &message.encode_to_vec()))
}

fn data() -> Vec<u8> {
    b"hello ".repeat(1000)
}

#[test]
fn compressed_requests_are_understood() {
    let host = probe("");
    let mut client = connect(&host);

    for encoding in ENCODINGS {
        let request = Request::new(ECHO).header("grpc-encoding", encoding);
        let answer = client.call(request.bytes(compressed(encoding, &echo(&data()))));
        assert_eq!(answer.reply::<EchoReply>(), EchoReply { data: data(), compressed: true });
        assert!(!answer.messages[0].compressed);
    }
    host.stop();
}

#[test]
fn a_request_may_be_compressed_in_part() {
    let host = probe("");

    let request = Request::new(SUM).header("grpc-encoding", "gzip");
    let request = request.bytes(compressed("gzip", &chunk(&data()))).message(&chunk(b"plain"));
    let sum: SumReply = connect(&host).call(request).reply();

    assert_eq!(sum, SumReply { messages: 2, bytes: 6005, compressed: 1 });
    host.stop();
}

#[test]
fn the_service_says_which_messages_are_compressed() {
    let host = probe("");
    let mut client = connect(&host);

    for encoding in ENCODINGS {
        let accepting = |path| Request::new(path).header("grpc-accept-encoding", encoding);
        let chunks = [ON, OFF, ON, 0].map(|compression| Chunk { compression, ..chunk(&data()) });
        let request = chunks.iter().fold(accepting(CHAT), Request::message);

        let answer = client.call(request);

        assert_eq!((answer.code(), answer.header("grpc-encoding")), (0, Some(encoding)));
        let flags: Vec<_> = answer.messages.iter().map(|message| message.compressed).collect();
        assert_eq!(flags, [true, false, true, false]);
        for Received { compressed, data: bytes } in &answer.messages {
            let bytes = if *compressed { decompress(encoding, bytes) } else { bytes.clone() };
            assert_eq!(Chunk::decode(bytes.as_slice()).unwrap().data, data());
        }
    }
    host.stop();
}

#[test]
fn nobody_gets_what_it_cannot_decode() {
    let host = probe("compression = 'on'");
    let mut client = connect(&host);
    let request = EchoRequest { compression: ON, ..echo(&data()) };

    for accepted in ["", "identity", "br,deflate"] {
        let answer = client
            .call(Request::new(ECHO).header("grpc-accept-encoding", accepted).message(&request));
        assert_eq!(answer.header("grpc-encoding"), None);
        assert_eq!(answer.reply::<EchoReply>().data, data());
    }
    host.stop();
}

#[test]
fn the_setting_decides_for_services_that_do_not() {
    let host = probe("compression = 'on'");
    let mut client = connect(&host);
    let mut is_compressed = |compression| {
        let request = EchoRequest { compression, ..echo(&data()) };
        let request = Request::new(ECHO).header("grpc-accept-encoding", "gzip").message(&request);
        client.call(request).messages[0].compressed
    };

    assert!(is_compressed(0));
    assert!(!is_compressed(OFF));
    assert!(is_compressed(ON));
    host.stop();
}
