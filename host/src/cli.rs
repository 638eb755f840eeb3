//! What can be typed; the doc comments are the help.
//!
//! Does not know files or sockets, nor what a command does.

mod process_env;
mod sketch;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::LazyLock;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;

pub(crate) use self::process_env::ProcessEnv;
pub(crate) use self::sketch::{Init, KindName, New, Sketch, SketchedKind, parse_kind};
use crate::bindings;
use crate::telemetry::Level;

const EXIT_STATUS: &str = "\
Exit status:
  0      ended as asked
  1      the service failed, or the machine is in the way
  2      something must be edited: the command line, `service.toml`, the environment
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

/// How the log looks, and how much of it there is.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Log")]
pub struct LogArguments {
    /// Form of log lines
    ///
    /// By default `json` for `run`, also in a terminal, and `text` for the other commands.
    #[arg(long, global = true, value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
    /// Least level that is logged
    ///
    /// By default what `[log] level` says for `run`, `dev` and `test`, and `warn` for the other commands.
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
    /// Asks for the name and the kinds when they are not given, and standard input and output are a
    /// terminal. Never overwrites a file.
    New(New),
    /// Add what an existing crate lacks to be a service
    ///
    /// Never changes a file that is there; tells what to add to `Cargo.toml`.
    Init(Init),
    /// Build, run and watch a service: every change takes over without a gap
    ///
    /// Whatever does not build or start is told, and the version before goes on. What there is to say
    /// goes to standard error, the log of the service to standard output.
    Dev(Dev),
    /// Run a service until it ends or is told to stop
    ///
    /// SIGINT and SIGTERM stop it in order. Another one, at least a second later, ends `drain_delay`
    /// or, when that is over, the process. SIGHUP lets it read `service.toml` and its component again,
    /// and what it finds takes over without a gap; it stops the service if its terminal is gone, and is
    /// ignored under `nohup`. The log goes to standard output.
    Run(Run),
    /// Test a service: the tests of its crate, then others against the service itself
    ///
    /// Runs the unit tests with `cargo test`, compiles the component, and runs it as `service.toml` says,
    /// but on free ports of this machine only. While it serves, the tests in `tests/` run, or
    /// `[tests] command`: `MIKROS_TEST_HTTP` and `MIKROS_TEST_GRPC` tell them its addresses. Then it stops
    /// in order. Its log is shown when something has failed. SIGINT and SIGTERM end everything.
    Test(Test),
    /// Compile a service with the command in `[host] build`
    ///
    /// The command runs in the directory of `service.toml`. All its output goes to standard error.
    /// When it builds for `wasm32-wasip2` and that target is not installed, it is installed first,
    /// with `rustup target add wasm32-wasip2`.
    Build(Build),
    /// Check everything that can be known without running the service
    ///
    /// That is `service.toml`, the environment variables it asks for, and whether the component
    /// fits it. All problems are listed together. Warnings do not fail the check.
    Check(Check),
    /// Find what on this machine or in a project is in the way, and fix what is safe to fix
    ///
    /// Looks at the Rust toolchain and its target `wasm32-wasip2`, the cache, `service.toml` and the
    /// environment, the crate with its SDK, the component and the ports. Without a `service.toml` only
    /// the machine is examined. Changes nothing unless `--fix` is given.
    Doctor(Doctor),
    /// Show what a service is made of
    ///
    /// That is its kinds, what its component exports and imports, and every setting with its source.
    /// What may be a secret is shown as `***`.
    Inspect(Inspect),
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
    /// Listen on this address, whatever `[host] address` says
    ///
    /// `::` is every address of the machine. Without both, the service is reached from this machine only.
    #[arg(long, value_name = "IP")]
    pub address: Option<IpAddr>,
    /// Look for changes every 2 s instead of waiting until the system tells about them
    ///
    /// For file systems that do not tell and are not recognised. `MIKROS_HOST_POLL` asks for the same.
    #[arg(long)]
    pub poll: bool,
    #[command(flatten)]
    pub service: ServiceArgument,
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
    pub service: ServiceArgument,
    /// Arguments for a service of kind `script`
    #[arg(last = true, value_name = "ARGS")]
    pub arguments: Vec<String>,
}

/// Whether `run` looks for changes, and how.
#[derive(Debug, Args)]
pub struct ChangesArguments {
    /// Replace the service when `service.toml` or the component changes
    ///
    /// Nothing is built. The version before goes on when the new one does not start.
    #[arg(long)]
    pub watch: bool,
    /// With `--watch`: look every 2 s instead of waiting until the system tells about changes
    ///
    /// For file systems that do not tell and are not recognised. `MIKROS_HOST_POLL` asks for the same.
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
    pub service: ServiceArgument,
}

#[derive(Debug, Args)]
pub struct Check {
    #[command(flatten)]
    pub service: ServiceArgument,
    #[command(flatten)]
    pub output: OutputArgument,
}

#[derive(Debug, Args)]
pub struct Doctor {
    /// Make the fixes that are safe
    ///
    /// Those are: installing the target, creating the cache, adding `crate-type = ["cdylib"]` to
    /// `Cargo.toml`, and correcting `[host] component`.
    #[arg(long)]
    pub fix: bool,
    /// Show exactly what `--fix` would do, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub service: ServiceArgument,
    #[command(flatten)]
    pub output: OutputArgument,
}

#[derive(Debug, Args)]
pub struct Inspect {
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
    /// The same, as services of the other Mikros frameworks are started
    #[arg(long, value_name = "SERVICE_TOML", value_hint = ValueHint::FilePath, conflicts_with = "path")]
    pub config: Option<PathBuf>,
}

impl ServiceArgument {
    /// The path that was typed.
    pub fn given(&self) -> Option<&PathBuf> {
        self.path.as_ref().or(self.config.as_ref())
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
