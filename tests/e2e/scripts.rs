//! Kind `script`: `run`, then `cleanup` always, then `on-finish`; and the exit status of each way.
//! Does not know signals.

use std::io::{self, Read as _, Write as _};
use std::thread;

use expect_test::{Expect, expect};

use crate::support::log::{self, Line};
use crate::support::{Host, Service, Signal, guests};

const NONE: [&str; 0] = [];

/// Runs a script with these settings to its end.
#[track_caller]
fn ends(settings: &str, status: i32, expected: &Expect) {
    let service = Service::new(guests::SCRIPTS, "script")
        .host("shutdown_timeout = '300ms'")
        .limits("memory = '16MiB'")
        .tables(&format!("[service]\n{settings}"));

    let stopped = Host::run(&service, NONE);

    expected.assert_eq(&stopped.outline());
    assert_eq!(stopped.status, Some(status));
    assert_eq!(stopped.stderr, "");
}

#[test]
fn a_script_runs_cleans_up_and_ends() {
    ends(
        "",
        0,
        &expect![[r#"
        INFO starting service
        INFO starting features
        INFO service resources component="$TARGET/wasm32-wasip2/release/scripts.wasm" limits.memory=16777216 limits.max_concurrency=256 started_in_ms=$MS
        INFO service is running kind="script"
        INFO run begins arguments=[]
        INFO cleanup begins
        INFO stopping service
        INFO on-finish begins
        INFO service stopped
        status 0
    "#]],
    );
}

#[test]
fn a_script_that_fails_still_cleans_up() {
    ends(
        "run = 'fail'",
        1,
        &expect![[r#"
            INFO starting service
            INFO starting features
            INFO service resources component="$TARGET/wasm32-wasip2/release/scripts.wasm" limits.memory=16777216 limits.max_concurrency=256 started_in_ms=$MS
            INFO service is running kind="script"
            INFO run begins arguments=[]
            FATAL aborting service execution reason="could not execute service" error.message="kind `script` failed: told to fail: by its settings"
            INFO cleanup begins
            INFO stopping service
            INFO on-finish begins
            INFO service stopped exit.status=1
            status 1
        "#]],
    );
}

#[test]
fn a_script_that_panics_has_nothing_left_to_clean_up_with() {
    ends(
        "run = 'panic'",
        1,
        &expect![[r#"
            INFO starting service
            INFO starting features
            INFO service resources component="$TARGET/wasm32-wasip2/release/scripts.wasm" limits.memory=16777216 limits.max_concurrency=256 started_in_ms=$MS
            INFO service is running kind="script"
            INFO run begins arguments=[]
            ERROR instance lost error.kind="trap" error.message="the service trapped: thread '<unnamed>' (1) panicked at tests/guests/acts/src/lib.rs:26:20:\ntold to panic" call="script.run" error.stack=$STACK worker=0
            FATAL aborting service execution reason="could not execute service" error.message="kind `script` failed: the service trapped: thread '<unnamed>' (1) panicked at tests/guests/acts/src/lib.rs:26:20:\ntold to panic"
            WARN the instance was lost, `cleanup` is skipped
            INFO stopping service
            INFO service stopped exit.status=1
            status 1
        "#]],
    );
}

#[test]
fn a_script_without_memory_is_told_so() {
    ends(
        "run = 'exhaust'",
        1,
        &expect![[r#"
            INFO starting service
            INFO starting features
            INFO service resources component="$TARGET/wasm32-wasip2/release/scripts.wasm" limits.memory=16777216 limits.max_concurrency=256 started_in_ms=$MS
            INFO service is running kind="script"
            INFO run begins arguments=[]
            ERROR instance lost error.kind="out-of-memory" error.message="the service exceeded its memory limit of 16777216 bytes" call="script.run" error.stack=$STACK worker=0
            FATAL aborting service execution reason="could not execute service" error.message="kind `script` failed: the service exceeded its memory limit of 16777216 bytes"
            WARN the instance was lost, `cleanup` is skipped
            INFO stopping service
            INFO service stopped exit.status=1
            status 1
        "#]],
    );
}

#[test]
fn an_error_of_cleanup_fails_the_script() {
    ends(
        "cleanup = 'fail'",
        1,
        &expect![[r#"
            INFO starting service
            INFO starting features
            INFO service resources component="$TARGET/wasm32-wasip2/release/scripts.wasm" limits.memory=16777216 limits.max_concurrency=256 started_in_ms=$MS
            INFO service is running kind="script"
            INFO run begins arguments=[]
            INFO cleanup begins
            ERROR cleanup of the script failed error.message="kind `script` failed: told to fail: by its settings"
            INFO stopping service
            INFO on-finish begins
            INFO service stopped exit.status=1
            status 1
        "#]],
    );
}

#[test]
fn both_errors_are_told() {
    ends(
        "run = 'fail'\ncleanup = 'fail'",
        1,
        &expect![[r#"
            INFO starting service
            INFO starting features
            INFO service resources component="$TARGET/wasm32-wasip2/release/scripts.wasm" limits.memory=16777216 limits.max_concurrency=256 started_in_ms=$MS
            INFO service is running kind="script"
            INFO run begins arguments=[]
            FATAL aborting service execution reason="could not execute service" error.message="kind `script` failed: told to fail: by its settings"
            INFO cleanup begins
            ERROR cleanup of the script failed error.message="kind `script` failed: told to fail: by its settings"
            INFO stopping service
            INFO on-finish begins
            INFO service stopped exit.status=1
            status 1
        "#]],
    );
}

#[test]
fn a_panic_in_cleanup_fails_the_script() {
    ends(
        "cleanup = 'panic'",
        1,
        &expect![[r#"
            INFO starting service
            INFO starting features
            INFO service resources component="$TARGET/wasm32-wasip2/release/scripts.wasm" limits.memory=16777216 limits.max_concurrency=256 started_in_ms=$MS
            INFO service is running kind="script"
            INFO run begins arguments=[]
            INFO cleanup begins
            ERROR instance lost error.kind="trap" error.message="the service trapped: thread '<unnamed>' (1) panicked at tests/guests/acts/src/lib.rs:26:20:\ntold to panic" call="script.cleanup" error.stack=$STACK worker=0
            ERROR cleanup of the script failed error.message="kind `script` failed: the service trapped: thread '<unnamed>' (1) panicked at tests/guests/acts/src/lib.rs:26:20:\ntold to panic"
            INFO stopping service
            INFO service stopped exit.status=1
            status 1
        "#]],
    );
}

#[test]
fn a_cleanup_that_waits_for_ever_is_given_up() {
    ends(
        "cleanup = 'wait'",
        1,
        &expect![[r#"
            INFO starting service
            INFO starting features
            INFO service resources component="$TARGET/wasm32-wasip2/release/scripts.wasm" limits.memory=16777216 limits.max_concurrency=256 started_in_ms=$MS
            INFO service is running kind="script"
            INFO run begins arguments=[]
            INFO cleanup begins
            ERROR cleanup of the script failed error.message="kind `script` failed: the service did not answer within 300ms"
            INFO stopping service
            INFO on-finish begins
            INFO service stopped exit.status=1
            status 1
        "#]],
    );
}

#[test]
fn a_cleanup_that_computes_for_ever_is_interrupted() {
    ends(
        "cleanup = 'spin'",
        1,
        &expect![[r#"
            INFO starting service
            INFO starting features
            INFO service resources component="$TARGET/wasm32-wasip2/release/scripts.wasm" limits.memory=16777216 limits.max_concurrency=256 started_in_ms=$MS
            INFO service is running kind="script"
            INFO run begins arguments=[]
            INFO cleanup begins
            ERROR cleanup of the script failed error.message="kind `script` failed: the service did not answer within 300ms"
            INFO stopping service
            ERROR instance lost error.kind="interrupted" error.message="the service computed past its deadline and was interrupted" call="script.cleanup" error.stack=$STACK worker=0
            ERROR a step of the shutdown failed step="lifecycle.on-finish" error.message="the service is stopping"
            INFO service stopped exit.status=1
            status 1
        "#]],
    );
}

/// A script with the standard input and output of the host.
fn piped(run: &str) -> Service {
    let tables = format!("[services.script]\nstdio = 'inherit'\n[service]\nrun = '{run}'");
    Service::new(guests::SCRIPTS, "script").host("shutdown_timeout = '300ms'").tables(&tables)
}

/// The log, where it went to standard error.
#[track_caller]
fn log_of(stderr: &str) -> Vec<Line> {
    stderr.lines().map(Line::parse).collect()
}

#[test]
fn a_script_has_its_place_in_a_pipe() {
    const LINES: usize = 20_000;
    let (input, mut keyboard) = io::pipe().unwrap();
    let service = piped("copy");
    let mut process = Host::command(&service).spawn_with_input(input);
    let writer = thread::spawn(move || {
        for number in 0..LINES {
            writeln!(keyboard, "line {number}").expect("the script reads it");
        }
    });

    let status = process.wait();
    writer.join().expect("the script has read all");

    let output = process.stdout();
    assert!(status.success(), "{}", process.stderr());
    assert_eq!(output.len(), LINES + 1);
    assert!((0..LINES).all(|number| output[number] == format!("LINE {number}")));
    assert_eq!(output[LINES], "end");
    expect![[r#"
        INFO starting service
        INFO starting features
        INFO service resources component="$TARGET/wasm32-wasip2/release/scripts.wasm" limits.memory=268435456 limits.max_concurrency=256 started_in_ms=$MS
        INFO service is running kind="script"
        INFO run begins arguments=[]
        INFO to stderr, terminal: false stream="stderr"
        INFO cleanup begins
        INFO stopping service
        INFO on-finish begins
        INFO service stopped
    "#]].assert_eq(&log::outline(&log_of(&process.stderr())));
}

#[test]
fn a_script_whose_reader_leaves_is_told_so() {
    let (mut reader, output) = io::pipe().unwrap();
    let service = piped("pour");
    let mut process = Host::command(&service).spawn_into(output.into());

    reader.read_exact(&mut [0; 1001]).unwrap();
    drop(reader);
    let status = process.wait();

    assert_eq!(status.code(), Some(1));
    let log = log_of(&process.stderr());
    let reason = log.iter().find(|line| line.name() == "service-aborted").unwrap();
    assert_eq!(
        reason.text("error.message"),
        "kind `script` failed: got an internal error: Broken pipe (os error 64)"
    );
}

#[test]
fn a_reader_that_takes_nothing_holds_up_no_signal() {
    let (mut reader, output) = io::pipe().unwrap();
    let service = piped("pour");
    let mut process = Host::command(&service).spawn_into(output.into());

    reader.read_exact(&mut [0; 1001]).unwrap();
    process.signal(Signal::TERM);
    let status = process.wait();

    assert_eq!(status.code(), Some(143), "{}", process.stderr());
    drop(reader);
}

#[test]
fn what_a_script_prints_is_a_line_of_the_log_unless_it_wants_it_otherwise() {
    let service = Service::new(guests::SCRIPTS, "script").tables("[service]\nrun = 'copy'");

    let stopped = Host::run(&service, NONE);

    // There is no input either.
    assert_eq!(stopped.lines("end").len(), 1, "{}", stopped.outline());
    assert_eq!(stopped.stderr, "");
}

#[test]
fn arguments_arrive_as_they_were_typed() {
    let service = Service::new(guests::SCRIPTS, "script");

    let stopped = Host::run(&service, ["--fail", "", "zwölf", "a b", "--", "-h"]);

    let arguments = stopped.lines("run begins")[0].get("arguments").unwrap();
    assert_eq!(*arguments, serde_json::json!(["--fail", "", "zwölf", "a b", "--", "-h"]));
    assert_eq!(stopped.status, Some(0));
}

#[test]
fn the_report_lists_its_arguments() {
    let service = Service::new(guests::SCRIPT_REPORT, "script");

    let stopped = Host::run(&service, ["one", "zwölf"]);

    let reported = stopped.lines("reported");
    let lengths: Vec<_> = reported.iter().map(|line| line.number("characters")).collect();
    assert_eq!(lengths, [3, 5]);
    assert_eq!(stopped.lines("the report is closed")[0].number("lines"), 2);
    assert_eq!(stopped.status, Some(0));
}

#[test]
fn the_report_fails_on_request() {
    let service = Service::new(guests::SCRIPT_REPORT, "script");

    let stopped = Host::run(&service, ["one", "--fail", "two"]);

    assert_eq!(stopped.lines("reported").len(), 1);
    assert_eq!(stopped.lines("the report is closed").len(), 1);
    let reason = stopped.lines("service-aborted")[0].text("error.message");
    assert_eq!(reason, "kind `script` failed: told to fail by `--fail`");
    assert_eq!(stopped.status, Some(1));
}
