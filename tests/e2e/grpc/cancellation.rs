//! Clients that go away.

use super::{connect, probe, still_echoes, wait_until_active, wait_until_dropped};
use crate::support::grpc::Request;
use crate::support::probe::{
    CHAT, ECHO, EchoRequest, Mode, POUR, PourRequest, SUM, Then, chunk, mode,
};

#[test]
fn an_rpc_that_is_cancelled_drops_its_handler() {
    let host = probe("");
    let mut client = connect(&host);
    let sleeping = EchoRequest { sleep_ms: 600_000, ..EchoRequest::default() };
    let mut echo = client.open(Request::new(ECHO).message(&sleeping));
    echo.finish();
    wait_until_active(&mut connect(&host), 1);

    echo.cancel();

    wait_until_dropped(&mut client, 1);
    still_echoes(&mut client);
    host.stop();
}

#[test]
fn a_stream_that_is_cancelled_drops_both_sides() {
    let host = probe("");
    let mut client = connect(&host);

    let mut chat = client.open(Request::new(CHAT));
    chat.send(&chunk(b"a"));
    assert!(chat.next().is_some());
    chat.cancel();
    wait_until_dropped(&mut client, 1);

    let asked =
        PourRequest { messages: 1, size: 1, then: Then::Wait.into(), ..PourRequest::default() };
    let mut pour = client.open(Request::new(POUR).message(&asked));
    pour.finish();
    assert!(pour.next().is_some());
    pour.cancel();
    wait_until_dropped(&mut client, 2);

    let sum = client.open(Request::new(SUM).message(&mode(Mode::NeverRead)));
    wait_until_active(&mut connect(&host), 1);
    sum.cancel();
    wait_until_dropped(&mut client, 3);
    host.stop();
}

#[test]
fn a_connection_that_is_lost_cancels_all_that_is_on_it() {
    let host = probe("");
    let mut client = connect(&host);
    let mut other = connect(&host);
    let open = client.open_all((0..10).map(|_| Request::new(CHAT)).collect());
    for mut chat in open {
        chat.send(&chunk(b"a"));
        assert!(chat.next().is_some());
        // Left open.
        std::mem::forget(chat);
    }

    drop(client);

    wait_until_dropped(&mut other, 10);
    host.stop();
}
