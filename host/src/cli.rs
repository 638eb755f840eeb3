//! What can be typed; the doc comments are the help.
//!
//! Does not know files or sockets, nor what a command does.

mod process_env;
mod sketch;
#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::LazyLock;

use clap::builder::{PossibleValue, PossibleValuesParser, StyledStr, TypedValueParser};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;

pub(crate) use self::process_env::ProcessEnv;
pub(crate) use self::sketch::{Init, KindName, New, Sketch, SketchedKind, parse_kind};
use crate::bindings;
use crate::telemetry::Level;

const EXIT_STATUS: &str = "\
Exit status:
  0      ended as asked
  1      the service failed, or the machine has a problem
  2      you must edit something: the command line, `service.toml`, the environment
  128+n  forced by signal n";

const VARIABLES: &str = "\
Environment:
  MIKROS_CONFIG      the `service.toml` or its directory, when none is given
  MIKROS_HOST_CACHE  directory for compiled components, by default
                     `$XDG_CACHE_HOME/mikros-host` or `~/.cache/mikros-host`
  MIKROS_HOST_POLL   `1`: look for changed files every 2 s, as `--poll` does
  NO_COLOR           any value: no colour in log lines";

const COMPLETIONS: &str = "\
Where to put it:
  bash        mikros-host completions bash > ~/.local/share/bash-completion/completions/mikros-host
  zsh         mikros-host completions zsh > \"${fpath[1]}/_mikros-host\"
  fish        mikros-host completions fish > ~/.config/fish/completions/mikros-host.fish
  elvish      mikros-host completions elvish >> ~/.config/elvish/rc.elv
  powershell  mikros-host completions powershell >> $PROFILE";

/// Version of wasmtime, which does not tell it. A test compares it with `Cargo.toml`.
const WASMTIME: &str = "48.0.8";

/// This host, the contract it speaks with services, and the runtime in it.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    format!(
        "{} (contract {}@{}, wasmtime {})",
        env!("CARGO_PKG_VERSION"),
        bindings::PACKAGE,
        bindings::VERSION,
        WASMTIME,
    )
});

/// Runs a Mikros service, compiled to a WebAssembly component, from its `service.toml`
#[derive(Debug, Parser)]
#[command(name = "mikros-host", version = VERSION.as_str(), arg_required_else_help = true)]
#[command(after_help = EXIT_STATUS, after_long_help = format!("{EXIT_STATUS}\n\n{VARIABLES}"))]
pub struct Cli {
    #[command(flatten)]
    pub log: LogArguments,
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// What was typed. Ends the process if that was no command, or a question about the commands.
    pub(crate) fn of_process() -> Self {
        Self::read(std::env::args_os()).unwrap_or_else(|error| error.exit())
    }

    /// What was typed, from the name of the program on.
    ///
    /// # Errors
    /// For the user, as clap says it; with a hint at `--` where that is missing.
    fn read<T: Into<OsString> + Clone>(
        line: impl IntoIterator<Item = T>,
    ) -> Result<Self, clap::Error> {
        Self::try_parse_from(line).map_err(|mut error| {
            if let Some(hint) = passing_on(&error) {
                error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![hint]));
            }
            error
        })
    }
}

/// How to pass on an argument that is taken for one of the host's, where clap does not tell: it does for
/// options only.
fn passing_on(error: &clap::Error) -> Option<StyledStr> {
    let text = |kind| error.get(kind).map(ToString::to_string);
    let is_passable = error.kind() == ErrorKind::UnknownArgument
        && error.get(ContextKind::Suggested).is_none()
        && error.get(ContextKind::SuggestedArg).is_none()
        && text(ContextKind::Usage)?.contains("[-- <ARGS>...]");
    let argument = text(ContextKind::InvalidArg).filter(|_| is_passable)?;
    let hint = format!("to pass '{argument}' as a value, use '-- {argument}'");
    Some(hint.into())
}

/// How the log looks, and how much of it there is.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Log")]
pub struct LogArguments {
    /// Format of log lines
    ///
    /// Default: `json` for `run`, also in a terminal, and `text` for the other commands.
    #[arg(long, global = true, value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
    /// Lowest level that is logged
    ///
    /// Default: `[log] level` for `run`, `dev` and `test`, and `warn` for the other commands.
    #[arg(long, global = true, value_name = "LEVEL", ignore_case = true, value_parser = level())]
    pub log_level: Option<Level>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One JSON object per line
    Json,
    /// For people
    Text,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create a service: a crate that builds, passes its tests and runs
    ///
    /// Asks for a missing name and kinds if standard input and output are a terminal. Never overwrites a
    /// file.
    New(New),
    /// Turn an existing crate into a service
    ///
    /// Adds the files that are missing and prints what to add to `Cargo.toml`. Never changes a file.
    Init(Init),
    /// Build and run a service, and do both again after every change, without a gap
    ///
    /// If a change does not build or start, the previous version keeps running. Messages go to standard
    /// error, the log of the service goes to standard output.
    Dev(Dev),
    /// Run one or more services until they end or are stopped
    ///
    /// SIGINT and SIGTERM stop it gracefully. A second one, at least a second later, ends `drain_delay`
    /// or, after that, aborts the process. SIGHUP reads `service.toml` and the component again and lets the
    /// new version take over without a gap. If the terminal is gone, SIGHUP stops the service; under `nohup`
    /// it is ignored. The log goes to standard output.
    Run(Run),
    /// Test a service: the tests of its crate, then tests against the running service
    ///
    /// Runs the unit tests with `cargo test`, builds the component, and runs it on free ports of this
    /// machine. Then runs the tests in `tests/`, or `[tests] command`; `MIKROS_TEST_HTTP` and
    /// `MIKROS_TEST_GRPC` are the addresses of the service. Shows the service's log if something failed.
    /// SIGINT and SIGTERM end everything.
    Test(Test),
    /// Compile a service with the command in `[host] build`
    ///
    /// The command runs in the directory of `service.toml`, and its output goes to standard error. If it
    /// builds for `wasm32-wasip2` and that target is missing, `rustup target add wasm32-wasip2` runs first.
    Build(Build),
    /// Check a service without running it
    ///
    /// Checks `service.toml`, the environment variables it names, and whether the component fits. Reports
    /// all problems at once. Warnings do not fail the check.
    Check(Check),
    /// Find problems of this machine or a project, and fix those that are safe to fix
    ///
    /// Checks the Rust toolchain and its target `wasm32-wasip2`, the cache, `service.toml` and the
    /// environment, the crate and its SDK, the component, and the ports. Without a `service.toml` it checks
    /// only the machine. Changes nothing without `--fix`.
    Doctor(Doctor),
    /// Show what a service consists of
    ///
    /// Lists its kinds, the exports and imports of its component, and every setting with its source.
    /// Values that may be secrets are shown as `***`.
    Inspect(Inspect),
    /// Print what a service needs to run elsewhere: a systemd unit, a Dockerfile, or Kubernetes manifests
    ///
    /// Written from `service.toml`: ports, probes, timeouts, limits, and the names of environment variables, but never
    /// their values. What must be known beside the file goes to standard error.
    Generate(Generate),
    /// Show how a running service is
    ///
    /// Asks the listener of `[features.admin]` in `service.toml`, which all services of the process share. Exits
    /// with 0 if all of them are ready, and with 1 if one is not or there is no answer.
    Status(Status),
    /// Print the JSON Schema of `service.toml`
    ///
    /// Editors use it to complete and check the file.
    Schema,
    /// Print a script that completes `mikros-host` commands in a shell
    #[command(after_help = COMPLETIONS)]
    Completions(Completions),
}

#[derive(Debug, Args)]
pub struct Dev {
    /// Listen on this address instead of `[host] address`
    ///
    /// `::` is every address of the machine. Default: `[host] address`, or else only this machine can reach the
    /// service.
    #[arg(long, value_name = "IP")]
    pub address: Option<IpAddr>,
    /// Compare files every 2 s instead of waiting for the system to report changes
    ///
    /// For file systems that do not report changes and are not recognised. `MIKROS_HOST_POLL` does the same.
    #[arg(long)]
    pub poll: bool,
    #[command(flatten)]
    pub services: ServicesArgument,
    /// Arguments for a service of kind `script`
    #[arg(last = true, value_name = "ARGS")]
    pub arguments: Vec<String>,
}

#[derive(Debug, Args)]
pub struct Run {
    /// Compile the service first, as `build` does
    #[arg(long)]
    pub build: bool,
    #[command(flatten)]
    pub changes: ChangesArguments,
    #[command(flatten)]
    pub services: ServicesArgument,
    /// Arguments for a service of kind `script`
    #[arg(last = true, value_name = "ARGS")]
    pub arguments: Vec<String>,
}

/// Whether `run` looks for changes, and how.
#[derive(Debug, Args)]
pub struct ChangesArguments {
    /// Replace the service when `service.toml` or the component changes
    ///
    /// Builds nothing. If the new version does not start, the previous one keeps running.
    #[arg(long)]
    pub watch: bool,
    /// With `--watch`: compare files every 2 s instead of waiting for the system to report changes
    ///
    /// For file systems that do not report changes and are not recognised. `MIKROS_HOST_POLL` does the same.
    #[arg(long, requires = "watch")]
    pub poll: bool,
}

#[derive(Debug, Args)]
pub struct Test {
    #[command(flatten)]
    pub service: ServiceArgument,
    /// Arguments for `cargo test`, for example a filter; `"$@"` in `[tests] command`
    #[arg(last = true, value_name = "ARGS")]
    pub arguments: Vec<String>,
}

#[derive(Debug, Args)]
pub struct Build {
    #[command(flatten)]
    pub services: ServicesArgument,
}

#[derive(Debug, Args)]
pub struct Check {
    #[command(flatten)]
    pub services: ServicesArgument,
    #[command(flatten)]
    pub output: OutputArgument,
}

#[derive(Debug, Args)]
pub struct Doctor {
    /// Apply the fixes that are safe
    ///
    /// It installs the target, creates the cache, adds `crate-type = ["cdylib"]` to `Cargo.toml`, and corrects
    /// `[host] component`.
    #[arg(long)]
    pub fix: bool,
    /// Show exactly what `--fix` would do, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub services: ServicesArgument,
    #[command(flatten)]
    pub output: OutputArgument,
}

#[derive(Debug, Args)]
pub struct Inspect {
    #[command(flatten)]
    pub services: ServicesArgument,
    #[command(flatten)]
    pub output: OutputArgument,
}

#[derive(Debug, Args)]
pub struct Generate {
    /// What to print
    #[arg(value_name = "FORMAT")]
    pub format: DeploymentFormat,
    /// Write a file into this directory instead of printing it
    ///
    /// The file is `NAME.service`, `Dockerfile`, or `NAME.yaml`. An existing file is not overwritten.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub output: Option<PathBuf>,
    /// With `--output`: overwrite an existing file
    #[arg(long, requires = "output")]
    pub force: bool,
    #[command(flatten)]
    pub service: ServiceArgument,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DeploymentFormat {
    /// A unit with restrictions
    Systemd,
    /// An image of the host, `service.toml`, and compiled components
    Dockerfile,
    /// A workload, and what it needs beside an image
    Kubernetes,
}

#[derive(Debug, Args)]
pub struct Status {
    /// Ask the admin listener at this address, and do not read `service.toml`
    #[arg(long, value_name = "HOST:PORT")]
    pub address: Option<String>,
    /// Environment variable that holds the token
    ///
    /// Default: `token` of `[features.admin]`.
    #[arg(long, value_name = "NAME")]
    pub token_env: Option<String>,
    #[command(flatten)]
    pub service: ServiceArgument,
    #[command(flatten)]
    pub output: OutputArgument,
}

#[derive(Debug, Args)]
pub struct Completions {
    pub shell: Shell,
}

#[derive(Debug, Args)]
pub struct ServiceArgument {
    /// The service's `service.toml`, or the directory that holds it
    ///
    /// Default: `$MIKROS_CONFIG`, or else `service.toml` in the current directory.
    #[arg(value_name = "SERVICE_TOML", value_hint = ValueHint::FilePath)]
    pub path: Option<PathBuf>,
    /// The same; services of the other Mikros frameworks are started this way
    #[arg(long, value_name = "SERVICE_TOML", value_hint = ValueHint::FilePath, conflicts_with = "path")]
    pub config: Option<PathBuf>,
}

impl ServiceArgument {
    /// The path that was typed, if any.
    pub fn given(&self) -> &[PathBuf] {
        self.path.as_ref().or(self.config.as_ref()).map(std::slice::from_ref).unwrap_or_default()
    }
}

/// One service or several.
#[derive(Debug, Args)]
pub struct ServicesArgument {
    /// The services' `service.toml`, or the directories that hold them
    ///
    /// Several services are those of one process. Default: `$MIKROS_CONFIG`, or else `service.toml` in the current
    /// directory.
    #[arg(value_name = "SERVICE_TOML", value_hint = ValueHint::FilePath)]
    pub paths: Vec<PathBuf>,
    /// The same; services of the other Mikros frameworks are started this way
    #[arg(long, value_name = "SERVICE_TOML", value_hint = ValueHint::FilePath, conflicts_with = "paths")]
    pub config: Vec<PathBuf>,
}

impl ServicesArgument {
    /// The paths that were typed.
    pub fn given(&self) -> &[PathBuf] {
        if self.paths.is_empty() { &self.config } else { &self.paths }
    }
}

#[derive(Debug, Args)]
pub struct OutputArgument {
    /// Print one JSON document instead of text
    #[arg(long)]
    pub json: bool,
}

fn level() -> impl TypedValueParser<Value = Level> {
    let names = Level::ALL.map(|level| match level {
        Level::Warn => PossibleValue::new(level.name()).alias("warning"),
        _ => PossibleValue::new(level.name()),
    });
    PossibleValuesParser::new(names).try_map(|name| name.parse::<Level>())
}
