//! Measures what features cost each request: those that are disabled, those in Rust, those in Wasm.
//! `cargo bench -p mikros-host --bench features`.
//!
//! Does not know why a figure is what it is; profilers tell that.

#![expect(clippy::print_stdout, reason = "what a benchmark prints is its result")]

#[cfg(not(target_os = "linux"))]
compile_error!("this benchmark reads `/proc` and pins threads, which only Linux has");

#[path = "../comparison/conditions.rs"]
mod conditions;
mod contenders;
#[path = "../http/exchange.rs"]
mod exchange;
#[path = "../comparison/guest.rs"]
mod guest;
#[path = "../comparison/load.rs"]
mod load;
#[path = "../comparison/process.rs"]
#[expect(dead_code, reason = "memory is not measured here")]
mod process;
#[path = "../comparison/processors.rs"]
mod processors;
#[path = "../comparison/program.rs"]
#[expect(dead_code, reason = "this benchmark is no server itself")]
mod program;
mod report;
#[path = "../comparison/rounds.rs"]
mod rounds;
#[path = "../comparison/sample.rs"]
mod sample;
#[path = "../comparison/server.rs"]
mod server;

use std::io;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

use self::contenders::{CONTENDERS, COUNT};
use self::exchange::KeepAlive;
use self::guest::{Guest, Source};
use self::processors::Processors;
use self::rounds::Extent;
use self::server::Server;

/// What the host runs.
const SOURCE: Source = Source {
    definition: concat!(env!("CARGO_MANIFEST_DIR"), "/benches/features/service.toml"),
    kind: "http:0",
    directory: "features-benchmark",
};

/// Measures what features cost per request
#[derive(Debug, Parser)]
#[command(name = "features")]
struct Arguments {
    /// Connections, each with one request at a time
    #[arg(long, default_value = "32")]
    connections: NonZeroUsize,
    /// Rounds; in each all have their turn
    #[arg(long, default_value = "7")]
    rounds: NonZeroUsize,
    /// How long a turn lasts
    #[arg(long, default_value = "2s", value_parser = program::parse_turn)]
    turn: Duration,
    /// As little as shows that the benchmark works; its figures mean nothing
    #[arg(long, conflicts_with_all = ["rounds", "turn"])]
    quick: bool,
    /// What cargo adds
    #[arg(long, hide = true)]
    bench: bool,
}

/// Why there are no figures.
#[derive(Debug, thiserror::Error)]
enum MeasureError {
    #[error("cannot set up the benchmark")]
    SetUp { source: io::Error },
    #[error(transparent)]
    Build(#[from] guest::BuildError),
    #[error(transparent)]
    Write(#[from] contenders::WriteError),
    #[error(transparent)]
    Launch(#[from] server::LaunchError),
    #[error(transparent)]
    Load(#[from] load::LoadError),
}

fn main() -> ExitCode {
    program::measure(measure(Arguments::parse()))
}

async fn measure(arguments: Arguments) -> Result<(), MeasureError> {
    let shape = KeepAlive { connections: arguments.connections.get() };
    let extent = if arguments.quick {
        Extent { rounds: 3, turn: Duration::from_millis(200) }
    } else {
        Extent { rounds: arguments.rounds.get(), turn: arguments.turn }
    };
    let guest = Guest::build(&SOURCE).await?;
    let definitions = CONTENDERS.iter().map(|contender| contenders::write(&guest, contender));
    let definitions = definitions.collect::<Result<Vec<_>, _>>()?;
    let processors = Processors::take().map_err(|source| MeasureError::SetUp { source })?;
    report::conditions(shape, &extent, &processors, arguments.quick);

    let servers = contenders::launch(&processors, &guest, &definitions).await?;
    let servers: [Server; COUNT] = servers.try_into().expect("one is started for each contender");
    let mut rounds = Vec::with_capacity(extent.rounds);
    rounds::run(servers.each_ref(), &shape, &extent, |number, round| {
        report::round(number, &round);
        rounds.push(round);
    })
    .await?;
    let single = KeepAlive { connections: 1 };
    let latencies = rounds::run(servers.each_ref(), &single, &extent, |_, _| ()).await?;
    report::summary(&rounds, &latencies);
    Ok(())
}
