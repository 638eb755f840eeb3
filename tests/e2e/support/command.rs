//! One run of the binary from its command line to its end.
//! Does not know services.

use std::ffi::OsStr;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process;

use super::mask;
use super::process::Process;

/// A command line of `mikros-host` that has not been run yet.
///
/// Nothing of the developer's environment is passed on except `PATH`. Compiled components are shared
/// by all tests of all runs: compiling is not what most of them are about.
#[derive(Debug)]
pub(crate) struct Command(process::Command);

impl Command {
    pub(crate) fn new(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        let mut command = process::Command::new(env!("CARGO_BIN_EXE_mikros-host"));
        let keep = std::env::vars_os().filter(|(name, _)| name == "PATH");
        command.env_clear().envs(keep).args(arguments);
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled");
        command.env("MIKROS_HOST_CACHE", cache);
        Self(command)
    }

    #[must_use]
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.0.env(name, value);
        self
    }

    /// Runs it in a process group of its own, which a terminal takes for a job in the background.
    #[must_use]
    pub(crate) fn in_background(mut self) -> Self {
        self.0.process_group(0);
        self
    }

    /// Finds the programs in `directory` before all others.
    #[must_use]
    pub(crate) fn with_programs(self, directory: &Path) -> Self {
        let rest = std::env::vars_os().find(|(name, _)| name == "PATH");
        let mut path = directory.as_os_str().to_owned();
        if let Some((_, rest)) = rest {
            path.push(":");
            path.push(rest);
        }
        self.env("PATH", path)
    }

    /// Runs it with a limit of the shell's `ulimit`, for example `-n 20`.
    #[must_use]
    pub(crate) fn limited(self, limit: &str) -> Self {
        let mut shell = process::Command::new("sh");
        shell.arg("-c").arg(format!("ulimit {limit} && exec \"$0\" \"$@\""));
        shell.arg(self.0.get_program()).args(self.0.get_args());
        let variables = self.0.get_envs().filter_map(|(name, value)| Some((name, value?)));
        shell.env_clear().envs(variables);
        if let Some(directory) = self.0.get_current_dir() {
            shell.current_dir(directory);
        }
        Self(shell)
    }

    /// Runs in `directory`.
    #[must_use]
    pub(crate) fn within(mut self, directory: &Path) -> Self {
        self.0.current_dir(directory);
        self
    }

    pub(crate) fn arguments(&mut self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) {
        self.0.args(arguments);
    }

    /// Starts it.
    pub(crate) fn spawn(self) -> Process {
        Process::spawn(self.0, true)
    }

    /// Starts it with an input, which is read to its end.
    pub(crate) fn spawn_with_input(mut self, input: impl Into<process::Stdio>) -> Process {
        self.0.stdin(input);
        Process::spawn_with_input(self.0, true)
    }

    /// Starts it with its stdout going to `stdout`.
    pub(crate) fn spawn_into(mut self, stdout: process::Stdio) -> Process {
        self.0.stdout(stdout);
        Process::spawn(self.0, false)
    }

    /// Runs it to its end.
    pub(crate) fn run(self) -> Finished {
        let mut process = self.spawn();
        let status = process.wait().code().expect("no signal has ended it");
        let stdout = process.stdout().iter().map(|line| line.clone() + "\n").collect();
        Finished { status, stdout, stderr: process.stderr() }
    }
}

/// What came of a command line.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Finished {
    /// All of it, for snapshots.
    pub(crate) fn outline(&self) -> String {
        let Self { status, stdout, stderr } = self;
        mask(&format!("status {status}\n--- stdout\n{stdout}--- stderr\n{stderr}"))
    }
}
