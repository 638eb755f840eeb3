//! Tests of the lines that tell what became of a change.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use expect_test::{Expect, expect};
use jiff::civil::time;

use super::super::super::build::Outcome;
use super::*;

const BUILT: Duration = Duration::from_millis(1_234);
const READY: Duration = Duration::from_millis(43);

fn paths(paths: &[&str]) -> Vec<PathBuf> {
    paths.iter().map(PathBuf::from).collect()
}

#[track_caller]
fn reads(changed: &[&str], built: Option<Duration>, end: End<'_>, expected: [&Expect; 2]) {
    let changed = paths(changed);
    let mut status = Status { changed: &changed, built, end, serving: None };
    expected[0].assert_eq(&status.text());
    status.serving = Some(time(12, 3, 44, 0));
    expected[1].assert_eq(&status.text());
}

/// A status that is the same whether or not a version has served before.
#[track_caller]
fn always_reads(changed: &[&str], built: Option<Duration>, end: End<'_>, expected: &Expect) {
    reads(changed, built, end, [expected, expected]);
}

fn failed(status: i32) -> BuildError {
    BuildError::Failed {
        command: "cargo build".to_owned(),
        directory: PathBuf::from("/srv/greeter"),
        outcome: Outcome::of(ExitStatus::from_raw(status)),
    }
}

#[test]
fn a_change_is_one_line() {
    let ready = || End::Ready { after: READY, addresses: &[] };

    always_reads(
        &["src/lib.rs", "src/a.rs", "Cargo.toml"],
        Some(BUILT),
        ready(),
        &expect!["src/lib.rs and 2 more changed · built in 1.2 s · ready in 43 ms"],
    );
    always_reads(
        &["service.toml"],
        None,
        ready(),
        &expect!["service.toml changed · ready in 43 ms"],
    );
    always_reads(&[], Some(BUILT), ready(), &expect!["built in 1.2 s · ready in 43 ms"]);
    always_reads(&["src/a\nb"], None, ready(), &expect!["src/a?b changed · ready in 43 ms"]);
}

#[test]
fn addresses_that_nobody_has_chosen_are_told_with_how_to_choose() {
    let addresses =
        [("http", "127.0.0.1:8080"), ("grpc", "127.0.0.1:50051")].map(|(kind, socket)| Address {
            kind,
            socket: socket.parse().unwrap(),
            is_local: true,
            is_secured: false,
        });

    always_reads(
        &[],
        None,
        End::Ready { after: READY, addresses: &addresses },
        &expect![[r"
            ready in 43 ms
            http  http://localhost:8080
            grpc  localhost:50051
            for this machine only; `--address ::` or `[host] address` lets others in"]],
    );
}

#[test]
fn new_addresses_follow() {
    let addresses = [
        ("http", "0.0.0.0:8080"),
        ("grpc", "[::]:50051"),
        ("http", "127.0.0.1:8080"),
        ("grpc", "[::1]:50051"),
    ]
    .map(|(kind, socket)| Address {
        kind,
        socket: socket.parse().unwrap(),
        is_local: false,
        is_secured: false,
    });

    always_reads(
        &[],
        Some(Duration::from_secs(8)),
        End::Ready { after: READY, addresses: &addresses },
        &expect![[r"
            built in 8.0 s · ready in 43 ms
            http  http://localhost:8080
            grpc  localhost:50051
            http  http://127.0.0.1:8080
            grpc  [::1]:50051"]],
    );
}

#[test]
fn a_build_that_changes_nothing_says_so() {
    let [before, after] = [
        expect![
            "src/lib.rs changed · built in 1.2 s · the component is the same · waiting for a change"
        ],
        expect![
            "src/lib.rs changed · built in 1.2 s · the component is the same · still serving the version of 12:03:44"
        ],
    ];

    reads(&["src/lib.rs"], Some(BUILT), End::Unchanged, [&before, &after]);
}

#[test]
fn a_build_that_fails_has_said_why() {
    let [before, after] = [
        expect!["src/lib.rs changed · build failed after 1.2 s · waiting for a change"],
        expect![
            "src/lib.rs changed · build failed after 1.2 s · still serving the version of 12:03:44"
        ],
    ];

    let end = End::BuildFailed { error: &failed(101 << 8), after: BUILT };

    reads(&["src/lib.rs"], None, end, [&before, &after]);
}

#[test]
fn a_build_that_is_killed_cannot_have_said_why() {
    let [before, after] = [
        expect!["build failed after 1.2 s: it was ended by signal 9 · waiting for a change"],
        expect![
            "build failed after 1.2 s: it was ended by signal 9 · still serving the version of 12:03:44"
        ],
    ];

    let end = End::BuildFailed { error: &failed(9), after: BUILT };

    reads(&[], None, end, [&before, &after]);
}

#[test]
fn a_build_that_leaves_no_component_says_what_to_do() {
    let error = BuildError::NoComponent {
        component: PathBuf::from("out/greeter.wasm"),
        help: "let `[host] component` name another file".to_owned(),
    };
    let [before, after] = [
        expect![[r"
            build failed after 1.2 s: the build succeeded, but there is no component `out/greeter.wasm`
             help: let `[host] component` name another file
            waiting for a change"]],
        expect![[r"
            build failed after 1.2 s: the build succeeded, but there is no component `out/greeter.wasm`
             help: let `[host] component` name another file
            still serving the version of 12:03:44"]],
    ];

    let end = End::BuildFailed { error: &error, after: BUILT };

    reads(&[], None, end, [&before, &after]);
}

#[test]
fn a_version_that_does_not_come_up_says_why() {
    #[derive(Debug, thiserror::Error)]
    #[error("cannot listen on 0.0.0.0:8080")]
    struct BindError {
        source: io::Error,
    }
    let error = BindError { source: io::Error::other("address in use") };
    let [before, after] = [
        expect![[r"
            service.toml changed · start failed: cannot listen on 0.0.0.0:8080
            cause: address in use
             help: choose another port
            waiting for a change"]],
        expect![[r"
            service.toml changed · replacing failed: cannot listen on 0.0.0.0:8080
            cause: address in use
             help: choose another port
            still serving the version of 12:03:44"]],
    ];

    let end = End::ReplacingFailed { error: &error, help: Some("choose another port") };

    reads(&["service.toml"], None, end, [&before, &after]);
}

#[test]
fn durations_are_short() {
    let text = |milliseconds| duration(Duration::from_millis(milliseconds));

    assert_eq!(
        [0, 43, 999, 1_000, 1_999, 59_999, 60_000, 125_900].map(text),
        ["0 ms", "43 ms", "999 ms", "1.0 s", "1.9 s", "59.9 s", "1 min 0 s", "2 min 5 s"]
    );
}

#[test]
fn the_keys_are_told() {
    expect!["keys: b build · l log level · q quit"].assert_eq(KEYS);
}
