//! Every kind of service that `new` can make: its tests pass, it builds, runs unchanged and answers.
//! Does not look at what was written.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process;

use prost::Message;

use super::outside::Outside;
use crate::support::grpc::Client;
use crate::support::{Command, Host, Line, Signal, Stopped, guests, http, workspace};

/// `HelloRequest` and `HelloReply`.
#[derive(Clone, PartialEq, Message)]
struct Text {
    #[prost(string, tag = "1")]
    text: String,
}

/// A crate that `new` has made.
pub(crate) struct Made {
    _outside: Outside,
    directory: PathBuf,
}

/// Makes a crate called `name`. It uses the compiled dependencies of this test run.
pub(crate) fn make(name: &str, kinds: &[&str]) -> Made {
    let outside = Outside::at_the_same_path(name);
    let finished = outside.run(&format!("new {name} --kind {}", kinds.join(" --kind ")));
    assert_eq!(finished.status, 0, "{}", finished.outline());
    Made::of(outside, name)
}

impl Made {
    fn of(outside: Outside, name: &str) -> Self {
        let directory = outside.path().join(name);
        // The versions of this repository, which are on this machine.
        fs::copy(workspace().join("Cargo.lock"), directory.join("Cargo.lock")).expect("it is ours");
        symlink(guests::target_directory(), directory.join("target")).expect("it is ours");
        Self { _outside: outside, directory }
    }

    /// Tests, builds and starts it, as the output of `new` says.
    fn start(&self) -> Host {
        let _turn = wait_for_turn();
        self.cargo(&["fmt", "--check"]);
        self.cargo(&["test", "--quiet", "--offline"]);
        self.build();
        let host = Host::launch(self.command(["run", "--build"]));
        host.wait_for("service-running");
        host
    }

    /// Compiles it. A host that does so as well finds little to do.
    pub(crate) fn build(&self) {
        self.cargo(&["build", "--quiet", "--offline", "--release", "--target", "wasm32-wasip2"]);
    }

    /// A command line of `mikros-host` in its directory, with the toolchain.
    pub(crate) fn command<const N: usize>(&self, arguments: [&str; N]) -> Command {
        let command = Command::new(arguments).within(&self.directory);
        let command = toolchain().fold(command, |command, (name, value)| command.env(&name, value));
        command.env("CARGO_NET_OFFLINE", "true")
    }

    /// Gives one of its files another text.
    pub(crate) fn write(&self, file: &str, text: &str) {
        fs::write(self.directory.join(file), text).expect("it is ours");
    }

    /// Puts other text into one of its files, which has the text that is to go.
    pub(crate) fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.directory.join(file);
        let text = fs::read_to_string(&path).expect("it is ours");
        assert!(text.contains(from), "there is no `{from}` in {text}");
        self.write(file, &text.replace(from, to));
    }

    fn cargo(&self, arguments: &[&str]) {
        let mut cargo = process::Command::new("cargo");
        cargo.args(arguments).current_dir(&self.directory);
        let names = std::env::vars_os().map(|(name, _)| name);
        // What cargo tells about this test's own package.
        for name in names.filter(|name| name.to_string_lossy().starts_with("CARGO_")) {
            cargo.env_remove(name);
        }
        cargo.env_remove("RUSTFLAGS").envs(toolchain());
        cargo.env("CARGO_TARGET_DIR", self.directory.join("target")).env("CARGO_INCREMENTAL", "0");
        let output = cargo.output().expect("cargo can be started");
        let text =
            [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        assert!(output.status.success(), "{cargo:?}\n{}", text.concat());
    }
}

/// Waits until no other test compiles what `new` has made; until the result is dropped, none does.
///
/// The guests are compiled into the same directory, which only one cargo at a time can do; a host must
/// not wait for that longer than tests wait for hosts.
pub(crate) fn wait_for_turn() -> File {
    guests::HELLO_HTTP.component();
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("made-by-new");
    let lock = File::options().create(true).append(true).open(path);
    let lock = lock.expect("the target directory can be written");
    lock.lock().expect("files in the target directory can be locked");
    lock
}

/// Variables that say where the toolchain is.
fn toolchain() -> impl Iterator<Item = (String, String)> {
    let names = ["HOME", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"];
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    variables.filter(move |(name, _)| names.contains(&name.as_str()))
}

fn port(host: &Host, kind: &str) -> u16 {
    host.wait_until("its port", |log| {
        let is_it = |line: &&Line| line.has("address") && line.text("kind") == kind;
        let line = log.iter().find(is_it)?;
        line.text("address").rsplit_once(':')?.1.parse().ok()
    })
}

fn say_hello(host: &Host, package: &str) -> String {
    let mut client = Client::connect(port(host, "grpc"));
    let request = Text { text: "Ada".to_owned() };
    client.unary(&format!("/{package}.Greeter/SayHello"), &request).reply::<Text>().text
}

fn stop(host: Host) -> Stopped {
    host.signal(Signal::TERM);
    let stopped = host.ended();
    assert_eq!(stopped.status, Some(0), "{}", stopped.outline());
    stopped
}

#[test]
fn http_answers() {
    let made = make("made-http", &["http:0"]);
    let host = made.start();

    assert_eq!(http::get(host.port(), "/").text(), "hello world");
    assert_eq!(http::get(host.port(), "/hello/Ada").text(), "hello Ada");
    stop(host);
    // All is compiled by now.
    let tested = made.command(["test"]).run();
    assert_eq!(tested.status, 0, "{}", tested.outline());
    assert!(tested.stdout.contains("it_greets_over_http ... ok"), "{}", tested.stdout);
}

#[test]
fn grpc_answers() {
    let host = make("made-grpc", &["grpc:0"]).start();

    assert_eq!(say_hello(&host, "made_grpc"), "hello Ada");
    stop(host);
}

#[test]
fn native_works_until_it_is_stopped() {
    let host = make("made-native", &["native"]).start();

    host.wait_for_count("greeted", 2);
    let stopped = stop(host);
    assert_eq!(stopped.lines("done").len(), 1);
}

#[test]
fn a_cronjob_runs_when_it_is_due() {
    let made = make("made-cronjob", &["cronjob"]);
    made.edit("service.toml", "*/10 * * * * *", "* * * * * *");
    let host = made.start();

    host.wait_for_count("greeted", 2);
    let stopped = stop(host);
    assert_eq!(stopped.lines("done").len(), 1);
}

#[test]
fn a_script_ends_by_itself() {
    let stopped = make("made-script", &["script"]).start().ended();

    assert_eq!(stopped.status, Some(0), "{}", stopped.outline());
    assert_eq!(stopped.lines("greeted")[0].text("name"), "world");
}

#[test]
fn an_existing_crate_needs_no_more_than_it_is_told() {
    let outside = Outside::at_the_same_path("existing");
    let package = "[package]\nname = 'made-existing'\nversion = '1.0.0'\nedition = '2024'\n";
    outside.write("crate/Cargo.toml", package);
    let told = outside.run("init crate --kind http:0").stdout;
    let lines =
        told.split("add to Cargo.toml:\n").nth(1).and_then(|rest| rest.split("\nthe SDK").next());
    let lines = lines.expect("it tells what to add");
    outside.write("crate/Cargo.toml", &format!("{package}{lines}"));

    let host = Made::of(outside, "crate").start();

    assert_eq!(http::get(host.port(), "/hello/Ada").text(), "hello Ada");
    stop(host);
}

#[test]
fn all_kinds_together_share_one_state() {
    let host = make("made-hybrid", &["http:0", "grpc:0", "native", "cronjob"]).start();

    host.wait_for_count("service-running", 4);
    assert_eq!(http::get(host.port(), "/hello/Ada").text(), "hello Ada");
    assert_eq!(say_hello(&host, "made_hybrid"), "hello Ada");
    let stopped = stop(host);
    let greeted = stopped.lines("greeted");
    let last = greeted.last().expect("somebody was greeted");
    assert_eq!(last.number("times"), u64::try_from(greeted.len()).expect("it is small"));
}
