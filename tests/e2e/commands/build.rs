//! `build` and `run --build`: the service's own command, and the compilation target it needs.
//! Compiles only empty crates: otherwise shell commands and scripts stand for the toolchain.

use std::fs::{self, File};
use std::io::{Write, pipe};
use std::process;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use expect_test::expect;

use super::{check, hello, run};
use crate::support::command::Finished;
use crate::support::process::Process;
use crate::support::{Command, Host, LIMIT, Service, Signal, guests, http};

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

/// A crate whose build makes no component; `manifest` is what follows its name.
fn crate_with(manifest: &str, source: &str) -> Service {
    crate_built_by("true", manifest, source)
}

fn crate_built_by(build: &str, manifest: &str, source: &str) -> Service {
    let service = built_by(build);
    let package = "[package]\nname = 'probe'\nversion = '1.0.0'\nedition = '2024'\n";
    service.write("Cargo.toml", format!("{package}{manifest}\n[workspace]\n"));
    fs::create_dir(service.directory().join("src")).expect("it is not there");
    service.write(source, "");
    service
}

#[test]
fn a_component_that_is_left_from_before_is_none_of_this_crate() {
    let service = crate_with("", "src/lib.rs");
    let component =
        File::create(service.directory().join("built.wasm")).expect("it can be written");
    let before = SystemTime::now() - Duration::from_mins(1);
    component.set_modified(before).expect("the file is ours");

    let finished = run(&service, &["build"]);

    assert_eq!(finished.status, 2);
    let reason = "it has made no component `$DIR/built.wasm`: `$DIR/Cargo.toml` has no `crate-type";
    assert!(finished.outline().contains(reason), "{}", finished.outline());
}

#[test]
fn a_crate_without_cdylib_is_told_what_to_add_and_where() {
    check(
        &run(&crate_with("", "src/lib.rs"), &["build"]),
        &expect![[r#"
            status 2
            --- stdout
            --- stderr
            building `probe`: true
            error: the build succeeded, but it has made no component `$DIR/built.wasm`: `$DIR/Cargo.toml` has no `crate-type = ["cdylib"]`
             help: change `$DIR/Cargo.toml`, or let `mikros-host doctor --fix` do it:
                 7 +
                 8 + [lib]
                 9 + crate-type = ["cdylib"]
        "#]],
    );
    check(
        &run(&crate_with("[lib]\ncrate-type = ['rlib']\n", "src/lib.rs"), &["build"]),
        &expect![[r#"
            status 2
            --- stdout
            --- stderr
            building `probe`: true
            error: the build succeeded, but it has made no component `$DIR/built.wasm`: `$DIR/Cargo.toml` has no `crate-type = ["cdylib"]`
             help: change `$DIR/Cargo.toml`, or let `mikros-host doctor --fix` do it:
                 6 - crate-type = ['rlib']
                 6 + crate-type = ["cdylib", 'rlib']
        "#]],
    );
}

#[test]
fn a_crate_that_is_a_program_is_told_to_become_a_library() {
    check(
        &run(&crate_with("", "src/main.rs"), &["build"]),
        &expect![[r#"
            status 2
            --- stdout
            --- stderr
            building `probe`: true
            error: the build succeeded, but it has made no component `$DIR/built.wasm`: `$DIR/Cargo.toml` describes a program, not a library
             help: a service is a library: rename `src/main.rs` to `src/lib.rs`, add `[lib]` with `crate-type = ["cdylib"]`, and use `mikros_sdk::export!` instead of `main`
        "#]],
    );
}

#[test]
fn a_component_that_is_elsewhere_is_named() {
    let service = crate_built_by(
        "cargo build --quiet --target wasm32-wasip2 --target-dir out",
        "[lib]\ncrate-type = ['cdylib']\n",
        "src/lib.rs",
    );

    check(
        &run(&service, &["build"]),
        &expect![[r#"
        status 2
        --- stdout
        --- stderr
        building `probe`: cargo build --quiet --target wasm32-wasip2 --target-dir out
        error: the build succeeded, but there is no component `$DIR/built.wasm`
         help: `cargo build --quiet --target wasm32-wasip2 --target-dir out` has written `$DIR/out/wasm32-wasip2/debug/probe.wasm`: let `[host] component` in `$DIR/service.toml` name it, which `mikros-host doctor --fix` does
    "#]],
    );
}

#[test]
fn a_component_is_where_cargo_says() {
    let service = crate_built_by(
        "cargo build --quiet --profile small --target-dir made",
        "[lib]\ncrate-type = ['cdylib']\nname = 'other'\n[profile.small]\ninherits = 'release'",
        "src/lib.rs",
    );
    fs::create_dir(service.directory().join(".cargo")).expect("it is not there");
    service.write(".cargo/config.toml", "build.target = 'wasm32-wasip2'\n");

    check(
        &run(&service, &["build"]),
        &expect![[r#"
            status 2
            --- stdout
            --- stderr
            building `probe`: cargo build --quiet --profile small --target-dir made
            error: the build succeeded, but there is no component `$DIR/built.wasm`
             help: `cargo build --quiet --profile small --target-dir made` has written `$DIR/made/wasm32-wasip2/small/other.wasm`: let `[host] component` in `$DIR/service.toml` name it
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

/// Whether a process is there and has not ended.
pub(super) fn is_alive(id: &str) -> bool {
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    status.lines().any(|line| line.starts_with("State:") && !line.contains('Z'))
}

#[test]
fn nothing_that_a_build_has_started_outlives_a_signal() {
    for (signal, status) in [(Signal::HUP, 129), (Signal::INT, 130), (Signal::TERM, 143)] {
        for command in ["build", "run"] {
            // Shells let what they start in the background ignore SIGINT.
            let service = built_by("sleep 1000 & echo started $$ $!; wait; wait; sleep 1000");
            let mut line = Command::new([command]).in_background();
            line.arguments(["--build"].into_iter().filter(|_| command == "run"));
            line.arguments([service.path()]);
            let mut process = line.spawn();
            let started = process.wait_until("the build", |_, stderr| {
                let mut lines = stderr.split_inclusive('\n').filter(|line| line.ends_with('\n'));
                let started = lines.find_map(|line| line.strip_prefix("started "));
                started.map(|ids| ids.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
            });

            process.signal(signal);
            let ended = process.wait();

            assert_eq!(ended.code(), Some(status));
            let deadline = Instant::now() + LIMIT;
            while started.iter().any(|id| is_alive(id)) {
                assert!(Instant::now() < deadline, "{command}: {started:?}");
                thread::yield_now();
            }
        }
    }
}

#[test]
fn a_build_on_a_terminal_can_ask_there_and_be_ended_with_ctrl_c() {
    let service = built_by("echo 'who?'; read answer < /dev/tty; echo it is $answer; sleep 1000");
    let line = format!("{} build {}", env!("CARGO_BIN_EXE_mikros-host"), service.path().display());
    let mut script = process::Command::new("script");
    script.args(["--quiet", "--return", "--flush", "--command", &line, "/dev/null"]);
    let (input, mut keyboard) = pipe().expect("there are pipes");
    script.env("SHELL", "/bin/sh").stdin(input);
    let mut terminal = Process::spawn_with_input(script, true);
    let shows = |terminal: &Process, text: &str| {
        terminal.wait_until(text, |lines, _| lines.concat().contains(text).then_some(()));
    };

    shows(&terminal, "who?");
    keyboard.write_all(b"alice\n").expect("the terminal takes it");
    shows(&terminal, "it is alice");
    keyboard.write_all(b"\x03").expect("the terminal takes it");

    assert_eq!(terminal.wait().code(), Some(130));
}

/// A directory with programs that stand for those of the toolchain.
fn toolchain(service: &Service, rustup: &str) -> String {
    let empty = service.directory().join("empty");
    fs::create_dir(&empty).expect("the directory can be written");
    let rustc = format!("#!/bin/sh\necho {}\n", empty.display());
    for (name, script) in [("rustc", rustc), ("rustup", format!("#!/bin/sh\n{rustup}\n"))] {
        service.program(name, &script);
    }
    format!("{}:/usr/bin:/bin", service.directory().display())
}

/// Builds for the compilation target with a toolchain that lacks it.
fn build_without_target(rustup: &str) -> Finished {
    let service = built_by("echo for wasm32-wasip2 > built.wasm");
    let path = toolchain(&service, rustup);
    build_with_path(&service, &path)
}

fn build_with_path(service: &Service, path: &str) -> Finished {
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
fn a_compilation_target_without_rustup_is_told_with_what_is_missing() {
    let service = built_by("echo for wasm32-wasip2 > built.wasm");
    let path = toolchain(&service, "");
    fs::remove_file(service.directory().join("rustup")).expect("it was just written");

    check(
        &build_with_path(&service, &path),
        &expect![[r#"
        status 1
        --- stdout
        --- stderr
        the target `wasm32-wasip2` is not installed, installing it: rustup target add wasm32-wasip2
        error: cannot start `rustup` to install the compilation target `wasm32-wasip2`
        cause: No such file or directory (os error 2)
         help: install Rust with rustup and run `rustup target add wasm32-wasip2`, or add the standard library for `wasm32-wasip2` to the toolchain in use
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
