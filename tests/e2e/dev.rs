//! `dev` as its user sees it: what is built, what serves, what is said about it.
//! Does not compile anything, but for one crate: a shell script stands for the compiler.

mod broken;
mod builds;
mod crates;
mod endings;
mod files;
mod scripts;
mod terminal;
mod watching;

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Instant;

use expect_test::{Expect, expect};

use crate::support::http::{self, Client};
use crate::support::process::Process;
use crate::support::{Command, LIMIT, Line, Service, Signal, guests, mask, without_numbers};

/// Makes a component of `src/mark`, or does whatever else is written there.
const COMPILER: &str = r#"
mark=$(cat src/mark) || exit 1
case $mark in
    error*) echo "$mark" >&2; exit 1 ;;
    late*) echo "$mark" | tee app.wasm >&2; exit 1 ;;
    hang*) sleep 1000 & echo "$$ $!" > hanging; echo hangs; wait ;;
    nothing) rm -f app.wasm ;;
    half) head -c 100000 versions.wasm > app.wasm ;;
    *) LC_ALL=C sed "s/unmarked/$mark/" versions.wasm > app.wasm ;;
esac
"#;

/// A service of the guest that tells its mark, which is built of `src/mark`.
fn project() -> Service {
    project_of("http:0, native").tables("[host.dev]\nwatch = ['src']")
}

/// The same without saying what is to be watched.
fn project_of(types: &str) -> Service {
    let service = Service::with_component(Path::new("app.wasm"), types);
    fs::create_dir(service.directory().join("src")).expect("the target directory can be written");
    service.write("build.sh", COMPILER);
    let guest = fs::read(guests::VERSIONS.component()).expect("the component is there");
    service.write("versions.wasm", guest);
    set_mark(&service, "version1");
    service.host("build = 'sh build.sh'")
}

/// Changes the source. A mark has eight characters.
fn set_mark(service: &Service, mark: &str) {
    service.replace("src/mark", mark);
}

/// A `dev` that runs.
#[derive(Debug)]
struct Dev {
    process: Process,
    /// Stays open from version to version.
    client: Option<Client>,
}

impl Dev {
    fn start(service: &Service) -> Self {
        Self::launch(Self::command(service))
    }

    /// The same for a service that is expected to serve.
    fn serving(service: &Service) -> Self {
        Self::served(Self::command(service))
    }

    /// The same with a command line of the test's making.
    fn served(command: Command) -> Self {
        let mut dev = Self::launch(command);
        dev.shows("ready in", 1);
        dev.client = Some(Client::connect(dev.port()));
        dev
    }

    fn launch(command: Command) -> Self {
        Self { process: command.spawn(), client: None }
    }

    fn command(service: &Service) -> Command {
        // With the lines of the host, by which tests know how far it is.
        let mut command = Command::new(["--log-format", "json", "--log-level", "info", "dev"]);
        command.arguments([service.path()]);
        command
    }

    /// Waits until `text` has been said `count` times.
    fn shows(&self, text: &str, count: usize) {
        let what = format!("`{text}` on standard error, {count} times");
        self.process
            .wait_until(&what, |_, stderr| (stderr.matches(text).count() >= count).then_some(()));
    }

    /// Waits until there are `count` lines of the log of this [`name`](Line::name).
    fn logs(&self, name: &str, count: usize) {
        self.process.wait_until(&format!("`{name}` in the log, {count} times"), |lines, _| {
            let lines = lines.iter().filter(|line| Line::parse(line).name() == name);
            (lines.count() >= count).then_some(())
        });
    }

    /// Lets a second pass by the clock of the service, in which there is time for what must not happen.
    fn pass_a_second(&self) {
        assert_eq!(http::get(self.port(), "/wait/1000").status, 200);
    }

    /// The port of kind `http` that was said last.
    fn port(&self) -> u16 {
        self.process.wait_until("the address of kind `http`", |_, stderr| {
            stderr.rsplit_once("http://127.0.0.1:")?.1.lines().next()?.parse().ok()
        })
    }

    /// Demands that the component with this mark answers, also on a connection that has been open all
    /// the time.
    #[track_caller]
    fn serves(&mut self, mark: &str) {
        assert_eq!(http::get(self.port(), "/who").text(), format!("v1.0.0 {mark}"));
        if let Some(client) = &mut self.client {
            client.get("/who");
            assert_eq!(client.response().text(), format!("v1.0.0 {mark}"));
        }
    }

    /// Stops it. Panics unless it stops in order and has said this and nothing else.
    #[track_caller]
    fn said(self, expected: &Expect) {
        expected.assert_eq(&without_times(&self.stopped_by(Signal::TERM)));
    }

    /// Stops it by a signal. Returns what it has said.
    #[track_caller]
    fn stopped_by(mut self, signal: Signal) -> String {
        self.process.signal(signal);
        let status = self.process.wait();
        assert_eq!(status.code(), Some(0), "it did not stop in order");
        self.process.stderr()
    }
}

/// For snapshots: durations become `$T`, times of day `$TIME`, ports and sizes `$N`.
fn without_times(text: &str) -> String {
    let lines = text.lines().map(|line| line_without_times(line) + "\n");
    without_numbers(&mask(&lines.collect::<String>()))
}

fn line_without_times(line: &str) -> String {
    let mut words = line.split(' ').peekable();
    let mut masked = Vec::new();
    while let Some(word) = words.next() {
        let unit = words.peek().filter(|unit| ["ms", "s", "ms:", "s:"].contains(unit));
        if let (Ok(_), Some(unit)) = (word.parse::<f64>(), unit) {
            masked.push(if unit.ends_with(':') { "$T:" } else { "$T" });
            words.next();
        } else if word.len() == 8 && word.matches(':').count() == 2 {
            masked.push("$TIME");
        } else {
            masked.push(word);
        }
    }
    masked.join(" ")
}

/// The processes of a build that hangs, which is known to do so by now.
fn hanging(service: &Service) -> Vec<u32> {
    let text = fs::read_to_string(service.directory().join("hanging"));
    let text = text.expect("the build has written it before it said so");
    text.split_whitespace().map(|id| id.parse().expect("it is the id of a process")).collect()
}

/// Whether a process runs: one that has ended and whose parent does not care does not.
fn runs(process: u32) -> bool {
    let state = fs::read_to_string(format!("/proc/{process}/stat"));
    state.is_ok_and(|state| !state.rsplit_once(')').expect("it has a name").1.starts_with(" Z"))
}

/// Waits until processes that were killed are gone, which the kernel does a little later.
fn vanish(processes: &[u32]) {
    let deadline = Instant::now() + LIMIT;
    while processes.iter().any(|process| runs(*process)) {
        assert!(Instant::now() < deadline, "they live on");
        thread::yield_now();
    }
}

#[test]
fn a_change_is_built_and_takes_over() {
    let service = project();
    let mut dev = Dev::serving(&service);
    dev.serves("version1");

    set_mark(&service, "version2");
    dev.shows("ready in", 2);

    dev.serves("version2");
    dev.said(&expect![[r#"
        built in $T · ready in $T
        http  http://127.0.0.1:$N
        src/mark changed · built in $T · ready in $T
    "#]]);
}

#[test]
fn the_log_is_text_on_standard_output() {
    let service = project();
    let mut dev = Dev::launch(Command::new(["dev"]).within(service.directory()));
    dev.process.wait_until("its work in the background", |log, _| {
        log.concat().contains("native begins").then_some(())
    });

    dev.process.signal(Signal::TERM);
    let status = dev.process.wait();

    assert_eq!(status.code(), Some(0));
    let log = dev.process.stdout();
    // Without the time of day.
    let log = log.iter().map(|line| line.split_once(' ').expect("a time comes first").1);
    // And without the fields.
    let log = log.map(|line| line.split("  ").take(2).collect::<Vec<_>>().join(" ") + "\n");
    expect![[r#"
        INFO on-start begins
        INFO native begins
        INFO native ends
        INFO on-finish begins
    "#]]
    .assert_eq(&log.collect::<String>());
}
