//! Settings of plug-ins, and keys of the host in their tables, that keep a service from starting.
//! Does not know what is wrong with components.

use expect_test::{Expect, expect};

use super::{echoes, probe, probe_named};
use crate::support::{Command, Host, Service};

/// The log of a service that does not start, and its exit status.
#[track_caller]
fn does_not_start(service: &Service, expected: &Expect) {
    let stopped = Host::launch(Host::command(service)).ended();
    let first = stopped.log.iter().position(|line| line.level() == "FATAL");
    let tail = &stopped.log[first.expect("it says why it does not start")..];
    expected.assert_eq(&format!(
        "{}status {}\n{}",
        crate::support::log::outline(tail),
        stopped.status.unwrap_or(-1),
        stopped.stderr,
    ));
}

/// What `run` says to a definition that it does not take.
#[track_caller]
fn is_wrong(tables: &str, expected: &Expect) {
    let service = echoes(tables);
    let ended = Command::new(["run".as_ref(), service.path().as_os_str()]).run();
    assert_eq!((ended.status, ended.stdout.as_str()), (2, ""));
    expected.assert_eq(&crate::support::mask(&ended.stderr));
}

#[test]
fn refused_settings_are_shown_where_they_stand() {
    let settings = "request = 'nonsense'\n\
                    [[features.probe.settings.problems]]\npath = 'request'\n\
                    message = 'must make sense'\n\
                    [[features.probe.settings.problems]]\npath = 'problems[1].message'\n\
                    message = 'is one of them'\n\
                    [[features.probe.settings.problems]]\npath = ''\nmessage = 'is all wrong'\n\
                    [[features.probe.settings.problems]]\npath = 'not[7].there'\n\
                    message = 'must be there'";
    does_not_start(
        &echoes(&probe(settings)),
        &expect![[r#"
            FATAL aborting service execution reason="could not bootstrap service" error.message="$DIR/service.toml:16:11, $DIR/service.toml:22:11, $DIR/service.toml:15:17, $DIR/service.toml:15:17: feature `probe` did not start: it refused its settings: `request` must make sense; `problems[1].message` is one of them; `settings` is all wrong; `not[7].there` must be there"
            INFO service stopped exit.status=1
            status 1
        "#]],
    );
}

#[test]
fn settings_of_another_type_or_name_are_shown_where_they_stand() {
    does_not_start(
        &echoes(&probe("panic_every = 'often'")),
        &expect![[r#"
        FATAL aborting service execution reason="could not bootstrap service" error.message="$DIR/service.toml:16:15: feature `probe` did not start: it refused its settings: `panic_every` does not fit, expected u32"
        INFO service stopped exit.status=1
        status 1
    "#]],
    );
    does_not_start(
        &echoes(&probe("requests = 'pass'")),
        &expect![[r#"
        FATAL aborting service execution reason="could not bootstrap service" error.message="$DIR/service.toml:16:12: feature `probe` did not start: it refused its settings: `requests` is unknown, expected one of `start`, `start_again`, `problems`, `stop`, `request`, `response`, `panic_every`"
        INFO service stopped exit.status=1
        status 1
    "#]],
    );
}

#[test]
fn settings_from_variables_are_named_and_never_shown() {
    let service = echoes(&probe("panic_every = 'OFTEN@env'"));

    let stopped = Host::launch(Host::command(&service).env("OFTEN", "hunter2")).ended();

    let fatal = stopped.lines("service-aborted")[0];
    let message = fatal.text("error.message");
    let expected = "`panic_every` does not fit, expected u32, found the value of `OFTEN`";
    assert!(message.ends_with(expected), "{message}");
    assert!(!format!("{:?}{}", stopped.log, stopped.stderr).contains("hunter2"));

    let host = Host::running(&service, Host::command(&service).env("OFTEN", "2"));
    assert_eq!(super::get(&host, "/head", "").status, 200);
    host.stop();
}

#[test]
fn a_start_that_fails_says_why() {
    does_not_start(
        &echoes(&probe("start = 'fail'")),
        &expect![[r#"
            FATAL aborting service execution reason="could not bootstrap service" error.message="feature `probe` did not start: `start` failed: told to fail: by its settings"
            INFO service stopped exit.status=1
            status 1
        "#]],
    );
}

#[test]
fn a_start_that_exhausts_its_memory_says_so() {
    let tables = probe_named("probe", "limits.memory = '8MiB'", "start = 'exhaust'");
    does_not_start(
        &echoes(&tables),
        &expect![[r#"
            FATAL aborting service execution reason="could not bootstrap service" error.message="feature `probe` did not start: the plug-in exceeded its memory limit of 8388608 bytes" error.kind="out-of-memory" call="lifecycle.on-start" error.stack=$STACK
            INFO service stopped exit.status=1
            status 1
        "#]],
    );
}

#[test]
fn a_start_that_never_ends_is_given_up() {
    let start =
        |act: &str| echoes(&probe(&format!("start = '{act}'"))).host("start_timeout = '300ms'");
    does_not_start(
        &start("wait"),
        &expect![[r#"
        FATAL aborting service execution reason="could not bootstrap service" error.message="feature `probe` did not start: `start` did not return within 300ms"
        INFO service stopped exit.status=1
        status 1
    "#]],
    );
    does_not_start(
        &start("block"),
        &expect![[r#"
        FATAL aborting service execution reason="could not bootstrap service" error.message="feature `probe` did not start: `start` did not return within 300ms"
        INFO service stopped exit.status=1
        status 1
    "#]],
    );
}

#[test]
fn a_start_that_computes_for_ever_is_interrupted() {
    let service = echoes(&probe("start = 'spin'")).host("start_timeout = '300ms'");

    let stopped = Host::launch(Host::command(&service)).ended();

    // Which of two messages it is depends on how busy the machine is.
    let fatal = stopped.lines("service-aborted")[0];
    let message = fatal.text("error.message");
    assert!(message.starts_with("feature `probe` did not start: "), "{message}");
    assert_eq!(stopped.status, Some(1));
}

#[test]
fn a_start_that_traps_is_reported_with_its_place() {
    let stopped = Host::launch(Host::command(&echoes(&probe("start = 'panic'")))).ended();

    let fatal = stopped.lines("service-aborted")[0];
    let message = fatal.text("error.message");
    assert!(message.starts_with("feature `probe` "), "{message}");
    assert!(message.contains("told to panic"), "{message}");
    assert_eq!(fatal.text("error.kind"), "trap");
    assert_eq!(fatal.text("call"), "lifecycle.on-start");
    assert_eq!(stopped.status, Some(1));
}

#[test]
fn keys_of_the_host_are_checked() {
    is_wrong(
        &probe_named(
            "probe",
            "stag = 'adapt'\non_failure = 'maybe'\nlimits.memory = '1KiB'\nlimits.cpu = 2\n\
             needs = ['nobody']",
            "",
        ),
        &expect![[r#"
            error: invalid service definition
              $DIR/service.toml:15:1: unknown key `features.probe.stag`
                15 | stag = 'adapt'
                   | ^^^^
                help: did you mean `stage`?
              $DIR/service.toml:16:14: `features.probe.on_failure` must be one of `closed`, `open`, found `"maybe"`
                16 | on_failure = 'maybe'
                   |              ^^^^^^^
                help: for example `"open"`
              $DIR/service.toml:17:17: `features.probe.limits.memory` must be a size from `1MiB` to `4GiB`, found `"1KiB"`
                17 | limits.memory = '1KiB'
                   |                 ^^^^^^
                help: for example `"16MiB"`
              $DIR/service.toml:18:8: unknown key `features.probe.limits.cpu`
                18 | limits.cpu = 2
                   |        ^^^
              $DIR/service.toml:19:10: feature `probe` needs `nobody`, which does not exist
                19 | needs = ['nobody']
                   |          ^^^^^^^^
                help: remove it from `needs`
        "#]],
    );
}

#[test]
fn what_needs_each_other_in_a_circle_does_not_start() {
    let one = probe_named("one", "needs = ['two']", "");
    let two = probe_named("two", "needs = ['one']", "");
    is_wrong(
        &format!("{one}{two}"),
        &expect![[r#"
        error: invalid service definition
          $DIR/service.toml:12:11: features need each other in a circle: `one`, `two`, `one`
            12 | [features.one]
               |           ^^^
            help: remove one of them from the `needs` of the one before
    "#]],
    );
}

#[test]
fn a_feature_of_the_host_cannot_be_a_component() {
    is_wrong(
        // The length of a path would show in the carets.
        "[features.tracker]\nenabled = true\ncomponent = 'x.wasm'\n",
        &expect![[r#"
        error: invalid service definition
          $DIR/service.toml:14:13: `features.tracker.component` cannot be set: `tracker` is a feature of this host
            14 | component = 'x.wasm'
               |             ^^^^^^^^
            help: give the feature that the component implements another name
    "#]],
    );
}

#[test]
fn settings_hold_what_the_environment_says() {
    let tables = probe("request = 'ACTIONS@env'");
    let service = echoes(&tables);
    let command = Host::command(&service).env("ACTIONS", "refuse=:418");
    let host = Host::running(&service, command);

    assert_eq!(super::get(&host, "/head", "").status, 418);
    host.stop();
}
