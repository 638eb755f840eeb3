//! The host as a process that runs a service.
//! Does not know what the service does.

use std::ffi::OsStr;
use std::process::ExitStatus;

use super::command::Command;
use super::log::{self, Line};
use super::mask;
use super::process::Process;
use super::service::Service;

pub(crate) use rustix::process::Signal;

/// A host that runs a service. It is killed when the value is dropped; when the test fails, all that
/// it has written is printed.
#[derive(Debug)]
pub(crate) struct Host {
    process: Process,
}

/// How a host ended, and all that it has written.
#[derive(Debug)]
pub(crate) struct Stopped {
    /// The exit status; `None` when a signal has ended the process.
    pub(crate) status: Option<i32>,
    pub(crate) log: Vec<Line>,
    pub(crate) stderr: String,
}

impl Host {
    /// Runs `service` and waits until all its kinds are running.
    pub(crate) fn start(service: &Service) -> Self {
        Self::running(service, Self::command(service))
    }

    /// The same with a command line of the test's making; see [`Host::command`].
    pub(crate) fn running(service: &Service, command: Command) -> Self {
        let host = Self::launch(command);
        host.wait_until("all kinds to run", |log| {
            let running = log.iter().filter(|line| line.name() == "service-running").count();
            (running >= service.kinds()).then_some(())
        });
        host
    }

    /// Runs `service` to its end, with arguments for a script.
    pub(crate) fn run(
        service: &Service,
        arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
    ) -> Stopped {
        let mut command = Self::command(service);
        command.arguments(["--"]);
        command.arguments(arguments);
        Self::launch(command).ended()
    }

    /// Starts the host and waits for nothing.
    pub(crate) fn launch(command: Command) -> Self {
        Self { process: command.spawn() }
    }

    /// `mikros-host run` for `service`.
    pub(crate) fn command(service: &Service) -> Command {
        Command::new([OsStr::new("run"), service.path().as_os_str()])
    }

    /// The port of kind `http`.
    pub(crate) fn port(&self) -> u16 {
        self.wait_until("the port of kind `http`", |log| {
            let is_http = |line: &&Line| line.has("address") && line.text("kind") == "http";
            let line = log.iter().find(is_http)?;
            line.text("address").rsplit_once(':')?.1.parse().ok()
        })
    }

    /// The id of the process.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Lets it have at most so many descriptors.
    #[cfg(target_os = "linux")]
    pub(crate) fn limit_descriptors(&self, most: u64) {
        use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};
        let id = self.id().try_into().ok().and_then(Pid::from_raw);
        let limit = Rlimit { current: Some(most), ..getrlimit(Resource::Nofile) };
        prlimit(id, Resource::Nofile, limit).expect("the process is ours");
    }

    /// How many descriptors it has.
    #[cfg(target_os = "linux")]
    pub(crate) fn descriptors(&self) -> u64 {
        let open = std::fs::read_dir(format!("/proc/{}/fd", self.id())).expect("it runs");
        open.count().try_into().expect("it is a small number")
    }

    /// The log so far.
    pub(crate) fn log(&self) -> Vec<Line> {
        parse(&self.process.stdout())
    }

    /// What it has written to stderr so far.
    pub(crate) fn stderr(&self) -> String {
        self.process.stderr()
    }

    /// Waits for the first line of this [`name`](Line::name).
    pub(crate) fn wait_for(&self, name: &str) -> Line {
        self.wait_for_count(name, 1)
    }

    /// Waits until there are `count` lines of this [`name`](Line::name); returns the last of them.
    pub(crate) fn wait_for_count(&self, name: &str, count: usize) -> Line {
        log::check_name(name);
        let what = format!("`{name}` in the log, {count} times");
        self.wait_until(&what, |log| {
            log.iter().filter(|line| line.name() == name).nth(count - 1).cloned()
        })
    }

    /// Waits until `look` finds what it looks for in the log, which it sees from its beginning.
    pub(crate) fn wait_until<T>(
        &self,
        what: &str,
        mut look: impl FnMut(&[Line]) -> Option<T>,
    ) -> T {
        self.process.wait_until(what, |lines, _| look(&parse(lines)))
    }

    pub(crate) fn signal(&self, signal: Signal) {
        self.process.signal(signal);
    }

    /// Stops it with SIGTERM. Panics unless it stops in order, without a word on stderr.
    pub(crate) fn stop(self) -> Stopped {
        self.signal(Signal::TERM);
        let mut stopped = self;
        let end = stopped.end();
        assert_eq!(end.status, Some(0), "the host did not stop in order");
        assert_eq!(end.stderr, "", "the host wrote to stderr");
        end
    }

    /// Waits until it ends.
    pub(crate) fn ended(mut self) -> Stopped {
        self.end()
    }

    /// Signals until there is a line of this [`name`](Line::name): what comes too soon after the first signal
    /// does not count.
    pub(crate) fn signal_until(&self, signal: Signal, name: &str) {
        log::check_name(name);
        let what = format!("`{name}` in the log");
        self.process.signal_until(signal, &what, |lines| {
            parse(lines).iter().any(|line| line.name() == name)
        });
    }

    /// Signals until it ends: what comes too soon after the first signal does not count.
    pub(crate) fn forced(mut self, signal: Signal) -> Stopped {
        let status = self.process.wait_and_signal(signal);
        self.stopped(status)
    }

    fn end(&mut self) -> Stopped {
        let status = self.process.wait();
        self.stopped(status)
    }

    fn stopped(&self, status: ExitStatus) -> Stopped {
        let status = status.code();
        Stopped { status, log: self.log(), stderr: self.stderr() }
    }
}

impl Stopped {
    /// The lines of this [`name`](Line::name).
    pub(crate) fn lines(&self, name: &str) -> Vec<&Line> {
        log::check_name(name);
        self.log.iter().filter(|line| line.name() == name).collect()
    }

    /// All of it, for snapshots, without what differs from run to run.
    pub(crate) fn outline(&self) -> String {
        let status = self.status.map_or("a signal".to_owned(), |status| status.to_string());
        format!("{}status {status}\n{}", log::outline(&self.log), mask(&self.stderr))
    }
}

fn parse(lines: &[String]) -> Vec<Line> {
    lines.iter().map(|line| Line::parse(line)).collect()
}
