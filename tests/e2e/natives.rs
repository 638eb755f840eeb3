//! Kind `native`: work in the background that returns, fails, or does not end; alone and next to HTTP.
//! Does not know how HTTP answers.

use std::time::Instant;

use expect_test::{Expect, expect};

use crate::support::{Host, LIMIT, Service, Signal, guests, http, log};

fn natives(settings: &str) -> Service {
    Service::new(guests::NATIVES, "native")
        .host("shutdown_timeout = '500ms'")
        .tables(&format!("[service]\n{settings}"))
}

/// The lines from the one of this [`name`](log::Line::name) on, except those that `start` and `stop` write side
/// by side: either may be first.
fn tail(lines: &[log::Line], name: &str) -> String {
    let lines = lines.iter().skip_while(|line| line.name() != name);
    log::outline(lines.filter(|line| line.msg() != "start saw the notice"))
}

/// A service that runs, is told to stop, and is not done in time or not in order.
#[track_caller]
fn does_not_stop_in_order(settings: &str, expected: &Expect) {
    let host = Host::start(&natives(settings));
    host.wait_for("start begins");

    host.signal(Signal::TERM);
    let stopped = host.ended();

    expected.assert_eq(&tail(&stopped.log, "service-stopping"));
    assert_eq!(stopped.status, Some(1));
    assert_eq!(stopped.stderr, "");
}

#[test]
fn it_works_until_the_notice_and_is_stopped_before_it_finishes() {
    let host = Host::start(&natives(""));
    host.wait_for("start begins");

    let stopped = host.stop();

    assert_eq!(stopped.lines("start saw the notice").len(), 1);
    expect![[r#"
        INFO starting service
        INFO starting features
        INFO on-start begins
        INFO service resources component="$TARGET/wasm32-wasip2/release/natives.wasm" limits.memory=268435456 limits.max_concurrency=256 started_in_ms=$MS
        INFO service is running kind="native"
        INFO start begins
        INFO stopping service signal="SIGTERM"
        INFO stop begins
        INFO on-finish begins
        INFO service stopped
    "#]].assert_eq(&tail(&stopped.log, "service-starting"));
}

#[test]
fn work_that_is_done_does_not_end_the_service() {
    let host = Host::start(&natives("start = 'return'"));
    host.wait_for("start begins");

    let stopped = host.stop();

    expect![[r#"
        INFO start begins
        INFO stopping service signal="SIGTERM"
        INFO stop begins
        INFO on-finish begins
        INFO service stopped
    "#]]
    .assert_eq(&tail(&stopped.log, "start begins"));
}

#[test]
fn work_that_fails_stops_the_service_in_order() {
    let stopped = Host::launch(Host::command(&natives("start = 'fail'"))).ended();

    expect![[r#"
        INFO starting service
        INFO starting features
        INFO on-start begins
        INFO service resources component="$TARGET/wasm32-wasip2/release/natives.wasm" limits.memory=268435456 limits.max_concurrency=256 started_in_ms=$MS
        INFO service is running kind="native"
        INFO start begins
        FATAL aborting service execution reason="could not execute service" error.message="kind `native` failed: told to fail: by its settings"
        INFO stopping service
        INFO stop begins
        INFO on-finish begins
        INFO service stopped exit.status=1
        status 1
    "#]].assert_eq(&stopped.outline());
    assert_eq!(stopped.status, Some(1));
}

#[test]
fn work_that_panics_begins_again_in_a_new_instance() {
    let host = Host::start(&natives("start = 'panic'"));
    host.wait_for_count("start begins", 3);

    host.signal(Signal::TERM);
    let stopped = host.ended();

    let lost = stopped.lines("instance-lost");
    assert!(lost.len() >= 2, "{}", stopped.outline());
    // It may be stopped at a moment when it panics, which is not in order.
    assert!(matches!(stopped.status, Some(0 | 1)), "{}", stopped.outline());
    assert_eq!(stopped.stderr, "");
}

#[test]
fn work_that_ignores_the_notice_is_cut_off() {
    does_not_stop_in_order(
        "start = 'wait'",
        &expect![[r#"
            INFO stopping service signal="SIGTERM"
            INFO stop begins
            WARN shutdown takes too long, interrupting the service timeout="500ms" step="native" calls.cut=0
            INFO service stopped exit.status=1
        "#]],
    );
}

#[test]
fn work_that_computes_for_ever_is_interrupted() {
    does_not_stop_in_order(
        "start = 'spin'",
        &expect![[r#"
            INFO stopping service signal="SIGTERM"
            WARN shutdown takes too long, interrupting the service timeout="500ms" step="native" calls.cut=0
            WARN instance cut off error.kind="cut-off" error.message="the service did not stop within the grace period and was aborted" call="native.start" error.stack=$STACK worker=0
            INFO service stopped exit.status=1
        "#]],
    );
}

#[test]
fn work_that_blocks_its_instance_is_cut_off() {
    does_not_stop_in_order(
        "start = 'block'",
        &expect![[r#"
            INFO stopping service signal="SIGTERM"
            WARN shutdown takes too long, interrupting the service timeout="500ms" step="native" calls.cut=0
            WARN instance cut off error.kind="cut-off" error.message="the service did not stop within the grace period and was aborted" calls.lost=1 worker=0
            INFO service stopped exit.status=1
        "#]],
    );
}

#[test]
fn an_error_of_stop_is_logged_and_the_rest_goes_on() {
    does_not_stop_in_order(
        "stop = 'fail'",
        &expect![[r#"
            INFO stopping service signal="SIGTERM"
            INFO stop begins
            ERROR a step of the shutdown failed step="native.stop" error.message="told to fail: by its settings"
            INFO on-finish begins
            INFO service stopped exit.status=1
        "#]],
    );
}

#[test]
fn a_stop_that_waits_for_ever_is_cut_off() {
    does_not_stop_in_order(
        "stop = 'wait'",
        &expect![[r#"
            INFO stopping service signal="SIGTERM"
            INFO stop begins
            WARN shutdown takes too long, interrupting the service timeout="500ms" step="native" calls.cut=0
            INFO service stopped exit.status=1
        "#]],
    );
}

#[test]
fn a_panic_in_stop_does_not_keep_the_host_from_ending() {
    does_not_stop_in_order(
        "start = 'wait'\nstop = 'panic'",
        &expect![[r#"
            INFO stopping service signal="SIGTERM"
            INFO stop begins
            ERROR instance lost error.kind="trap" error.message="the service trapped: thread '<unnamed>' (1) panicked at tests/guests/acts/src/lib.rs:26:20:\ntold to panic" call="native.stop" calls.lost=1 error.stack=$STACK worker=0
            ERROR a step of the shutdown failed step="native.stop" error.message="the service trapped: thread '<unnamed>' (1) panicked at tests/guests/acts/src/lib.rs:26:20:\ntold to panic"
            ERROR a step of the shutdown failed step="native.start" error.message="the instance was lost while it worked for another call"
            INFO service stopped exit.status=1
        "#]],
    );
}

#[test]
fn the_ticker_ticks_and_ends_at_once() {
    let service =
        Service::new(guests::NATIVE_TICKER, "worker").tables("[service]\ninterval_ms = 1");
    let host = Host::start(&service);
    host.wait_for_count("tick", 3);

    let stopped = host.stop();

    let ticks = stopped.lines("tick");
    let numbers: Vec<_> = ticks.iter().map(|line| line.number("number")).collect();
    assert!(numbers.iter().copied().eq(1..=ticks.len() as u64), "{numbers:?}");
    assert_eq!(stopped.lines("the ticker is done")[0].number("ticks"), ticks.len() as u64);
}

#[test]
fn two_kinds_share_one_state() {
    let service = Service::new(guests::HYBRID_HTTP_NATIVE, "http:0, native");
    let host = Host::start(&service);

    let deadline = Instant::now() + LIMIT;
    let mut requests = 0;
    let state = loop {
        let state: serde_json::Value = serde_json::from_slice(&http::get(host.port(), "/").body)
            .expect("the example answers with JSON");
        requests += 1;
        if state["count"].as_u64() > Some(1) || Instant::now() > deadline {
            break state;
        }
    };

    assert!(state["count"].as_u64() > Some(1), "{state}");
    assert_eq!(state["requests"], requests);
    let stopped = host.stop();
    let kinds = stopped.lines("service-running");
    assert!(kinds.iter().map(|line| line.text("kind")).eq(["http", "native"]));
}
