//! `new` on a terminal, where it asks.
//! Does not know what is made of the answers.

use std::io::{Write, pipe};
use std::process;

use super::outside::Outside;
use crate::support::process::Process;
use crate::support::workspace;

/// What a terminal shows when these keys are pressed, and the exit status.
fn asked(outside: &Outside, keys: &str) -> (Option<i32>, String) {
    let (program, sdk) = (env!("CARGO_BIN_EXE_mikros-host"), workspace());
    let line = format!("'{program}' new --sdk '{}'", sdk.display());
    let mut script = process::Command::new("script");
    script.args(["--quiet", "--return", "--flush", "--command", &line, "/dev/null"]);
    let keep = std::env::vars_os().filter(|(name, _)| name == "PATH");
    script.env_clear().envs(keep).env("SHELL", "/bin/sh").env("TERM", "xterm");
    script.current_dir(outside.path());
    let (input, mut keyboard) = pipe().expect("there are pipes");
    script.stdin(input).stdout(process::Stdio::piped());
    let mut process = Process::spawn_with_input(script, true);
    keyboard.write_all(keys.as_bytes()).expect("the terminal takes it");
    let status = process.wait().code();
    (status, outside.mask(&process.stdout().join("\n")))
}

#[test]
fn answers_are_asked_for_until_they_make_sense() {
    let outside = Outside::new();

    let (status, shown) =
        asked(&outside, "h\u{e9}llo\n\u{1b}[Bhello\nhello\nhttp, gprc\nhttp, grpc\n");

    assert_eq!(status, Some(0), "{shown}");
    assert!(!shown.contains('\u{1b}'), "{shown:?}");
    for told in ["for example `hello`", "arrow keys do not work here", "did you mean `grpc`?"] {
        assert!(shown.contains(told), "{shown}");
    }
    assert!(outside.read("hello/service.toml").contains("types = [\"http:8080\", \"grpc:7070\"]"));
}
