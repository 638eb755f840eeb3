//! Calls that are answered too late, and calls next to them in the same instance, which are not.
//! Does not know what happens to the call that is late.

use std::io::ErrorKind;
use std::time::Duration;

use super::service;
use crate::support::http::{self, Client};
use crate::support::{Host, LIMIT};

/// Waits for so long, in which the host must not answer.
#[track_caller]
fn is_not_answered_for(client: &Client, time: Duration) {
    let socket = client.stream();
    socket.set_read_timeout(Some(time)).expect("a connected socket takes options");
    let answer = socket.peek(&mut [0]).map_err(|error| error.kind());
    assert_eq!(answer, Err(ErrorKind::WouldBlock));
    socket.set_read_timeout(Some(LIMIT)).expect("a connected socket takes options");
}

/// Stops the host; returns how many instances it has lost.
fn losses(host: Host) -> usize {
    host.stop().lines("instance-lost").len()
}

#[test]
fn a_call_that_waits_in_vain_for_a_place_does_not_cost_the_instance() {
    let limits = "max_concurrency = 1\ncall_timeout = '300ms'";
    let host = Host::start(&service().limits(limits));
    let mut slow = Client::connect(host.port());
    let mut queued = Client::connect(host.port());
    queued.get("/answered");
    assert_eq!(queued.response().text(), "1");

    // Long enough for an instance that is taken for stuck to be ended.
    slow.get("/pause-in-a-stream/1500");
    assert_eq!(slow.head().status, 200);
    let first = slow.chunk().expect("the first piece arrives");
    queued.get("/answered");
    let late = queued.response();
    let second = slow.chunk().expect("the second piece arrives");
    let end = slow.chunk().expect("the end arrives");
    queued.get("/answered");

    // It has never entered, so another attempt does no harm.
    assert_eq!((late.status, late.header("retry-after")), (503, Some("1")));
    assert_eq!([first, second, end], [&b"the first piece"[..], b"the second piece", b""]);
    assert_eq!(queued.response().text(), "2");
    assert_eq!(losses(host), 0);
}

#[test]
fn a_call_that_computes_within_its_time_survives_another_that_is_late() {
    let host = Host::start(&service().limits("call_timeout = '1s'"));
    let mut late = Client::connect(host.port());
    let mut busy = Client::connect(host.port());

    late.get("/wait");
    // The other one's time is up in the middle of this computation.
    busy.get("/wait/600");
    assert_eq!(busy.response().status, 204);
    busy.get("/compute/600");
    host.wait_for("a call computes");
    let late = late.response();
    let busy = busy.response();

    assert_eq!((late.status, busy.status, busy.text()), (504, 200, "computed"));
    assert_eq!(http::get(host.port(), "/answered").text(), "1");
    assert_eq!(losses(host), 0);
}

#[test]
fn an_instance_is_not_ended_for_what_the_one_before_has_done() {
    // The second call gives up before the first instance is ended, or after that.
    for gap in [50, 150] {
        let host = Host::start(&service().limits("call_timeout = '300ms'"));
        let mut first = Client::connect(host.port());
        let mut second = Client::connect(host.port());

        first.get("/block");
        host.wait_for("a call blocks");
        is_not_answered_for(&first, Duration::from_millis(gap));
        second.get("/block/250");
        let status = first.response().status;
        host.wait_for("instance-lost");
        second.response();
        let answers =
            ["1", "2", "3"].map(|_| http::get(host.port(), "/answered").text().to_owned());

        assert_eq!((status, answers.as_slice()), (504, &["1", "2", "3"].map(str::to_owned)[..]));
        assert_eq!(losses(host), 1);
    }
}

#[test]
fn a_response_that_is_streamed_for_long_may_compute() {
    let host = Host::start(&service().limits("call_timeout = '200ms'"));

    // Far longer than a call may take until it answers.
    let answer = http::get(host.port(), "/compute-in-a-stream/500");

    assert_eq!(answer.text(), "the first piecethe second piece");
    assert_eq!(losses(host), 0);
}
