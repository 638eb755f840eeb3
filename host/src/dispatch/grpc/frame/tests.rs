//! Messages on the wire.

use std::convert::Infallible;

use expect_test::{Expect, expect};
use futures_util::FutureExt;
use futures_util::stream;
use http::HeaderMap;
use http_body::Frame;
use http_body_util::StreamBody;
use proptest::collection::vec;
use proptest::prelude::*;
use tonic::Code;

use super::*;

const LIMIT: usize = 8;

/// The frames of a client whose body arrives in these pieces.
fn frames(
    pieces: Vec<Bytes>,
    encoding: Option<Encoding>,
) -> Frames<impl Body<Data = Bytes> + Unpin> {
    let pieces = pieces.into_iter().map(|piece| Ok::<_, Infallible>(Frame::data(piece)));
    Frames::new(StreamBody::new(stream::iter(pieces)), encoding, LIMIT)
}

/// All messages of a client that has sent all it will.
fn messages(mut frames: Frames<impl Body<Data = Bytes> + Unpin>) -> Result<Vec<Bytes>, Status> {
    let mut messages = Vec::new();
    while let Some(message) = frames.next().now_or_never().unwrap()? {
        messages.push(message.data);
    }
    Ok(messages)
}

fn on_the_wire(data: &[u8]) -> Vec<u8> {
    let Framed { first, rest } = frame(Bytes::copy_from_slice(data), None).unwrap();
    [first, rest.unwrap_or_default()].concat()
}

#[track_caller]
fn refuses(wire: &'static [u8], code: Code, expected: &Expect) {
    let status = messages(frames(vec![Bytes::from_static(wire)], None)).unwrap_err();

    assert_eq!(status.code(), code);
    expected.assert_eq(status.message());
}

#[test]
fn a_request_without_messages_has_none() {
    assert_eq!(messages(frames(vec![], None)).unwrap(), Vec::<Bytes>::new());
}

#[test]
fn a_message_without_bytes_is_a_message() {
    assert_eq!(messages(frames(vec![on_the_wire(b"").into()], None)).unwrap(), [""]);
}

#[test]
fn a_message_that_is_too_large_is_refused_before_it_arrives() {
    let large = b"\0\0\0\0\x09";
    refuses(
        large,
        Code::ResourceExhausted,
        &expect!["a message of the request is larger than 8 bytes"],
    );
}

#[test]
fn a_message_that_does_not_follow_the_protocol_is_refused() {
    refuses(b"\0\0", Code::Internal, &expect!["the request ends in the middle of a message"]);
    refuses(
        b"\0\0\0\0\x02a",
        Code::Internal,
        &expect!["the request ends in the middle of a message"],
    );
    refuses(
        b"\0\0\0\0\x02",
        Code::Internal,
        &expect!["the request ends in the middle of a message"],
    );
    refuses(
        b"\x02\0\0\0\0",
        Code::Internal,
        &expect!["the flags of a message are neither 0 nor 1"],
    );
    let compressed = b"\x01\0\0\0\0";
    refuses(
        compressed,
        Code::Internal,
        &expect!["a message is compressed, but `grpc-encoding` is not set"],
    );
}

#[test]
fn a_message_that_is_too_large_only_unpacked_is_refused() {
    let Framed { first, rest: None } =
        frame(vec![0; LIMIT + 1].into(), Some(Encoding::Gzip)).unwrap()
    else {
        panic!("it is in two pieces");
    };
    let mut unlimited = frames(vec![first], Some(Encoding::Gzip));
    unlimited.limit = LIMIT;

    assert!(messages(unlimited).is_err());
}

#[test]
fn trailers_of_a_client_say_nothing() {
    let pieces = [Frame::data(on_the_wire(b"a").into()), Frame::trailers(HeaderMap::new())];
    let body = StreamBody::new(stream::iter(pieces.map(Ok::<_, Infallible>)));

    assert_eq!(messages(Frames::new(body, None, LIMIT)).unwrap(), ["a"]);
}

#[test]
fn a_client_that_is_gone_has_not_ended() {
    let body = StreamBody::new(stream::iter([Err::<Frame<Bytes>, _>("gone")]));

    assert!(Frames::new(body, None, LIMIT).next().now_or_never().is_none());
}

#[test]
fn a_large_message_is_not_copied_behind_its_prefix() {
    let data = Bytes::from(vec![7; COPIED_UP_TO + 1]);

    let Framed { first, rest } = frame(data.clone(), None).unwrap();

    assert_eq!(first.len(), PREFIX);
    assert_eq!(rest.unwrap().as_ptr(), data.as_ptr());
}

proptest! {
    /// Where the network cuts a body does not matter.
    #[test]
    fn messages_are_as_they_were_sent(
        sent in vec(vec(any::<u8>(), 0..=LIMIT), 0..6),
        cuts in vec(0usize..64, 0..8),
    ) {
        let mut wire = Bytes::from(sent.iter().flat_map(|data| on_the_wire(data)).collect::<Vec<_>>());
        let mut pieces = Vec::new();
        for cut in cuts {
            pieces.push(wire.split_to(cut.min(wire.len())));
        }
        pieces.push(wire);

        prop_assert_eq!(messages(frames(pieces, None)).unwrap(), sent);
    }
}
