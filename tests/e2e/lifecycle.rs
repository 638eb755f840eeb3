//! Phases in their order, and steps of the lifecycle that fail in every way they can.
//! Does not know signals at odd moments.

use expect_test::{Expect, expect};

use crate::support::log::{self, FIXED};
use crate::support::{Host, Service, Signal, guests, http};

/// A service that does in `step` what `act` says, and has little time for what never ends.
fn starts(step: &str, act: &str) -> Service {
    let is_endless = ["wait", "spin", "block"].contains(&act);
    let limit = if is_endless { "300ms" } else { "30s" };
    Service::new(guests::STARTS, "http:0")
        .host(&format!("start_timeout = '{limit}'\nshutdown_timeout = '{limit}'"))
        .limits("memory = '16MiB'")
        .tables(&format!("[service]\n{step} = '{act}'"))
}

/// A service that does not come up: it ends by itself, and says why.
#[track_caller]
fn does_not_start(act: &str, expected: &Expect) {
    let service = starts("on_start", act);

    let stopped = Host::launch(Host::command(&service)).ended();

    expected.assert_eq(&stopped.outline());
    assert_eq!(stopped.status, Some(1));
    assert_eq!(stopped.stderr, "");
}

/// A service that is told to stop and does not do so in order.
#[track_caller]
fn does_not_finish(act: &str, expected: &Expect) {
    let service = starts("on_finish", act);
    let host = Host::start(&service);

    host.signal(Signal::TERM);
    let stopped = host.ended();

    let tail = stopped.log.iter().skip_while(|line| line.name() != "service-stopping");
    expected.assert_eq(&log::outline(tail));
    assert_eq!(stopped.status, Some(1));
    assert_eq!(stopped.stderr, "");
}

#[test]
fn phases_follow_each_other_and_each_is_one_line() {
    let service = Service::new(guests::HELLO_HTTP, "http:0").tables("[service]\ngreeting = 'hi'");
    let host = Host::start(&service);
    assert_eq!(http::get(host.port(), "/").text(), "hello world");

    let stopped = host.stop();

    expect![[r#"
        INFO starting service
        INFO starting features
        INFO hello is ready greeting="hi"
        INFO service resources component="$TARGET/wasm32-wasip2/release/hello_http.wasm" limits.memory=268435456 limits.max_concurrency=256 started_in_ms=$MS
        INFO service is running kind="http" address=127.0.0.1:$PORT port.source="service.toml:5"
        INFO stopping service signal="SIGTERM"
        INFO service stopped
        status 0
    "#]].assert_eq(&stopped.outline());
}

#[test]
fn every_line_begins_with_the_same_fields() {
    let service = Service::new(guests::STARTS, "http:0")
        .top("envs = []")
        .tables("[log]\nattributes = { team = 'core' }");
    let stopped = Host::start(&service).stop();

    assert!(stopped.log.len() > 5, "{:?}", stopped.log);
    for line in &stopped.log {
        let mut fields = line.fields();
        if line.event().is_some() {
            assert_eq!(fields.remove(3), "event");
        }
        assert_eq!(fields[..8], FIXED);
        assert_eq!(fields[8], "team");
        let fixed = FIXED[3..].iter().map(|field| line.text(field));
        assert!(fixed.eq(["probe", "http", "v1.0.0", "local", "Tests"]), "{line:?}");
    }
}

#[test]
fn an_error_of_on_start_keeps_the_service_from_starting() {
    does_not_start(
        "fail",
        &expect![[r#"
            INFO starting service
            INFO starting features
            INFO on-start begins
            FATAL aborting service execution reason="could not bootstrap service" error.message="`on-start` failed: told to fail: by its settings"
            INFO service stopped exit.status=1
            status 1
        "#]],
    );
}

#[test]
fn settings_that_do_not_fit_keep_the_service_from_starting() {
    let service = Service::new(guests::STARTS, "http:0").tables("[service]\non_start = 5");

    let stopped = Host::launch(Host::command(&service)).ended();

    expect![[r#"
        INFO starting service
        INFO starting features
        FATAL aborting service execution reason="could not bootstrap service" error.message="`on-start` failed: `[service] on_start` in `service.toml` does not fit, expected a string: the settings do not fit"
        INFO service stopped exit.status=1
        status 1
    "#]].assert_eq(&stopped.outline());
    assert_eq!(stopped.status, Some(1));
}

#[test]
fn settings_from_variables_are_named_and_never_shown() {
    let tables = "[services.cronjob]\ncron = '* * * * * *'\n\
                  [service]\nrun = 'NAP@env'\nsleep_ms = 'NAP@env'";
    let service = Service::new(guests::CRONJOBS, "cronjob").tables(tables);
    let with_nap = |value| Host::launch(Host::command(&service).env("NAP", value));

    let stopped = with_nap("hunter2").ended();
    let fatal = stopped.lines("service-aborted")[0];
    expect![
        "`on-start` failed: `[service] sleep_ms` in `service.toml` does not fit, expected u64, \
         found the value of `NAP`: the settings do not fit"
    ]
    .assert_eq(fatal.text("error.message"));
    assert!(!format!("{:?}{}", stopped.log, stopped.stderr).contains("hunter2"));

    let host = with_nap("1");
    host.wait_for("service-running");
    host.stop();
}

#[test]
fn a_panic_in_on_start_is_told_in_its_own_words() {
    does_not_start(
        "panic",
        &expect![[r#"
            INFO starting service
            INFO starting features
            INFO on-start begins
            FATAL aborting service execution reason="could not bootstrap service" error.message="the service trapped: thread '<unnamed>' (1) panicked at tests/guests/acts/src/lib.rs:26:20:\ntold to panic" error.kind="trap" call="lifecycle.on-start" error.stack=$STACK
            INFO service stopped exit.status=1
            status 1
        "#]],
    );
}

#[test]
fn an_on_start_that_waits_for_ever_is_given_up() {
    does_not_start(
        "wait",
        &expect![[r#"
            INFO starting service
            INFO starting features
            INFO on-start begins
            FATAL aborting service execution reason="could not bootstrap service" error.message="`on-start` did not return within 300ms"
            INFO service stopped exit.status=1
            status 1
        "#]],
    );
}

#[test]
fn an_on_start_that_computes_for_ever_is_interrupted() {
    does_not_start(
        "spin",
        &expect![[r#"
            INFO starting service
            INFO starting features
            INFO on-start begins
            FATAL aborting service execution reason="could not bootstrap service" error.message="the service computed past its deadline and was interrupted" error.kind="interrupted" call="lifecycle.on-start" error.stack=$STACK
            INFO service stopped exit.status=1
            status 1
        "#]],
    );
}

#[test]
fn an_on_start_that_blocks_its_instance_is_given_up() {
    does_not_start(
        "block",
        &expect![[r#"
            INFO starting service
            INFO starting features
            INFO on-start begins
            FATAL aborting service execution reason="could not bootstrap service" error.message="`on-start` did not return within 300ms"
            INFO service stopped exit.status=1
            status 1
        "#]],
    );
}

#[test]
fn an_on_start_without_memory_is_told_so() {
    does_not_start(
        "exhaust",
        &expect![[r#"
            INFO starting service
            INFO starting features
            INFO on-start begins
            FATAL aborting service execution reason="could not bootstrap service" error.message="the service exceeded its memory limit of 16777216 bytes" error.kind="out-of-memory" call="lifecycle.on-start" error.stack=$STACK
            INFO service stopped exit.status=1
            status 1
        "#]],
    );
}

#[test]
fn an_error_of_on_finish_is_logged_and_the_rest_goes_on() {
    does_not_finish(
        "fail",
        &expect![[r#"
            INFO stopping service signal="SIGTERM"
            INFO on-finish begins requests=0
            ERROR a step of the shutdown failed step="lifecycle.on-finish" error.message="told to fail: by its settings"
            INFO service stopped exit.status=1
        "#]],
    );
}

#[test]
fn a_panic_in_on_finish_is_logged_and_the_rest_goes_on() {
    does_not_finish(
        "panic",
        &expect![[r#"
            INFO stopping service signal="SIGTERM"
            INFO on-finish begins requests=0
            ERROR instance lost error.kind="trap" error.message="the service trapped: thread '<unnamed>' (1) panicked at tests/guests/acts/src/lib.rs:26:20:\ntold to panic" call="lifecycle.on-finish" error.stack=$STACK worker=0
            ERROR a step of the shutdown failed step="lifecycle.on-finish" error.message="the service trapped: thread '<unnamed>' (1) panicked at tests/guests/acts/src/lib.rs:26:20:\ntold to panic"
            INFO service stopped exit.status=1
        "#]],
    );
}

#[test]
fn an_on_finish_that_waits_for_ever_is_cut_off() {
    does_not_finish(
        "wait",
        &expect![[r#"
            INFO stopping service signal="SIGTERM"
            INFO on-finish begins requests=0
            WARN shutdown takes too long, interrupting the service timeout="300ms" step="lifecycle.on-finish" calls.cut=0
            INFO service stopped exit.status=1
        "#]],
    );
}

#[test]
fn an_on_finish_that_computes_for_ever_is_interrupted() {
    does_not_finish(
        "spin",
        &expect![[r#"
            INFO stopping service signal="SIGTERM"
            INFO on-finish begins requests=0
            WARN shutdown takes too long, interrupting the service timeout="300ms" step="lifecycle.on-finish" calls.cut=0
            ERROR instance lost error.kind="interrupted" error.message="the service computed past its deadline and was interrupted" call="lifecycle.on-finish" error.stack=$STACK worker=0
            INFO service stopped exit.status=1
        "#]],
    );
}

#[test]
fn an_on_finish_that_blocks_its_instance_is_cut_off() {
    does_not_finish(
        "block",
        &expect![[r#"
            INFO stopping service signal="SIGTERM"
            INFO on-finish begins requests=0
            WARN shutdown takes too long, interrupting the service timeout="300ms" step="lifecycle.on-finish" calls.cut=0
            WARN instance cut off error.kind="cut-off" error.message="the service did not stop within the grace period and was aborted" calls.lost=1 worker=0
            INFO service stopped exit.status=1
        "#]],
    );
}

#[test]
fn what_was_started_is_finished_when_a_sibling_does_not_start() {
    let service = starts("on_start", "fail").host("instances = 2");

    let stopped = Host::launch(Host::command(&service)).ended();

    // No instance has started, so there is none to finish.
    assert_eq!(stopped.lines("on-finish begins").len(), 0);
    assert_eq!(stopped.lines("service-aborted").len(), 1);
    assert_eq!(stopped.status, Some(1));
}

#[test]
fn every_instance_goes_through_the_whole_lifecycle() {
    let service = Service::new(guests::STARTS, "http:0").host("instances = 3");

    let stopped = Host::start(&service).stop();

    assert_eq!(stopped.lines("on-start begins").len(), 3);
    assert_eq!(stopped.lines("on-finish begins").len(), 3);
    assert_eq!(stopped.lines("service-running").len(), 1);
}
