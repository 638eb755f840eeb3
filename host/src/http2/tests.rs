//! Frames of clients as tests write them, and readers that ask when a test says so.
//! Does not know hyper.

use std::io::Cursor;

use bytes::{Buf, BytesMut};
use tokio::io::AsyncReadExt;

use super::coalescer::{Action, Coalescer};
use super::frame::{
    CONTINUATION, DATA, END_HEADERS, END_STREAM, FrameHeader, HEADERS, PADDED, RST_STREAM,
};
use super::protocol::PREFACE;
use super::streams::Reader;
use super::{Coalescing, Exchange, Streams};

/// A connection whose requests are claimed as hyper would: whenever it is let.
#[derive(Default)]
struct Connection {
    streams: Streams,
    coalescer: Coalescer,
    claimed: Vec<(Reader, Exchange)>,
}

#[derive(Debug, PartialEq, Eq)]
struct Frame {
    head: FrameHeader,
    payload: Vec<u8>,
}

impl Connection {
    fn send(&mut self, bytes: &[u8]) -> Vec<Frame> {
        self.coalescer.input.extend_from_slice(bytes);
        self.run()
    }

    /// What is passed on now.
    fn run(&mut self) -> Vec<Frame> {
        let mut passed = BytesMut::new();
        loop {
            let step = self.coalescer.advance(&mut self.streams.lock());
            match step {
                Action::Pass => {
                    passed.extend_from_slice(&std::mem::take(&mut self.coalescer.output));
                    let rest = self.coalescer.passing;
                    assert!(self.coalescer.input.len() >= rest, "tests send whole payloads");
                    passed.extend_from_slice(&self.coalescer.input.split_to(rest));
                    self.coalescer.passing = 0;
                }
                Action::Yield => self.claim(),
                Action::Read => break,
            }
        }
        self.claim();
        frames(passed)
    }

    fn claim(&mut self) {
        self.claimed.extend(self.streams.claim());
    }
}

fn frames(mut bytes: BytesMut) -> Vec<Frame> {
    let mut frames = Vec::new();
    while let Some(head) = FrameHeader::peek(&bytes) {
        bytes.advance(super::frame::HEADER_LENGTH);
        frames.push(Frame { head, payload: bytes.split_to(head.length).to_vec() });
    }
    assert!(bytes.is_empty());
    frames
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut frame = BytesMut::new();
    FrameHeader { length: payload.len(), kind, flags, stream }.put(&mut frame);
    frame.extend_from_slice(payload);
    frame.to_vec()
}

fn open(stream: u32) -> Vec<u8> {
    frame(HEADERS, END_HEADERS, stream, b"fields")
}

fn data(stream: u32, payload: &[u8]) -> Vec<u8> {
    frame(DATA, 0, stream, payload)
}

/// What frames cost of h2's budget as long as nobody has read them.
fn cost(frames: &[Frame]) -> usize {
    let data = frames.iter().filter(|frame| frame.head.kind == DATA);
    let counted = data.filter(|frame| !frame.head.has(END_STREAM) && frame.head.length > 0);
    counted.map(|frame| 256_usize.saturating_sub(frame.head.length)).sum()
}

fn payload(frames: &[Frame]) -> Vec<u8> {
    let data = frames.iter().filter(|frame| frame.head.kind == DATA);
    data.flat_map(|frame| frame.payload.clone()).collect()
}

#[test]
fn of_a_stream_that_nobody_reads_one_short_frame_passes() {
    for length in [1, 13, 255, 256, 1023] {
        let mut connection = Connection::default();
        let mut passed = connection.send(&open(1));
        let message = vec![7; length];

        for _ in 0..5000 {
            passed.extend(connection.send(&data(1, &message)));
        }

        assert!(cost(&passed) < 256, "{length}: {}", cost(&passed));
        // Less than a long one waits.
        assert!(payload(&passed).len() + 1024 > 5000 * length, "{length}");
    }
}

#[test]
fn a_reader_gets_what_waits_and_then_the_next_frame_at_once() {
    let mut connection = Connection::default();
    connection.send(&open(1));

    assert_eq!(payload(&connection.send(&data(1, b"a"))), b"a");
    assert_eq!(connection.send(&[data(1, b"b"), data(1, b"c")].concat()), []);
    connection.claimed[0].0.wants_more();
    assert_eq!(payload(&connection.run()), b"bc");
    assert_eq!(connection.send(&data(1, b"d")), []);
    connection.claimed[0].0.wants_more();
    assert_eq!(payload(&connection.run()), b"d");
    connection.claimed[0].0.wants_more();
    assert_eq!(payload(&connection.send(&data(1, b"e"))), b"e");
}

#[test]
fn the_last_frame_of_a_stream_takes_along_what_waits() {
    let mut connection = Connection::default();
    connection.send(&[open(1), data(1, b"a"), data(1, b"b")].concat());

    let passed = connection.send(&frame(DATA, END_STREAM, 1, b"c"));

    assert_eq!((payload(&passed), passed.len()), (b"bc".to_vec(), 1));
    assert!(passed[0].head.has(END_STREAM));
}

#[test]
fn trailers_and_resets_come_after_what_waits() {
    for end in [frame(HEADERS, END_HEADERS | END_STREAM, 1, b"t"), frame(RST_STREAM, 0, 1, b"why!")]
    {
        let mut connection = Connection::default();
        connection.send(&[open(1), data(1, b"a"), data(1, b"b")].concat());

        let passed = connection.send(&end);

        let kinds: Vec<_> = passed.iter().map(|frame| frame.head.kind).collect();
        assert_eq!((kinds, payload(&passed)), (vec![DATA, end[3]], b"b".to_vec()));
    }
}

#[test]
fn long_padded_and_empty_frames_pass_as_they_are_in_their_order() {
    let mut connection = Connection::default();
    let long = [8; 4096];
    let sent = [
        data(1, b"a"),
        data(1, b"b"),
        data(1, &long),
        data(1, b"c"),
        frame(DATA, PADDED, 1, b"\x01d\0"),
        data(1, b""),
    ];

    let passed = connection.send(&[open(1), sent.concat()].concat());

    let lengths: Vec<_> = passed[1..].iter().map(|frame| frame.head.length).collect();
    assert_eq!(lengths, [1, 1, 4096, 1, 3, 0]);
}

#[test]
fn nothing_comes_between_the_parts_of_a_block_of_fields() {
    let mut connection = Connection::default();
    connection.send(&[open(1), data(1, b"a"), data(1, b"b")].concat());
    connection.send(&frame(HEADERS, 0, 3, b"f"));

    connection.claimed[0].0.wants_more();
    assert_eq!(connection.run(), []);
    let passed = connection.send(&frame(CONTINUATION, END_HEADERS, 3, b"g"));

    let kinds: Vec<_> = passed.iter().map(|frame| frame.head.kind).collect();
    assert_eq!(kinds, [CONTINUATION, DATA]);
}

#[test]
fn each_request_claims_its_own_stream() {
    let mut connection = Connection::default();
    let without_body = |stream| frame(HEADERS, END_HEADERS | END_STREAM, stream, b"f");

    connection.send(&[open(1), without_body(3), open(5), without_body(7), open(9)].concat());
    connection.send(&[1, 5, 9].map(|stream| data(stream, b"a").repeat(2)).concat());
    connection.claimed[1].0.wants_more();
    let passed = connection.run();

    assert_eq!((passed.len(), passed[0].head.stream), (1, 5));
}

#[test]
fn frames_of_a_request_that_was_refused_are_not_held_back() {
    let mut connection = Connection::default();
    connection.coalescer.input.extend_from_slice(&[open(1), data(1, b"a"), data(1, b"b")].concat());
    let mut passed = BytesMut::new();

    // Nobody claims the first one.
    connection.coalescer.input.extend_from_slice(&open(3));
    while connection.coalescer.advance(&mut connection.streams.lock()) != Action::Read {
        passed.extend_from_slice(&std::mem::take(&mut connection.coalescer.output));
        passed
            .extend_from_slice(&connection.coalescer.input.split_to(connection.coalescer.passing));
        connection.coalescer.passing = 0;
    }

    let passed = frames(passed);
    assert_eq!(payload(&passed), b"ab");
    assert_eq!(cost(&passed), 255);
}

#[test]
fn what_arrives_after_the_answer_costs_nothing() {
    let mut connection = Connection::default();
    connection.send(&[open(1), data(1, b"a"), data(1, b"b")].concat());

    let (reader, exchange) = connection.claimed.remove(0);
    drop(reader);
    assert_eq!(connection.send(&data(1, b"c")), []);
    drop(exchange);
    let mut passed = connection.run();
    assert_eq!(payload(&passed), b"bc");
    for _ in 0..10_000 {
        passed.extend(connection.send(&data(1, b"d")));
    }

    assert_eq!((payload(&passed).len(), cost(&passed)), (10_002, 0));
}

/// Every stream has the same bytes, wherever the network cuts them.
#[tokio::test]
async fn a_connection_may_arrive_in_any_parts() {
    let messages = |stream: u32| {
        (0..200_u32).map(move |number| {
            let length = (number * 37 + stream) % 1500;
            (stream, vec![u8::try_from(number).unwrap(); length as usize])
        })
    };
    let mut sent = [open(1), open(3)].concat();
    for ((a, first), (b, second)) in messages(1).zip(messages(3)) {
        sent.extend([data(a, &first), data(b, &second)].concat());
    }
    for stream in [1, 3] {
        sent.extend(frame(DATA, END_STREAM, stream, b""));
    }

    for part in [1, 5, 9, 100, 5000, 100_000] {
        let mut whole = PREFACE.to_vec();
        whole.extend(&sent);
        let (client, mut wire) = tokio::io::duplex(part);
        let mut coalescing = Coalescing::new(client, Streams::default());
        let mut received = Vec::new();
        let write = async {
            tokio::io::AsyncWriteExt::write_all(&mut wire, &whole).await.unwrap();
            drop(wire);
        };
        let ((), read) = tokio::join!(write, coalescing.read_to_end(&mut received));
        read.unwrap();

        let received = frames(received[PREFACE.len()..].into());
        for stream in [1, 3] {
            let passed = received.iter().filter(|frame| frame.head.stream == stream);
            let passed: Vec<u8> = passed
                .filter(|frame| frame.head.kind == DATA)
                .flat_map(|frame| frame.payload.clone())
                .collect();
            let expected: Vec<u8> = messages(stream).flat_map(|(_, message)| message).collect();
            assert!(passed == expected, "stream {stream} in parts of {part}");
        }
    }
}

#[tokio::test]
async fn other_protocols_pass_as_they_are() {
    for sent in [&b"GET / HTTP/1.1\r\n\r\n"[..], b"PRI * HTTP/2.0\r\n\r\nXX", b"P", b""] {
        let mut received = Vec::new();
        let mut coalescing = Coalescing::new(Cursor::new(sent), Streams::default());
        coalescing.read_to_end(&mut received).await.unwrap();
        assert_eq!(received, sent);
    }
}
