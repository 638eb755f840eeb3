//! What happens after an instance was lost: the next one, and the wait for it.
//! Does not know how instances are lost.

use super::{ask, is_internal, misbehaves};
use crate::support::http;
use crate::support::{Host, Signal, http2};

#[test]
fn the_next_instance_is_started_like_the_first() {
    let host = misbehaves();
    let before = [(); 3].map(|()| http::get(host.port(), "/answered").text().to_owned());

    is_internal(&ask(&host, "/panic", "culprit"));
    let after = http::get(host.port(), "/answered");

    assert_eq!((before.each_ref().map(String::as_str), after.text()), (["1", "2", "3"], "1"));
    let stopped = host.stop();
    assert_eq!(stopped.lines("an instance has started").len(), 2);
}

#[test]
fn the_service_comes_back_however_often_it_is_lost() {
    let host = misbehaves();

    for _ in 0..6 {
        is_internal(&ask(&host, "/panic", "culprit"));
        assert_eq!(http::get(host.port(), "/answered").status, 200);
    }

    let stopped = host.stop();
    assert_eq!(stopped.lines("instance-lost").len(), 6);
    assert_eq!(stopped.lines("an instance has started").len(), 7);
}

#[test]
fn losses_in_a_row_are_followed_by_growing_pauses() {
    let host = misbehaves();

    for _ in 0..6 {
        ask(&host, "/panic", "culprit");
    }
    host.wait_for_count("an instance has started", 7);

    let stopped = host.stop();
    let lost = stopped.lines("instance-lost").into_iter().map(milliseconds);
    let started = stopped.lines("an instance has started").into_iter().skip(1).map(milliseconds);
    // The clock may pass the end of its hour.
    let pauses = lost.zip(started).map(|(lost, started)| (started - lost).rem_euclid(3_600_000.0));
    let pauses: Vec<_> = pauses.collect();
    // None, then 10 ms, doubled each time. A slow machine only makes them longer.
    let least = [0.0, 10.0, 20.0, 40.0, 80.0, 160.0];
    assert!(pauses.iter().zip(least).all(|(pause, least)| *pause >= least), "{pauses:?}");
}

/// The time of a line within its hour.
fn milliseconds(line: &crate::support::Line) -> f64 {
    let time = line.text("time");
    let minutes: f64 = time[14..16].parse().expect("the time has minutes");
    let seconds: f64 = time[17..26].parse().expect("the time has seconds");
    (minutes * 60.0 + seconds) * 1000.0
}

#[test]
fn a_start_that_fails_is_tried_again() {
    let host = misbehaves();

    is_internal(&ask(&host, "/panic-and-refuse-twice", "culprit"));
    let failure = host.wait_for_count("instance-start-failed", 2);
    host.wait_for_count("an instance has started", 2);
    let after = http::get(host.port(), "/answered");

    assert_eq!(failure.msg(), "cannot start the instance again");
    assert_eq!(failure.text("error.message"), "`on-start` failed: the moon is not full");
    assert_eq!((after.status, after.text()), (200, "1"));
    assert_eq!(http::get(host.port(), "/health").status, 200);
    let stopped = host.stop();
    assert_eq!(stopped.lines("instance-start-failed").len(), 2);
}

#[test]
fn without_an_instance_callers_are_told_to_come_again() {
    let host = Host::start(&super::service().limits("call_timeout = '500ms'"));

    is_internal(&ask(&host, "/panic-in-every-start", "culprit"));
    host.wait_for("instance-start-failed");
    let answer = http::get(host.port(), "/answered");

    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
    assert_eq!(http::get(host.port(), "/health").status, 503);
    host.wait_for_count("instance-start-failed", 3);
    host.stop();
}

#[test]
fn a_service_without_an_instance_can_be_stopped() {
    let host = misbehaves();
    is_internal(&ask(&host, "/panic-in-every-start", "culprit"));
    host.wait_for("instance-start-failed");

    let stopped = host.stop();

    assert!(stopped.lines("shutdown-timed-out").is_empty());
}

#[test]
fn calls_that_had_not_entered_are_answered_by_the_next_instance() {
    let host = Host::start(&super::service().limits("max_concurrency = 1"));

    let paths = [&["/panic-after-a-wait"][..], &["/answered"; 5]].concat();
    let answers = http2::Client::connect(host.port()).get_all(&paths);

    is_internal(&answers[0]);
    let others: Vec<_> = answers[1..].iter().map(|answer| (answer.status, answer.text())).collect();
    assert_eq!(others, [(200, "1"), (200, "2"), (200, "3"), (200, "4"), (200, "5")]);
    host.stop();
}

#[test]
fn a_signal_during_the_pause_ends_the_service() {
    let host = misbehaves();
    for _ in 0..5 {
        ask(&host, "/panic", "culprit");
    }

    host.signal(Signal::TERM);

    assert_eq!(host.ended().status, Some(0));
}
