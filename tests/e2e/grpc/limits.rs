//! Sizes and places.

use super::{connect, probe, service, still_echoes};
use crate::support::Host;
use crate::support::grpc::{Request, compress, frame_of};
use crate::support::probe::{CHAT, ECHO, EchoRequest, POUR, PourRequest, SUM, chunk, echo};

const EXHAUSTED: u32 = 8;
const DEADLINE_EXCEEDED: u32 = 4;
const UNAVAILABLE: u32 = 14;

#[test]
fn a_request_that_is_too_large_is_refused_before_it_has_arrived() {
    let host = probe("max_request = '1KiB'");
    let mut client = connect(&host);
    let why = "a message of the request is larger than 1024 bytes";

    // Only its length is sent.
    for path in [ECHO, SUM, CHAT] {
        let mut announced = frame_of(0, b"");
        announced[1..].copy_from_slice(&1025u32.to_be_bytes());
        let answer = client.open(Request::new(path).bytes(announced)).answer();
        assert_eq!((answer.code(), answer.message().as_str()), (EXHAUSTED, why), "{path}");
    }
    assert_eq!(client.unary(ECHO, &echo(&[7; 1000])).code(), 0);
    assert_eq!(client.unary(ECHO, &echo(&[7; 1024])).code(), EXHAUSTED);
    host.stop();
}

#[test]
fn a_request_that_is_too_large_decompressed_is_refused() {
    let host = probe("max_request = '1MiB'");
    let mut client = connect(&host);
    let zeros = vec![0; 100 << 20];

    for encoding in ["gzip", "zstd"] {
        let bomb = compress(encoding, &zeros);
        let request = Request::new(ECHO).header("grpc-encoding", encoding);
        let answer = client.call(request.bytes(frame_of(1, &bomb)));
        assert_eq!(answer.code(), EXHAUSTED, "{encoding}");
    }
    still_echoes(&mut client);
    host.stop();
}

#[test]
fn a_response_that_is_too_large_is_refused() {
    let host = probe("max_response = '1KiB'");
    let mut client = connect(&host);
    let why = "a message of the response is larger than 1024 bytes";

    let answer = client.unary(ECHO, &echo(&[7; 1024]));
    assert_eq!((answer.code(), answer.message().as_str()), (EXHAUSTED, why));
    let asked = PourRequest { messages: 1, size: 2000, ..PourRequest::default() };
    let answer = client.unary(POUR, &asked);
    assert_eq!((answer.code(), answer.message().as_str()), (EXHAUSTED, why));
    assert_eq!(client.unary(ECHO, &echo(&[7; 1000])).code(), 0);
    host.stop();
}

#[test]
fn metadata_that_is_too_large_is_refused() {
    let host = probe("max_metadata = '8KiB'");
    let mut client = connect(&host);

    let request = Request::new(ECHO).header("x-large", &"x".repeat(9000));
    let answer = client.call(request.message(&echo(b"")));

    assert_eq!(answer.code(), EXHAUSTED);
    assert_eq!(answer.message(), "the metadata is larger than 8192 bytes");
    still_echoes(&mut client);
    host.stop();
}

#[test]
fn what_finds_no_place_is_unavailable_and_may_try_again() {
    let host = Host::start(&service().limits("max_concurrency = 1\nmax_queue = 0"));
    let mut client = connect(&host);
    let mut other = connect(&host);
    // Takes the only place.
    let mut chat = client.open(Request::new(CHAT));
    chat.send(&chunk(b"a"));
    assert!(chat.next().is_some());

    let answer = other.unary(ECHO, &EchoRequest::default());
    chat.finish();
    assert_eq!(chat.answer().code(), 0);

    assert_eq!(answer.code(), UNAVAILABLE);
    assert!(answer.message().contains("the service is overloaded, try again"));
    assert_eq!(super::errors::retry_delay(&answer), Some(1));
    host.stop();
}

#[test]
fn what_waits_for_a_place_in_vain_is_unavailable_unless_its_client_set_the_time() {
    let host = Host::start(&service().limits("max_concurrency = 1\ncall_timeout = '300ms'"));
    let mut client = connect(&host);
    let mut other = connect(&host);
    // Takes the only place.
    let mut chat = client.open(Request::new(CHAT));
    chat.send(&chunk(b"a"));
    assert!(chat.next().is_some());

    let late = other.unary(ECHO, &EchoRequest::default());
    let timed = other.call(Request::new(ECHO).timeout("50m").message(&EchoRequest::default()));
    chat.finish();
    assert_eq!(chat.answer().code(), 0);

    assert_eq!((late.code(), super::errors::retry_delay(&late)), (UNAVAILABLE, Some(1)));
    assert_eq!(timed.code(), DEADLINE_EXCEEDED);
    host.stop();
}
