//! SIGHUP: with a terminal, without one, and after it is gone.
//! Does not know what a reload does.

use std::fs;
use std::path::{Path, PathBuf};
use std::process;
use std::time::Instant;

use crate::support::log::Line;
use crate::support::process::Process;
use crate::support::{Host, LIMIT, Service, Signal, guests};

/// A host that another program starts, and where its log goes.
struct Started {
    process: Process,
    log: PathBuf,
}

/// Lets `start`, the beginning of a shell command, start the host in the shell's own process.
fn started(service: &Service, start: impl FnOnce(&str) -> process::Command) -> Started {
    let log = service.directory().join("log");
    let line = format!(
        "exec {} run {} > {} 2>&1",
        env!("CARGO_BIN_EXE_mikros-host"),
        service.path().display(),
        log.display()
    );
    let mut command = start(&line);
    let keep = std::env::vars_os().filter(|(name, _)| name == "PATH");
    command.env_clear().envs(keep).env("SHELL", "/bin/sh");
    command.env("MIKROS_HOST_CACHE", concat!(env!("CARGO_TARGET_TMPDIR"), "/compiled"));
    Started { process: Process::spawn(command, true), log }
}

fn lines(log: &Path) -> Vec<Line> {
    let text = fs::read_to_string(log).unwrap_or_default();
    // The last line may not be whole yet.
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole.lines().map(Line::parse).collect()
}

#[track_caller]
fn wait_for(log: &Path, name: &str) -> Line {
    let deadline = Instant::now() + LIMIT;
    loop {
        if let Some(line) = lines(log).into_iter().find(|line| line.name() == name) {
            return line;
        }
        assert!(Instant::now() < deadline, "`{name}` is not in {:?}", lines(log));
        std::thread::yield_now();
    }
}

#[test]
fn whoever_has_it_ignored_is_not_disturbed() {
    let service = Service::new(guests::STARTS, "http:0");
    let mut host = started(&service, |line| {
        let mut shell = process::Command::new("sh");
        shell.args(["-c", &format!("trap '' HUP; {line}")]);
        shell
    });
    wait_for(&host.log, "service-running");

    host.process.signal(Signal::HUP);
    host.process.signal(Signal::TERM);
    let status = host.process.wait();

    assert_eq!(status.code(), Some(0));
    let heard = lines(&host.log).into_iter().filter(|line| line.has("signal"));
    let heard: Vec<_> = heard.map(|line| line.text("signal").to_owned()).collect();
    assert_eq!(heard, ["SIGTERM"]);
}

#[test]
fn a_service_whose_terminal_is_gone_stops() {
    let service = Service::new(guests::STARTS, "http:0");
    let mut terminal = started(&service, |line| {
        let mut script = process::Command::new("script");
        script.args(["--quiet", "--command", line, "/dev/null"]);
        script
    });
    wait_for(&terminal.log, "service-running");

    // With the program that owns it the terminal goes.
    terminal.process.signal(Signal::KILL);
    terminal.process.wait();

    assert_eq!(wait_for(&terminal.log, "service-stopping").text("signal"), "SIGHUP");
    wait_for(&terminal.log, "service-stopped");
}

#[test]
fn with_a_terminal_it_lets_the_service_be_read_again() {
    let service = Service::new(guests::STARTS, "http:0");
    let pid = service.directory().join("pid");
    let mut terminal = started(&service, |line| {
        let mut script = process::Command::new("script");
        let line = format!("echo $$ > {}; {line}", pid.display());
        script.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
        script
    });
    wait_for(&terminal.log, "service-running");
    let id = fs::read_to_string(pid).expect("the shell has written it");
    let id = id.trim().parse().ok().and_then(rustix::process::Pid::from_raw).expect("an id");

    rustix::process::kill_process(id, Signal::HUP).expect("it runs");
    wait_for(&terminal.log, "swap-completed");
    rustix::process::kill_process(id, Signal::TERM).expect("it runs");

    assert_eq!(terminal.process.wait().code(), Some(0));
}

#[test]
fn the_end_of_the_terminal_does_not_force_a_service_that_stops() {
    let service = Service::new(guests::STARTS, "http:0");
    let host = Host::start(&service);
    let mut clients = super::half_way(&host);

    host.signal(Signal::TERM);
    host.wait_for("service-stopping");
    host.signal(Signal::HUP);
    let answers: Vec<_> = clients.iter_mut().map(super::finish).collect();

    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    assert_eq!(host.ended().status, Some(0));
}
