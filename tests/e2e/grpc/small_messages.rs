//! Clients that send each message in a frame of its own, faster than the service reads.
//! Does not know clients of others; this is what grpc-go and grpc-js put on the wire.

use super::{port, probe, resident};
use crate::support::Host;
use crate::support::frames::{self, Client, DATA, END_HEADERS, END_STREAM, HEADERS, WINDOW_UPDATE};
use crate::support::grpc::frame;
use crate::support::probe::{CHAT, Chunk, ECHO, Mode, SUM, SumReply, chunk, echo, mode};

/// A connection with the room that the host gives at once, a mebibyte.
fn connect(host: &Host) -> Client {
    let mut client = Client::connect(port(host));
    client.until(WINDOW_UPDATE);
    client
}

fn head(stream: u32, path: &str) -> Vec<u8> {
    frames::frame(HEADERS, END_HEADERS, stream, &frames::post_fields(path, "application/grpc"))
}

/// So many frames of one message each.
fn messages(stream: u32, count: usize, size: usize) -> Vec<u8> {
    frames::frame(DATA, 0, stream, &frame(&chunk(&vec![7; size]))).repeat(count)
}

fn end(stream: u32) -> Vec<u8> {
    frames::frame(DATA, END_STREAM, stream, b"")
}

/// What `SUM` has counted on a stream; whatever comes for others before is passed over.
#[track_caller]
fn sum(client: &mut Client, stream: u32) -> SumReply {
    loop {
        let frame = client.until(DATA);
        if frame.stream == stream && !frame.payload.is_empty() {
            return prost::Message::decode(&frame.payload[5..]).expect("the reply is well-formed");
        }
    }
}

/// Demands that the connection is as good as before.
#[track_caller]
fn still_echoes(client: &mut Client, stream: u32) {
    client.send(head(stream, ECHO));
    client.frame(DATA, END_STREAM, stream, &frame(&echo(b"still here")));
    while client.until(DATA).stream != stream {}
}

#[test]
fn a_stream_of_small_messages_waits_for_a_service_that_takes_its_time() {
    let host = probe("");
    for (count, size) in [(5000, 50), (20_000, 8), (20_000, 0)] {
        let mut client = connect(&host);
        client.send(head(1, SUM));
        client.frame(DATA, 0, 1, &frame(&Chunk { sleep_ms: 1000, ..Chunk::default() }));

        client.send(messages(1, count, size));
        client.send(end(1));

        let expected = count as u64 + 1;
        assert_eq!(sum(&mut client, 1).messages, expected, "messages of {size} bytes");
        still_echoes(&mut client, 3);
    }
    host.stop();
}

#[test]
fn small_messages_may_come_one_by_one() {
    let host = probe("");
    let mut client = connect(&host);
    client.send(head(1, SUM));
    client.frame(DATA, 0, 1, &frame(&Chunk { sleep_ms: 1000, ..Chunk::default() }));

    for _ in 0..4000 {
        client.send(messages(1, 1, 8));
    }
    client.send(end(1));

    assert_eq!(sum(&mut client, 1).messages, 4001);
    host.stop();
}

#[test]
fn many_streams_of_small_messages_share_a_connection() {
    const STREAMS: u32 = 100;
    let host = probe("");
    let mut client = connect(&host);
    let streams = || (0..STREAMS).map(|number| 2 * number + 1);

    for stream in streams() {
        client.send(head(stream, SUM));
        client.frame(DATA, 0, stream, &frame(&Chunk { sleep_ms: 1000, ..Chunk::default() }));
    }
    for _ in 0..40 {
        client.send(streams().flat_map(|stream| messages(stream, 1, 10)).collect::<Vec<_>>());
    }
    client.send(streams().flat_map(end).collect::<Vec<_>>());

    // In whatever order.
    let replies = (0..STREAMS).map(|_| {
        loop {
            let frame = client.until(DATA);
            if !frame.payload.is_empty() {
                break frame.payload;
            }
        }
    });
    let replies = replies.map(|reply| prost::Message::decode(&reply[5..]));
    let replies: Vec<SumReply> = replies.collect::<Result<_, _>>().expect("replies");
    assert!(replies.iter().all(|reply| reply.messages == 41), "{replies:?}");
    host.stop();
}

#[test]
fn a_stream_that_is_never_read_costs_its_window_and_nobody_else() {
    const WINDOW: usize = 1024 * 1024;
    let host = probe("");
    let mut client = connect(&host);
    still_echoes(&mut client, 1);
    let before = resident(&host);

    client.send(head(3, SUM));
    client.frame(DATA, 0, 3, &frame(&mode(Mode::NeverRead)));
    // An eighth is left to the others of the connection.
    let message = frame(&chunk(b"")).len();
    client.send(messages(3, WINDOW / message / 8 * 7, 0));
    still_echoes(&mut client, 5);

    let grown = resident(&host).saturating_sub(before);
    assert!(grown < 10 << 20, "the host has grown by {grown} bytes");
    still_echoes(&mut client, 7);
    drop(client);
    host.stop();
}

#[test]
fn messages_that_the_service_did_not_want_cost_nothing() {
    let host = probe("");
    let mut client = connect(&host);

    for stream in (1..60).step_by(2) {
        // Answered after the first message, while the others are on their way.
        client.send(head(stream, SUM));
        client.frame(DATA, 0, stream, &frame(&mode(Mode::StopReading)));
        client.send(messages(stream, 500, 8));
        assert_eq!(sum(&mut client, stream).messages, 1);
        client.send(messages(stream, 500, 8));
    }

    still_echoes(&mut client, 61);
    host.stop();
}

#[test]
fn a_conversation_in_small_messages_never_waits_for_the_next_one() {
    let host = probe("");
    let mut client = connect(&host);
    client.send(head(1, CHAT));

    for _ in 0..200 {
        client.send(messages(1, 1, 8));
        client.until(DATA);
    }

    client.send(end(1));
    host.stop();
}
