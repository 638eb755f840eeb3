//! `build` and `run --build`: the service's own command, and the compilation target it needs.
//! Does not compile anything: shell commands and scripts stand for the toolchain.

use std::os::unix::fs::PermissionsExt;

use expect_test::expect;

use super::{check, hello, run};
use crate::support::command::Finished;
use crate::support::{Command, Host, Service, Signal, guests, http};

/// A service whose component is made by `build`.
fn built_by(build: &str) -> Service {
    Service::with_component("built.wasm".as_ref(), "http:0")
        .host(&format!("build = \"\"\"{build}\"\"\""))
        .tables("[service]\ngreeting = 'hi'")
}

#[test]
fn a_build_runs_the_command_next_to_the_definition() {
    let service = built_by(&format!(
        "pwd; echo noise >&2; cp {} built.wasm",
        guests::HELLO_HTTP.component().display()
    ));

    // Nothing is on standard output: with `run --build` it belongs to the log.
    check(
        &run(&service, &["build"]),
        &expect![[r#"
        status 0
        --- stdout
        --- stderr
        building `probe`: pwd; echo noise >&2; cp $TARGET/wasm32-wasip2/release/hello_http.wasm built.wasm
        $DIR
        noise
    "#]],
    );
}

#[test]
fn a_service_can_be_built_and_run_at_once() {
    let service = built_by(&format!("cp {} built.wasm", guests::HELLO_HTTP.component().display()));
    let mut command = Host::command(&service);
    command.arguments(["--build"]);
    let host = Host::running(&service, command);

    let answer = http::get(host.port(), "/hello/Ada");
    host.signal(Signal::TERM);
    let stopped = host.ended();

    assert_eq!(answer.text(), "hi Ada");
    assert_eq!(stopped.status, Some(0));
    assert!(stopped.stderr.starts_with("building `probe`: cp "), "{}", stopped.stderr);
}

#[test]
fn a_build_that_fails_says_how() {
    check(
        &run(&built_by("echo broken >&2; exit 7"), &["build"]),
        &expect![[r#"
        status 1
        --- stdout
        --- stderr
        building `probe`: echo broken >&2; exit 7
        broken
        error: the build failed: `echo broken >&2; exit 7` in `$DIR` ended with exit status 7
    "#]],
    );
    check(
        &run(&built_by("kill -9 $$"), &["run", "--build"]),
        &expect![[r#"
        status 1
        --- stdout
        --- stderr
        building `probe`: kill -9 $$
        error: the build failed: `kill -9 $$` in `$DIR` was ended by signal 9
    "#]],
    );
}

#[test]
fn a_build_that_makes_no_component_says_which() {
    check(
        &run(&built_by("true"), &["build"]),
        &expect![[r#"
        status 2
        --- stdout
        --- stderr
        building `probe`: true
        error: the build succeeded, but there is no component `$DIR/built.wasm`
         help: let `[host] component` in `$DIR/service.toml` name the file that `true` writes
    "#]],
    );
}

#[test]
fn a_service_without_a_build_command_cannot_be_built() {
    check(
        &run(&hello(), &["build"]),
        &expect![[r#"
        status 2
        --- stdout
        --- stderr
        error: `$DIR/service.toml` does not say how to build the service
         help: add to `[host]`, for example, `build = "cargo build --release --target wasm32-wasip2"`
    "#]],
    );
}

#[test]
fn a_signal_ends_the_build_and_what_it_has_started() {
    for (signal, status) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        // The shell tells when it has heard the signal, and the test when it may go on: never.
        let service = built_by(
            "trap 'echo heard $?; exit 1' INT TERM; echo ready; while :; do sleep 0.01; done",
        );
        let mut line = Command::new(["build"]);
        line.arguments([service.path()]);
        let mut process = line.spawn();
        process.wait_until("the build", |_, stderr| stderr.contains("\nready\n").then_some(()));

        process.signal(signal);
        let ended = process.wait();

        assert_eq!(ended.code(), Some(status));
        assert!(process.stderr().contains("\nheard"), "{}", process.stderr());
    }
}

/// A directory with programs that stand for those of the toolchain.
fn toolchain(service: &Service, rustup: &str) -> String {
    let empty = service.directory().join("empty");
    std::fs::create_dir(&empty).expect("the directory can be written");
    let rustc = format!("#!/bin/sh\necho {}\n", empty.display());
    for (name, script) in [("rustc", rustc), ("rustup", format!("#!/bin/sh\n{rustup}\n"))] {
        let path = service.write(name, script);
        let executable = PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(path, executable).expect("the file is ours");
    }
    format!("{}:/usr/bin:/bin", service.directory().display())
}

/// Builds for the compilation target with a toolchain that lacks it.
fn build_without_target(rustup: &str) -> Finished {
    let service = built_by("echo for wasm32-wasip2 > built.wasm");
    let path = toolchain(&service, rustup);
    let mut command = Command::new(["build"]).env("PATH", path);
    command.arguments([service.path()]);
    command.run()
}

#[test]
fn a_missing_compilation_target_is_installed() {
    check(
        &build_without_target("echo installed: $* >&2"),
        &expect![[r#"
        status 0
        --- stdout
        --- stderr
        the target `wasm32-wasip2` is not installed, installing it: rustup target add wasm32-wasip2
        installed: target add wasm32-wasip2
        building `probe`: echo for wasm32-wasip2 > built.wasm
    "#]],
    );
}

#[test]
fn a_compilation_target_that_cannot_be_installed_is_told_with_the_command() {
    check(
        &build_without_target("echo no network >&2; exit 1"),
        &expect![[r#"
        status 1
        --- stdout
        --- stderr
        the target `wasm32-wasip2` is not installed, installing it: rustup target add wasm32-wasip2
        no network
        error: cannot install the compilation target: `rustup target add wasm32-wasip2` ended with exit status 1, its message is above
         help: run `rustup target add wasm32-wasip2` in `$DIR` when this machine has network access
    "#]],
    );
}
