//! `dev` on a terminal: keys, colours, the line that moves.
//! Does not know what is built.

use std::io::{PipeWriter, Write, pipe};
use std::process;

use expect_test::expect;

use super::{hanging, project, set_mark, vanish, without_times};
use crate::support::Service;
use crate::support::process::Process;

/// Back to the first column, and nothing in this line any more.
const ERASE: &str = "\r\u{1b}[2K";

/// A `dev` on a terminal of its own, and the keyboard of that.
struct Terminal {
    process: Process,
    keyboard: PipeWriter,
}

impl Terminal {
    /// What comes before and after it are the modes of the terminal.
    fn start(service: &Service) -> Self {
        Self::of_kind("xterm", service)
    }

    fn of_kind(kind: &str, service: &Service) -> Self {
        let line = format!(
            "trap : INT; stty -g; {} --log-level warn dev {}; status=$?; stty -g; exit $status",
            env!("CARGO_BIN_EXE_mikros-host"),
            service.path().display()
        );
        let mut script = process::Command::new("script");
        script.args(["--quiet", "--return", "--flush", "--command", &line, "/dev/null"]);
        let keep = std::env::vars_os().filter(|(name, _)| name == "PATH");
        script.env_clear().envs(keep).env("SHELL", "/bin/sh").env("TERM", kind);
        let cache = concat!(env!("CARGO_TARGET_TMPDIR"), "/compiled");
        script.env("MIKROS_HOST_CACHE", cache);
        let (input, keyboard) = pipe().expect("there are pipes");
        script.stdin(input).stdout(process::Stdio::piped());
        Self { process: Process::spawn_with_input(script, true), keyboard }
    }

    fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("the terminal takes it");
    }

    /// Waits until `text` has been shown `count` times.
    fn shows(&self, text: &str, count: usize) {
        let what = format!("`{text}` on the terminal, {count} times");
        self.process.wait_until(&what, |lines, _| {
            (lines.concat().matches(text).count() >= count).then_some(())
        });
    }

    /// Waits for its end. Returns all that it has shown between the modes of the terminal, which
    /// are the same.
    #[track_caller]
    fn ended(mut self) -> Vec<String> {
        let status = self.process.wait();
        let lines = self.process.stdout();
        assert_eq!(status.code(), Some(0), "{lines:#?}");
        let [before, shown @ .., after] = &lines[..] else { panic!("nothing was shown") };
        assert_eq!(before, after.rsplit('K').next().unwrap_or(after));
        shown.to_vec()
    }
}

/// What stays to be seen of lines.
fn seen(lines: &[String]) -> String {
    let last = |line: &String| line.rsplit(ERASE).next().map(str::to_owned);
    let seen = lines.iter().filter_map(last).collect::<Vec<_>>();
    without_times(&seen.join("\n").replace("\u{1b}[", " ^[")).replace(" ^[", "^[")
}

#[test]
fn keys_do_what_they_say() {
    let service = project();
    let mut terminal = Terminal::start(&service);
    terminal.shows("q quit", 1);

    terminal.press("b");
    terminal.shows("the component is the same", 1);
    terminal.press("lll");
    terminal.shows("log level: info", 1);
    terminal.press("h");
    terminal.shows("q quit", 2);
    set_mark(&service, "version2");
    terminal.shows("ready in", 2);
    terminal.press("q");

    let shown = terminal.ended();
    let log = |line: &&String| line.contains("INFO");
    assert!(shown.iter().any(|line| line.contains("service replaced")), "{shown:#?}");
    let shown = shown.iter().filter(|line| !log(line)).cloned().collect::<Vec<_>>();
    expect![[r#"
        ^[1;32mbuilt in $T · ready in $T^[0m
        http  http://127.0.0.1:$N
        keys: b build · l log level · q quit
        ^[1;32mbuilt in $T · the component is the same · still serving the version of $TIME^[0m
        log level: error, of the service and the host
        log level: debug, of the service and the host
        log level: info, of the service and the host
        keys: b build · l log level · q quit
        ^[1;32msrc/mark changed · built in $T · ready in $T^[0m
    "#]]
    .assert_eq(&seen(&shown));
}

#[test]
fn a_build_shows_that_it_goes_on() {
    let service = project();
    set_mark(&service, "hang");
    let mut terminal = Terminal::start(&service);
    terminal.shows("hangs", 1);
    let processes = hanging(&service);

    // Each change leaves a line, and what moves below it.
    terminal.press("h");
    terminal.shows("q quit", 1);
    terminal.press("q");

    let shown = terminal.ended();
    let moving = shown.iter().flat_map(|line| line.split(ERASE));
    let moving = moving.filter(|part| part.contains(" building, ")).count();
    assert!(moving > 0, "{shown:#?}");
    vanish(&processes);
}

#[test]
fn ctrl_c_ends_it_while_it_builds() {
    let service = project();
    set_mark(&service, "hang");
    let mut terminal = Terminal::start(&service);
    terminal.shows("hangs", 1);
    let processes = hanging(&service);

    terminal.press("\u{3}");

    terminal.ended();
    vanish(&processes);
}

#[test]
fn what_fails_is_red_and_what_the_compiler_says_is_its_own() {
    let service = project();
    let mut terminal = Terminal::start(&service);
    terminal.shows("q quit", 1);

    set_mark(&service, "error: no mark");
    terminal.shows("still serving", 1);
    terminal.press("q");

    expect![[r#"
        ^[1;32mbuilt in $T · ready in $T^[0m
        http  http://127.0.0.1:$N
        keys: b build · l log level · q quit
        error: no mark
        ^[1;31msrc/mark changed · build failed after $T · still serving the version of $TIME^[0m
    "#]]
    .assert_eq(&seen(&terminal.ended()));
}

#[test]
fn a_terminal_that_can_only_write_gets_plain_lines() {
    let service = project();
    let mut terminal = Terminal::of_kind("dumb", &service);
    terminal.shows("q quit", 1);

    set_mark(&service, "error: no mark");
    terminal.shows("still serving", 1);
    terminal.press("q");

    let shown = terminal.ended();
    assert!(!shown.concat().contains('\u{1b}'), "{shown:#?}");
    expect![[r#"
        built in $T · ready in $T
        http  http://127.0.0.1:$N
        keys: b build · l log level · q quit
        error: no mark
        src/mark changed · build failed after $T · still serving the version of $TIME
    "#]]
    .assert_eq(&without_times(&shown.join("\n")));
}

#[test]
fn what_is_to_be_built_again_is_built_by_a_key() {
    let service = project();
    let mut terminal = Terminal::start(&service);
    terminal.shows("q quit", 1);

    std::fs::remove_file(service.directory().join("app.wasm")).expect("it was built");
    terminal.shows("still serving", 1);
    terminal.press("b");
    terminal.shows("ready in", 2);
    terminal.press("q");

    let said = seen(&terminal.ended());
    assert!(said.contains("build it with the key `b`, or put there"), "{said}");
}
