//! Deadlines of clients, and the host's own.

use std::time::{Duration, Instant};

use super::{connect, port, probe, service, still_echoes, wait_until_dropped};
use crate::support::grpc::{Client, Request};
use crate::support::probe::{
    CHAT, CONTEXT, Chunk, ContextReply, ECHO, EchoRequest, Empty, Mode, POUR, PourRequest, SPIN,
    SUM, SpinRequest, SumReply, Then, chunk, mode,
};
use crate::support::{Host, LIMIT};

/// Far longer than any test takes.
const LONG: u32 = 600_000;

fn sleeping() -> EchoRequest {
    EchoRequest { sleep_ms: LONG, ..EchoRequest::default() }
}

#[test]
fn a_deadline_of_the_client_is_kept_and_the_handler_dropped() {
    let host = probe("");
    let mut client = connect(&host);

    let answer = client.call(Request::new(ECHO).timeout("50m").message(&sleeping()));

    assert_eq!(answer.code(), 4);
    assert!(answer.message().contains("the service did not answer in time"));
    // As when the client's timer is faster.
    assert_eq!(answer.trailer("grpc-status-details-bin"), None);
    wait_until_dropped(&mut client, 1);
    host.stop();
}

#[test]
fn a_busy_service_does_not_keep_the_caller_waiting() {
    let host = Host::start(&service().limits("call_timeout = '1s'"));
    let mut client = connect(&host);
    let began = Instant::now();

    let spin = SpinRequest { ms: LONG };
    let answer = client.call(Request::new(SPIN).timeout("100m").message(&spin));

    assert_eq!(answer.code(), 4);
    assert!(began.elapsed() < LIMIT / 4);
    // When the host's own limit has passed it is interrupted, and another instance takes its place.
    host.wait_for("instance-lost");
    still_echoes(&mut client);
    host.stop();
}

#[test]
fn a_client_cannot_cost_the_instance_by_its_deadline() {
    let host = probe("");
    let mut client = connect(&host);
    let mut other = connect(&host);
    let mut chat = other.open(Request::new(CHAT));
    chat.send(&chunk(b"a"));
    assert!(chat.next().is_some());

    // Computes long after its caller has stopped waiting.
    let spin = SpinRequest { ms: 500 };
    for _ in 0..3 {
        let answer = client.call(Request::new(SPIN).timeout("20m").message(&spin));
        assert_eq!(answer.code(), 4);
    }

    chat.send(&chunk(b"b"));
    assert_eq!(chat.next().expect("an echo").decode::<Chunk>().data, b"b");
    chat.finish();
    assert_eq!(chat.answer().code(), 0);
    assert_eq!(host.stop().lines("instance-lost").len(), 0);
}

#[test]
fn a_stream_ends_at_its_deadline_with_what_it_has_sent() {
    let host = probe("");
    let mut client = connect(&host);
    let asked =
        PourRequest { messages: 3, size: 1, then: Then::Wait.into(), ..PourRequest::default() };

    let answer = client.call(Request::new(POUR).timeout("300m").message(&asked));

    assert_eq!((answer.messages.len(), answer.code()), (3, 4));
    wait_until_dropped(&mut client, 1);
    host.stop();
}

#[test]
fn a_stream_that_computes_past_its_deadline_is_interrupted() {
    let host = Host::start(&service().limits("call_timeout = '1s'"));
    let mut client = connect(&host);
    let asked =
        PourRequest { messages: 1, size: 1, then: Then::Spin.into(), ..PourRequest::default() };

    let answer = client.call(Request::new(POUR).timeout("200m").message(&asked));

    assert_eq!(answer.code(), 4);
    host.wait_for("instance-lost");
    still_echoes(&mut client);
    host.stop();
}

#[test]
fn the_service_knows_how_long_it_has() {
    let host = probe("");
    let mut client = connect(&host);
    let mut remaining = |request: Request| {
        let context: ContextReply = client.call(request.message(&Empty {})).reply();
        context.remaining_ms.expect("a unary call always has a deadline")
    };

    assert!((1..=5000).contains(&remaining(Request::new(CONTEXT).timeout("5S"))));
    // Without one of the client, and beyond it, the host's counts.
    assert!((20_000..=30_000).contains(&remaining(Request::new(CONTEXT))));
    assert!((20_000..=30_000).contains(&remaining(Request::new(CONTEXT).timeout("1H"))));
    host.stop();
}

#[test]
fn the_service_can_tell_the_client_s_deadline_from_the_host_s() {
    let host = probe("");
    let mut client = connect(&host);
    let mut timeout = |request: Request| {
        let context: ContextReply = client.call(request.message(&Empty {})).reply();
        assert!(!context.metadata.iter().any(|entry| entry.starts_with("grpc-timeout")));
        context.timeout_ms
    };

    assert_eq!(timeout(Request::new(CONTEXT)), None);
    assert_eq!(timeout(Request::new(CONTEXT).timeout("5S")), Some(5000));
    assert_eq!(timeout(Request::new(CONTEXT).timeout("1H")), Some(3_600_000));
    host.stop();
}

#[test]
fn a_deadline_that_is_over_at_once_is_over() {
    let host = probe("");
    let mut client = connect(&host);

    assert_eq!(client.call(Request::new(ECHO).timeout("0n").message(&sleeping())).code(), 4);
    still_echoes(&mut client);
    host.stop();
}

#[test]
fn without_a_deadline_of_the_client_the_host_s_counts() {
    let host = Host::start(&service().limits("call_timeout = '100ms'"));
    let mut client = connect(&host);

    assert_eq!(client.unary(ECHO, &sleeping()).code(), 4);
    wait_until_dropped(&mut client, 1);
    host.stop();
}

#[test]
fn a_client_may_take_its_time_to_send() {
    let host = Host::start(&service().limits("call_timeout = '200ms'"));
    let mut client = connect(&host);
    let mut sum = client.open(Request::new(SUM));

    // Longer than a call may take; but the client is not done.
    sum.send(&Chunk { sleep_ms: 500, ..chunk(b"a") });
    let mut other = Client::connect(port(&host));
    let waited = EchoRequest { sleep_ms: 150, ..EchoRequest::default() };
    for _ in 0..4 {
        assert_eq!(other.unary(ECHO, &waited).code(), 0);
    }
    sum.send(&chunk(b"b"));
    sum.finish();

    assert_eq!(sum.answer().reply::<SumReply>().messages, 2);
    host.stop();
}

#[test]
fn the_time_of_a_client_that_is_done_is_limited() {
    let host = Host::start(&service().limits("call_timeout = '100ms'"));
    let mut client = connect(&host);

    let answer = client.call(Request::new(SUM).message(&mode(Mode::NeverRead)));

    assert_eq!(answer.code(), 4);
    wait_until_dropped(&mut client, 1);
    host.stop();
}

#[test]
fn a_client_that_does_not_send_its_message_is_not_waited_for() {
    let host = Host::start(&service().limits("call_timeout = '100ms'"));
    let mut client = connect(&host);
    let began = Instant::now();

    for path in [ECHO, POUR] {
        assert_eq!(client.open(Request::new(path)).answer().code(), 4, "{path}");
    }

    assert!(began.elapsed() >= Duration::from_millis(100));
    still_echoes(&mut client);
    host.stop();
}

#[test]
fn a_stream_that_moved_to_another_instance_is_interrupted_there() {
    is_ended_where_it_moved_to(Mode::Spin, "interrupted");
}

#[test]
fn a_stream_that_moved_to_another_instance_and_blocks_it_is_ended_there() {
    is_ended_where_it_moved_to(Mode::Block, "blocked");
}

/// The instance that answers the connection keeps its own stream, and the other one is lost for this reason.
fn is_ended_where_it_moved_to(how: Mode, reason: &str) {
    let limits = service().limits("call_timeout = '300ms'\nmax_concurrency = 1");
    let host = Host::start(&limits.host("instances = 2"));
    let mut client = connect(&host);
    let mut rpcs = client.open_all(vec![Request::new(CHAT), Request::new(SUM)]);
    let (mut sum, mut chat) = (rpcs.remove(1), rpcs.remove(0));
    // Has the only place of the instance that answers this connection.
    chat.send(&chunk(b"a"));
    assert!(chat.next().is_some());

    sum.send(&mode(how));
    sum.finish();

    assert_eq!(sum.answer().code(), 4);
    assert_eq!(host.wait_for("instance-lost").text("error.kind"), reason);
    chat.finish();
    assert_eq!(chat.answer().code(), 0);
    assert_eq!(host.stop().lines("instance-lost").len(), 1);
}
