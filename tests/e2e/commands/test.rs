//! `test`: what runs in which order, what tests get to know, and how each ending is told.
//! Does not compile anything: shell commands and a script stand for the tests and for cargo.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use expect_test::expect;

use super::{check, hello, run};
use crate::support::command::Finished;
use crate::support::process::Process;
use crate::support::{Command, LIMIT, Service, Signal, guests, http, mask, without_numbers};

/// A service that `command` tests, on a port that is somebody else's.
fn tested_by(command: &str) -> Service {
    Service::new(guests::HELLO_HTTP, "http:1")
        .tables(&format!("[service]\ngreeting = 'hi'\n[tests]\ncommand = '''{command}'''"))
}

/// Starts `test` and waits until the command has written its first line.
fn begin(service: &Service) -> (Process, String) {
    let mut line = Command::new(["test"]).in_background();
    line.arguments([service.path()]);
    let process = line.spawn();
    let first = process.wait_until("the tests", |lines, _| lines.first().cloned());
    (process, first)
}

#[test]
fn tests_find_the_service_on_a_port_of_its_own() {
    let service = tested_by("echo $MIKROS_TEST_HTTP; until [ -e over ]; do sleep 0.01; done");
    let (mut process, address) = begin(&service);
    let port = address.strip_prefix("http://127.0.0.1:").and_then(|port| port.parse().ok());
    let port = port.unwrap_or_else(|| panic!("{address} is no address"));

    assert_eq!(http::get(port, "/hello/Ada").text(), "hi Ada");
    service.write("over", "");

    assert_eq!(process.wait().code(), Some(0));
    // The log is of no interest when all is well.
    let told = format!("testing `probe` at {address}: echo $MIKROS_TEST_HTTP; until");
    assert!(process.stderr().starts_with(&told), "{}", process.stderr());
    assert_eq!(process.stderr().lines().count(), 1, "{}", process.stderr());
}

#[test]
fn every_kind_that_listens_has_its_address() {
    let service = Service::new(guests::HYBRID_GRPC_HTTP, "http, grpc:7070").tables(
        "[tests]\ncommand = '''env | grep -o '^MIKROS_TEST_[A-Z]*=http://127.0.0.1:' | sort'''",
    );

    let finished = run(&service, &["test"]);

    assert_eq!(finished.status, 0, "{}", finished.outline());
    let expected = "MIKROS_TEST_GRPC=http://127.0.0.1:\nMIKROS_TEST_HTTP=http://127.0.0.1:\n";
    assert_eq!(finished.stdout, expected);
}

#[test]
fn tests_that_fail_are_told_with_the_log_of_the_service() {
    let finished = run(&tested_by("echo wrong; exit 3"), &["test"]);

    assert_eq!((finished.status, finished.stdout.as_str()), (1, "wrong\n"));
    let (log, error) = finished.stderr.split_once("\nerror: ").expect("there is an error");
    assert!(log.contains("\nthe service's log:\n"), "{log}");
    assert!(log.contains("service is running"), "{log}");
    assert!(log.contains("service stopped"), "{log}");
    let error = mask(error);
    let expected = "the tests failed: `echo wrong; exit 3` in `$DIR` ended with exit status 3\n";
    assert_eq!(error, expected);
}

#[test]
fn the_log_is_shown_or_discarded_as_the_definition_says() {
    for (says, shown) in [("false", true), ("true", false)] {
        let service = tested_by("exit 3");
        service.edit("[tests]", &format!("[tests]\ndiscard_log_messages = {says}"));

        let stderr = run(&service, &["test"]).stderr;

        assert_eq!(stderr.contains("service stopped"), shown, "{stderr}");
        assert!(!stderr.contains("the service's log"), "{stderr}");
    }
}

#[test]
fn a_service_that_does_not_start_is_told_by_its_log() {
    let service = tested_by("echo never");
    service.edit("greeting = 'hi'", "greeting = 5");

    let finished = run(&service, &["test"]);

    assert_eq!((finished.status, finished.stdout.as_str()), (1, ""));
    let stderr = &finished.stderr;
    assert!(stderr.contains("could not bootstrap service"), "{stderr}");
    let end = "\nerror: the service failed\n help: its log, above, says why\n";
    assert!(stderr.ends_with(end), "{stderr}");
}

#[test]
fn without_tests_a_service_starts_and_stops() {
    let finished = run(&hello(), &["test"]);

    check(
        &Finished { stderr: without_numbers(&finished.stderr), ..finished },
        &expect![[r"
            status 0
            --- stdout
            --- stderr
            `probe` serves at http://127.0.0.1:$N, nothing is run against it: there are no tests in `tests/`, and `[tests] command` names none
        "]],
    );
}

#[test]
fn a_signal_ends_the_tests_and_then_the_service() {
    for (signal, status) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        let service = tested_by(
            "trap 'echo heard; exit 0' TERM; sleep 1000 & echo $!; while :; do sleep 0.01; done",
        );
        let (mut process, sleeper) = begin(&service);

        process.signal(signal);
        let ended = process.wait();

        assert_eq!(ended.code(), Some(status), "{}", process.stderr());
        assert_eq!(process.stdout()[1..], ["heard"]);
        let deadline = Instant::now() + LIMIT;
        while super::build::is_alive(&sleeper) {
            assert!(Instant::now() < deadline, "what the tests have started goes on");
            thread::sleep(Duration::from_millis(1));
        }
    }
}

#[test]
fn a_script_is_run_by_its_tests() {
    let service = Service::new(guests::SCRIPTS, "script").tables(
        "[tests]\ncommand = '''\"$MIKROS_HOST\" check \"$MIKROS_CONFIG\" && echo \"$@\"'''",
    );
    let mut line = Command::new(["test"]);
    line.arguments([service.path()]);
    line.arguments(["--", "one", "two words"]);

    let finished = line.run();

    assert_eq!(finished.status, 0, "{}", finished.outline());
    assert!(finished.stdout.ends_with("one two words\n"), "{}", finished.stdout);
}

/// Stands for cargo where it would compile.
const CARGO: &str = r#"#!/bin/sh
case "$1" in
    test) echo "cargo $*${MIKROS_TEST_HTTP:+ for the service}"; [ ! -e fails ] ;;
    *) exec CARGO "$@" ;;
esac
"#;

/// A crate with a test of each sort, and a `cargo` of its own.
fn tested_crate() -> Service {
    let component = guests::HELLO_HTTP.component();
    let service = Service::with_component("built.wasm".as_ref(), "http:1")
        .host(&format!("build = 'echo building; cp {} built.wasm'", component.display()))
        .tables("[service]\ngreeting = 'hi'");
    for directory in ["src", "tests", "bin"] {
        fs::create_dir(service.directory().join(directory)).expect("it is not there");
    }
    let manifest = "[package]\nname = 'probe'\nversion = '1.0.0'\nedition = '2024'\n\
                    [lib]\ncrate-type = ['cdylib', 'rlib']\n[workspace]\n";
    service.write("Cargo.toml", manifest);
    service.write("src/lib.rs", "");
    service.write("tests/service.rs", "");
    service.program("bin/cargo", &CARGO.replace("CARGO", env!("CARGO")));
    service
}

fn test_crate(service: &Service, arguments: &[&str]) -> Finished {
    let mut line = Command::new(["test"]).with_programs(&service.directory().join("bin"));
    line.arguments([service.path()]);
    line.arguments(arguments);
    line.run()
}

#[test]
fn the_tests_of_a_crate_run_in_order() {
    let finished = test_crate(&tested_crate(), &["--", "greets"]);

    assert_eq!(finished.status, 0, "{}", finished.outline());
    expect![[r"
        cargo test --lib greets
        cargo test --doc greets
        cargo test --test * greets for the service
    "]]
    .assert_eq(&finished.stdout);
    expect![[r"
        testing `probe`: cargo test --lib greets
        testing `probe`: cargo test --doc greets
        building `probe`: echo building; cp $TARGET/wasm32-wasip2/release/hello_http.wasm built.wasm
        building
        testing `probe` at http://127.0.0.1:$N: cargo test --test '*' greets
    "]]
    .assert_eq(&without_numbers(&mask(&finished.stderr)));
}

#[test]
fn a_crate_whose_own_tests_fail_is_not_built() {
    let service = tested_crate();
    service.write("fails", "");

    check(
        &test_crate(&service, &[]),
        &expect![[r"
        status 1
        --- stdout
        cargo test --lib
        --- stderr
        testing `probe`: cargo test --lib
        error: the tests failed: `cargo test --lib` in `$DIR` ended with exit status 1
    "]],
    );
}
