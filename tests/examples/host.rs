//! A host of one's own as a process, for the tests of the examples that have one.
//! Does not know what is in it, nor what its service does.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

pub(crate) use rustix::process::Signal;
use rustix::process::{Pid, kill_process};

/// Longest that a test waits for anything. Far beyond what a loaded machine needs: it only keeps a
/// failing test from waiting for ever.
const LIMIT: Duration = Duration::from_mins(1);

const TARGET: &str = "wasm32-wasip2";

/// A directory of one test with a `service.toml`, gone when the value is dropped.
#[derive(Debug)]
pub(crate) struct Scene(PathBuf);

impl Scene {
    /// The `service.toml` of the example whose test this is, for the component of `package`, which is compiled now;
    /// with `changes`: what is replaced by what.
    pub(crate) fn new(name: &str, package: &str, changes: &[(&str, &str)]) -> Self {
        let example = Path::new(env!("CARGO_MANIFEST_DIR"));
        let scratch = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let directory = scratch.join(format!("{}-{name}", env!("CARGO_PKG_NAME")));
        // A test that was killed could not clean up.
        drop(fs::remove_dir_all(&directory));
        fs::create_dir_all(&directory).expect("the target directory can be written");
        let mut text = fs::read_to_string(example.join("service.toml")).expect("there is one");
        let component = format!("../../{TARGET}/release/{}.wasm", package.replace('-', "_"));
        let own = format!("../../target/{TARGET}/release/{}.wasm", package.replace('-', "_"));
        for (old, new) in [(own.as_str(), component.as_str())].iter().chain(changes) {
            assert!(text.contains(old), "service.toml has no `{old}`:\n{text}");
            text = text.replace(old, new);
        }
        fs::write(directory.join("service.toml"), text).expect("the directory can be written");
        build(package, scratch.parent().expect("it is below the target directory"));
        Self(directory)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        // What stays is removed with the target directory.
        drop(fs::remove_dir_all(&self.0));
    }
}

fn build(package: &str, target_directory: &Path) {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--release", "--target", TARGET, "--package", package]);
    cargo.arg("--target-dir").arg(target_directory).current_dir(env!("CARGO_MANIFEST_DIR"));
    // Flags for the tests, to measure coverage for example, are not for guests.
    cargo.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    let output = cargo.output().expect("cargo can be started");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cannot compile `{package}`:\n{text}");
}

/// A host that runs a service. It is killed when the value is dropped.
#[derive(Debug)]
pub(crate) struct Host {
    child: Child,
    lines: Receiver<String>,
    /// The lines that have been waited for, and those before them.
    log: Vec<String>,
}

impl Host {
    /// Starts the program at `path` with `run service.toml`.
    pub(crate) fn start(path: &str, scene: &Scene) -> Self {
        let mut command = Command::new(path);
        command.arg("run").arg(scene.path("service.toml"));
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the host can be started");
        let stdout = BufReader::new(child.stdout.take().expect("it has just been set"));
        let (sender, lines) = channel();
        thread::spawn(move || {
            // Ends with the process, or with the test that nobody reads for any more.
            stdout.lines().map_while(Result::ok).all(|line| sender.send(line).is_ok())
        });
        Self { child, lines, log: Vec::new() }
    }

    /// The next line with all of `parts` in it.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, parts: &[&str]) -> String {
        loop {
            match self.lines.recv_timeout(LIMIT) {
                Ok(line) => {
                    self.log.push(line.clone());
                    if parts.iter().all(|part| line.contains(part)) {
                        return line;
                    }
                }
                Err(reason) => panic!("no line with {parts:?}: {reason}\n{}", self.output()),
            }
        }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        let id = id.expect("the system's process ids are positive");
        kill_process(id, signal).expect("the process has not been waited for");
    }

    /// Waits until it ends; its exit status, its whole log, and what it wrote to stderr.
    pub(crate) fn ended(mut self) -> (Option<i32>, Vec<String>, String) {
        loop {
            match self.lines.recv_timeout(LIMIT) {
                Ok(line) => self.log.push(line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it does not end\n{}", self.output()),
            }
        }
        let status = self.child.wait().expect("it is a child of this process");
        let stderr = self.stderr();
        (status.code(), std::mem::take(&mut self.log), stderr)
    }

    /// Tells it to stop and waits for its end, which has to be in order; the whole log.
    #[track_caller]
    pub(crate) fn stop(self) -> Vec<String> {
        self.signal(Signal::TERM);
        let (status, log, stderr) = self.ended();
        assert_eq!((status, stderr.as_str()), (Some(0), ""), "{}", log.join("\n"));
        log
    }

    fn output(&mut self) -> String {
        // It writes nothing more to stderr that would be waited for.
        drop(self.child.kill());
        format!("{}\n{}", self.log.join("\n"), self.stderr())
    }

    fn stderr(&mut self) -> String {
        let mut text = String::new();
        if let Some(stderr) = &mut self.child.stderr {
            stderr.read_to_string(&mut text).expect("what it writes is text");
        }
        text
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // It has ended already, unless the test has failed.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
