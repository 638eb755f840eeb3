//! A log that cannot be written: readers that go away, disks that are full.
//! Does not know what the lines say.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, pipe};
use std::process::{self, Stdio};
use std::time::Instant;

use crate::support::log::Line;
use crate::support::process::Process;
use crate::support::{Host, LIMIT, Service, Signal, guests};

fn report() -> Service {
    Service::new(guests::SCRIPT_REPORT, "script")
}

/// The service with its output where `redirection` of a shell leads.
fn shell(service: &Service, redirection: &str) -> Process {
    let line = format!(
        "exec {} run {} {redirection}",
        env!("CARGO_BIN_EXE_mikros-host"),
        service.path().display()
    );
    let mut shell = process::Command::new("sh");
    let keep = std::env::vars_os().filter(|(name, _)| name == "PATH");
    shell.args(["-c", &line]).env_clear().envs(keep);
    shell.env("MIKROS_HOST_CACHE", concat!(env!("CARGO_TARGET_TMPDIR"), "/compiled"));
    Process::spawn(shell, true)
}

#[test]
fn a_reader_that_goes_away_is_told_of_and_ends_nothing() {
    let service = report();
    let (reader, writer) = pipe().expect("there are pipes");
    drop(reader);

    let mut process = Host::command(&service).spawn_into(writer.into());

    assert_eq!(process.wait().code(), Some(0));
    assert_eq!(
        process.stderr(),
        "warning: the log cannot be written and its lines are lost: Broken pipe (os error 32)\n"
    );
}

#[test]
fn a_full_disk_is_told_of_and_does_not_hold_up_the_end() {
    let full = OpenOptions::new().write(true).open("/dev/full").expect("there is such a disk");
    let service = Service::new(guests::TALKS, "http:0");

    let mut process = Host::command(&service).spawn_into(full.into());
    process.wait_until("the complaint", |_, stderr| stderr.ends_with('\n').then_some(()));
    process.signal(Signal::TERM);

    assert_eq!(process.wait().code(), Some(0));
    assert_eq!(
        process.stderr(),
        "warning: the log cannot be written and its lines wait: No space left on device (os error 28)\n"
    );
}

#[test]
fn nobody_is_told_where_nobody_is_there() {
    let service = report();
    let mut full = shell(&service, "> /dev/full 2>&1");
    assert_eq!(full.wait().code(), Some(0));

    let mut closed = shell(&service, ">&- 2>&-");
    assert_eq!(closed.wait().code(), Some(0));
}

#[test]
fn a_named_pipe_can_get_another_reader() {
    let service = Service::new(guests::TALKS, "http:0");
    let path = service.directory().join("log");
    let made = process::Command::new("mkfifo").arg(&path).status().expect("there is `mkfifo`");
    assert!(made.success());
    // Opening either end alone would wait for the other one.
    let both = OpenOptions::new().read(true).write(true).open(&path).expect("it is there");
    let writer = OpenOptions::new().write(true).open(&path).expect("it has a reader");
    let mut process = Host::command(&service).spawn_into(Stdio::from(writer));
    let port = port_in(&mut File::open(&path).expect("it has a writer"), &both);
    drop(both);
    let print = || assert_eq!(crate::support::http::get(port, "/levels").status, 204);

    print();
    process.wait_until("the complaint", |_, stderr| stderr.contains("are lost").then_some(()));
    let mut reader = File::open(&path).expect("it has a writer");
    print();
    process.wait_until("the recovery", |_, stderr| stderr.contains("again").then_some(()));
    process.signal(Signal::TERM);
    let mut text = String::new();
    reader.read_to_string(&mut text).expect("it is UTF-8");

    assert_eq!(process.wait().code(), Some(0));
    let lines: Vec<_> = text.lines().map(Line::parse).collect();
    let lost = lines.iter().find(|line| line.name() == "log-lines-lost").expect("it is told");
    assert!(lost.number("lines") > 0);
    assert_eq!(lines.last().map(Line::name), Some("service-stopped"));
}

/// The port that the log in `pipe` tells. `_held` keeps the pipe open until then.
fn port_in(pipe: &mut File, _held: &File) -> u16 {
    let deadline = Instant::now() + LIMIT;
    let mut text = Vec::new();
    loop {
        assert!(Instant::now() < deadline, "the log tells no port");
        let mut bytes = [0; 4096];
        let length = pipe.read(&mut bytes).expect("it can be read");
        text.extend_from_slice(&bytes[..length]);
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let lines = String::from_utf8(text[..whole].to_vec()).expect("it is UTF-8");
        let port = lines.lines().find_map(|line| super::port_of(&Line::parse(line)));
        if let Some(port) = port {
            return port;
        }
    }
}

#[test]
fn a_line_that_was_cut_off_ends_before_the_next_one() {
    let service = report();
    let path = service.directory().join("log");
    fs::write(&path, "{\"half\":\"a li").expect("it can be written");

    let mut process = shell(&service, &format!(">> {}", path.display()));
    assert_eq!(process.wait().code(), Some(0));

    let text = fs::read_to_string(&path).expect("it is UTF-8");
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("{\"half\":\"a li"));
    assert!(lines.all(|line| line.starts_with("{\"time\":") && line.ends_with('}')), "{text}");
}
