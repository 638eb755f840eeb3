//! What becomes of `tracing` events.
//!
//! Knows nothing of how lines look in general.

use std::cell::Cell;

use expect_test::{Expect, expect};
use tracing::{debug, error, info, trace, warn};

use super::*;
use crate::telemetry::{self, HostLog};

#[derive(Debug, thiserror::Error)]
#[error("{message}")]
struct Failure {
    message: &'static str,
    source: Box<dyn std::error::Error>,
}

/// The lines that `emit` makes with a logger of `level`.
fn lines(level: Level, emit: impl FnOnce(&Logger)) -> String {
    let output = Output::new(Answer::TakeAll);
    let (logger, flush) = start(TEXT, &[], &output);
    logger.set_level(level);
    HostLog::new(logger.clone()).during(|| emit(&logger));
    assert_eq!(flush.finish(PATIENCE).lost, 0);
    output.text()
}

#[track_caller]
fn check(level: Level, emit: impl FnOnce(&Logger), expected: &Expect) {
    expected.assert_eq(&lines(level, emit));
}

#[test]
fn fields_become_attributes_of_their_type() {
    let output = Output::new(Answer::TakeAll);
    let (logger, flush) = start(Format::Json, &[("service.name", "greeter")], &output);
    let source = Failure { message: "cannot bind", source: io::Error::other("in use").into() };
    let failure = Failure { message: "cannot listen", source: source.into() };
    let failure: &(dyn std::error::Error + 'static) = &failure;

    HostLog::new(logger).during(|| {
        info!(
            service.kind = "http",
            count = 3,
            large = u64::MAX,
            is_on = true,
            "the {}",
            "message"
        );
        warn!(shown = %Level::Warn, debugged = ?Some(1), half = 0.5, none = f64::NAN, r#type = "t", "m");
        error!(error = failure, huge = i128::MAX, "m");
    });

    assert_eq!(flush.finish(PATIENCE).lost, 0);
    expect![[r#"
        {"time":"2026-11-22T13:48:46.350431041Z","level":"INFO","msg":"the message","service.name":"greeter","service.kind":"http","count":3,"large":18446744073709551615,"is_on":true}
        {"time":"2026-11-22T13:48:46.350431041Z","level":"WARN","msg":"m","service.name":"greeter","shown":"warn","debugged":"Some(1)","half":0.5,"none":"NaN","type":"t"}
        {"time":"2026-11-22T13:48:46.350431041Z","level":"ERROR","msg":"m","service.name":"greeter","error":"cannot listen: cannot bind: in use","huge":"170141183460469231731687303715884105727"}
    "#]].assert_eq(&output.text());
}

#[test]
fn every_level_has_its_own() {
    check(
        Level::Debug,
        |_| {
            error!("e");
            warn!("w");
            info!("i");
            debug!("d");
            trace!("t");
        },
        &expect![[r"
            13:48:46.350 ERROR e
            13:48:46.350 WARN  w
            13:48:46.350 INFO  i
            13:48:46.350 DEBUG d
            13:48:46.350 DEBUG t
        "]],
    );
}

#[test]
fn every_line_that_is_no_services_has_an_event() {
    let output = Output::new(Answer::TakeAll);
    let (logger, flush) = start(Format::Json, &[], &output);
    logger.set_level(Level::Debug);

    HostLog::new(logger).during(|| {
        let count = 3;
        telemetry::error!(InstanceLost, count, "the {}", "message");
        telemetry::warn!(SwapFailed, %count, "{count} messages");
        telemetry::info!(ServiceRunning, kind = "http", help = None::<&str>, "m");
        telemetry::debug!(CacheHit, "m");
        warn!(target: "hyper", event = "own", "w");
        warn!(target: "h2", "w");
    });

    assert_eq!(flush.finish(PATIENCE).lost, 0);
    expect![[r#"
        {"time":"2026-11-22T13:48:46.350431041Z","level":"ERROR","msg":"the message","event":"instance-lost","count":3}
        {"time":"2026-11-22T13:48:46.350431041Z","level":"WARN","msg":"3 messages","event":"swap-failed","count":"3"}
        {"time":"2026-11-22T13:48:46.350431041Z","level":"INFO","msg":"m","event":"service-running","kind":"http"}
        {"time":"2026-11-22T13:48:46.350431041Z","level":"DEBUG","msg":"m","event":"cache-hit"}
        {"time":"2026-11-22T13:48:46.350431041Z","level":"WARN","msg":"w","event":"library-message","log.target":"hyper","attributes.event":"own"}
        {"time":"2026-11-22T13:48:46.350431041Z","level":"WARN","msg":"w","event":"library-message","log.target":"h2"}
    "#]]
    .assert_eq(&output.text());
}

#[test]
fn an_event_without_a_message_is_named_after_its_target() {
    check(
        Level::Info,
        |_| info!(target: "mikros_host::engine", n = 1),
        &expect![[r"
        13:48:46.350 INFO  mikros_host::engine  n=1
    "]],
    );
}

#[test]
fn the_level_is_asked_every_time() {
    let made = Cell::new(0);
    let emit = || {
        debug!(
            number = {
                made.set(made.get() + 1);
                made.get()
            }
        );
    };

    let lines = lines(Level::Info, |logger| {
        emit();
        logger.set_level(Level::Debug);
        emit();
        logger.set_level(Level::Error);
        emit();
        logger.set_level(Level::Debug);
        emit();
    });

    let numbers: Vec<_> = lines.lines().map(|line| line.rsplit('=').next().unwrap()).collect();
    assert_eq!(numbers, ["1", "2"]);
    assert_eq!(made.get(), 2, "an event that is no line is not even made");
}

#[test]
fn libraries_are_heard_only_when_something_is_wrong() {
    check(
        Level::Debug,
        |_| {
            trace!(target: "h2::codec", "t");
            debug!(target: "h2::codec", "d");
            info!(target: "hyper", "i");
            warn!(target: "hyper", "w");
            error!(target: "h2::codec", stream = 3, "e");
            info!(target: "mikros_hostile", "not the host");
            info!(target: "mikros_host", "the host");
        },
        &expect![[r"
            13:48:46.350 WARN  w  log.target=hyper
            13:48:46.350 ERROR e  log.target=h2::codec stream=3
            13:48:46.350 INFO  the host
        "]],
    );
    check(Level::Error, |_| warn!(target: "hyper", "w"), &expect![""]);
}

#[test]
fn libraries_cannot_flood_the_log() {
    let flood = |_: &Logger| (0..1000).for_each(|number| warn!(target: "h2", number, "w"));

    let lines = lines(Level::Info, flood);

    // A second may end while the events are made.
    assert!((10..=20).contains(&lines.lines().count()), "{lines}");
    assert!(lines.lines().take(10).all(|line| !line.contains("log.suppressed")));
}

#[test]
fn spans_are_no_lines() {
    let emit = |_: &Logger| {
        let span = tracing::error_span!("s", n = 1);
        span.in_scope(|| info!("inside"));
        assert!(span.is_disabled(), "they cost nothing either");
    };

    check(
        Level::Debug,
        emit,
        &expect![[r"
        13:48:46.350 INFO  inside
    "]],
    );
}
