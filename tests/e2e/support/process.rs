//! A child process whose output is read while it runs, and which does not outlive its test.
//! Does not know which program it is.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::{LIMIT, hangups};

/// How long signals that are sent again and again wait for the end of their process.
const PAUSE: Duration = Duration::from_millis(50);

/// What a process has written so far, line by line.
#[derive(Debug, Default)]
struct Output {
    text: Mutex<Text>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Text {
    stdout: Vec<String>,
    stderr: String,
    /// How many of the two streams have ended.
    ended: usize,
}

impl Output {
    fn lock(&self) -> MutexGuard<'_, Text> {
        self.text.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Text)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }
}

/// A running child process.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    output: Arc<Output>,
    readers: Vec<JoinHandle<()>>,
}

impl Process {
    /// Starts `command` without an input. Its stdout is read unless the caller has set it.
    pub(crate) fn spawn(mut command: Command, reads_stdout: bool) -> Self {
        command.stdin(Stdio::null());
        Self::spawn_with_input(command, reads_stdout)
    }

    /// The same with the input that the caller has set.
    pub(crate) fn spawn_with_input(mut command: Command, reads_stdout: bool) -> Self {
        hangups::let_programs_hear_them();
        command.stderr(Stdio::piped());
        if reads_stdout {
            command.stdout(Stdio::piped());
        }
        let mut child = command.spawn().expect("the program can be started");
        let output = Arc::<Output>::default();
        let stdout = child.stdout.take().map(|stdout| {
            let output = output.clone();
            thread::spawn(move || {
                for line in BufReader::new(stdout).lines() {
                    let line = line.expect("what programs write here is UTF-8");
                    output.change(|text| text.stdout.push(line));
                }
                output.change(|text| text.ended += 1);
            })
        });
        let stderr = child.stderr.take().map(|mut stderr| {
            let output = output.clone();
            thread::spawn(move || {
                let mut bytes = [0; 4096];
                while let Ok(length @ 1..) = stderr.read(&mut bytes) {
                    let read = String::from_utf8_lossy(&bytes[..length]);
                    output.change(|text| text.stderr.push_str(&read));
                }
                output.change(|text| text.ended += 1);
            })
        });
        Self { child, output, readers: stdout.into_iter().chain(stderr).collect() }
    }

    /// Looks at what was written until `look` finds what it looks for.
    ///
    /// Panics when it has not been found and the process has ended, or time is up.
    pub(crate) fn wait_until<T>(
        &self,
        what: &str,
        mut look: impl FnMut(&[String], &str) -> Option<T>,
    ) -> T {
        let found = self.look_until(Instant::now() + LIMIT, &mut look);
        found.unwrap_or_else(|late| panic!("waited in vain for {what}: {late}"))
    }

    /// The same, and signals it again and again: one that comes too soon after another does not count.
    pub(crate) fn signal_until(
        &self,
        signal: Signal,
        what: &str,
        mut look: impl FnMut(&[String]) -> bool,
    ) {
        let deadline = Instant::now() + LIMIT;
        let mut look = |lines: &[String], _: &str| look(lines).then_some(());
        loop {
            self.signal(signal);
            match self.look_until(Instant::now() + PAUSE, &mut look) {
                Ok(()) => return,
                Err(late) => {
                    assert!(Instant::now() < deadline, "waited in vain for {what}: {late}");
                }
            }
        }
    }

    /// Says why nothing was found. The guard is gone then: when that is a panic, the output is printed.
    fn look_until<T>(
        &self,
        deadline: Instant,
        look: &mut impl FnMut(&[String], &str) -> Option<T>,
    ) -> Result<T, &'static str> {
        let mut text = self.output.lock();
        loop {
            if let Some(found) = look(&text.stdout, &text.stderr) {
                return Ok(found);
            }
            if text.ended == self.readers.len() {
                return Err("it has ended");
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err("it took too long");
            }
            let changed = self.output.changed.wait_timeout(text, left);
            text = changed.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    pub(crate) fn stdout(&self) -> Vec<String> {
        self.output.lock().stdout.clone()
    }

    pub(crate) fn stderr(&self) -> String {
        self.output.lock().stderr.clone()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        let id = id.expect("the system's process ids are positive");
        kill_process(id, signal)
            .expect("the process has not been waited for, so its id is its own");
    }

    /// The id of the process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until the process has ended and all its output is read.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        assert!(self.ends_before(Instant::now() + LIMIT), "the process does not end");
        self.status()
    }

    /// The same, and signals it again and again: one that comes too soon after another does not count.
    pub(crate) fn wait_and_signal(&mut self, signal: Signal) -> ExitStatus {
        let deadline = Instant::now() + LIMIT;
        loop {
            self.signal(signal);
            if self.ends_before(Instant::now() + PAUSE) {
                return self.status();
            }
            assert!(Instant::now() < deadline, "the process does not end");
        }
    }

    /// The streams end with the process; then the status is there or nearly so.
    fn ends_before(&self, deadline: Instant) -> bool {
        let mut text = self.output.lock();
        while text.ended < self.readers.len() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let changed = self.output.changed.wait_timeout(text, left);
            text = changed.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    fn status(&mut self) -> ExitStatus {
        for reader in self.readers.drain(..) {
            reader.join().expect("its output is UTF-8");
        }
        self.child.wait().expect("a child can be waited for")
    }
}

impl Drop for Process {
    #[expect(clippy::print_stderr, reason = "the test runner shows it when the test fails")]
    fn drop(&mut self) {
        // Fails when it has ended, which is as good.
        drop(self.child.kill());
        drop(self.child.wait());
        if thread::panicking() {
            let text = self.output.lock();
            eprintln!("--- stdout of process {}", self.child.id());
            text.stdout.iter().for_each(|line| eprintln!("{line}"));
            eprintln!("--- stderr of process {}\n{}---", self.child.id(), text.stderr);
        }
    }
}
