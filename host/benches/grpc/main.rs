//! Compares `mikros-host` with a native tonic server that does the same: requests per second, latency,
//! long streams, idle streams. `cargo bench -p mikros-host --bench grpc`.
//!
//! Does not know why a figure is what it is; profilers tell that.

#![expect(clippy::print_stdout, reason = "what a benchmark prints is its result")]

#[cfg(not(target_os = "linux"))]
compile_error!("this benchmark reads `/proc` and pins threads, which only Linux has");

mod client;
#[path = "../comparison/conditions.rs"]
mod conditions;
mod exchange;
mod frames;
#[path = "../comparison/guest.rs"]
mod guest;
mod idle;
#[path = "../comparison/load.rs"]
mod load;
mod memory;
mod messages;
mod native;
#[path = "../comparison/pair.rs"]
mod pair;
#[path = "../comparison/process.rs"]
mod process;
#[path = "../comparison/processors.rs"]
mod processors;
#[path = "../comparison/program.rs"]
mod program;
mod report;
#[path = "../comparison/rounds.rs"]
mod rounds;
#[path = "../comparison/sample.rs"]
mod sample;
#[path = "../comparison/server.rs"]
mod server;
mod streams;
#[path = "../comparison/table.rs"]
mod table;

use std::io;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

use self::exchange::Multiplexed;
use self::guest::{Guest, Source};
use self::pair::{Contender, Pair};
use self::processors::Processors;
use self::rounds::Extent;

/// What the native server is called.
const NATIVE: &str = "native tonic";
/// What the host runs.
const SOURCE: Source = Source {
    definition: concat!(env!("CARGO_MANIFEST_DIR"), "/benches/grpc/guest/service.toml"),
    kind: "grpc:0",
    directory: "grpc-benchmark",
};
/// One request at a time.
const SINGLE: Multiplexed = Multiplexed { connections: 1, streams: 1 };

/// Compares the gRPC path of mikros-host with native tonic
#[derive(Debug, Parser)]
#[command(name = "grpc")]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch that is typed")]
struct Arguments {
    /// Connections of the load
    #[arg(long, default_value = "8")]
    connections: NonZeroUsize,
    /// Requests in flight on each connection
    #[arg(long, default_value = "32")]
    streams: NonZeroUsize,
    /// Rounds; in each both servers have their turn
    #[arg(long, default_value = "7")]
    rounds: NonZeroUsize,
    /// How long a turn lasts
    #[arg(long, default_value = "2s", value_parser = program::parse_turn)]
    turn: Duration,
    /// As little as shows that the benchmark works; its figures mean nothing
    #[arg(long, conflicts_with_all = ["rounds", "turn"])]
    quick: bool,
    /// What this program is as the native server
    #[arg(long, hide = true)]
    serve: bool,
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
    Launch(#[from] server::LaunchError),
    #[error(transparent)]
    Load(#[from] load::LoadError),
    #[error(transparent)]
    Stream(#[from] streams::StreamError),
}

/// How much is measured.
struct Amount {
    rounds: Extent,
    /// Of a stream, in MiB.
    volume: u32,
    /// With idle streams.
    connections: u32,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.serve {
        program::serve(native::serve())
    } else {
        program::measure(measure(&arguments))
    }
}

async fn measure(arguments: &Arguments) -> Result<(), MeasureError> {
    let amount = amount(arguments);
    let guest = Guest::build(&SOURCE).await?;
    let processors = Processors::take().map_err(|source| MeasureError::SetUp { source })?;
    report::conditions(&amount.rounds, &processors, arguments.quick);

    // Fills the cache of compiled components: the compiler is not what is measured.
    drop(Contender::Host.launch(&processors, &guest).await?);
    unary(arguments, &amount, &Pair::launch(&processors, &guest).await?).await?;
    // New servers: memory that an earlier part has left behind would hide what a later one takes.
    stream(&amount, &Pair::launch(&processors, &guest).await?).await?;
    let pair = Pair::launch(&processors, &guest).await?;
    report::idle(amount.connections, &idle::run(&pair, amount.connections).await?);
    Ok(())
}

/// Single messages: many at a time, and one at a time.
async fn unary(arguments: &Arguments, amount: &Amount, pair: &Pair) -> Result<(), MeasureError> {
    let (connections, streams) = (arguments.connections.get(), arguments.streams.get());
    let many = Multiplexed { connections, streams };
    report::load(many);
    report::throughput(&pair.compare(&many, &amount.rounds, table::turn).await?);
    report::single();
    report::delay(&pair.compare(&SINGLE, &amount.rounds, table::turn).await?);
    Ok(())
}

async fn stream(amount: &Amount, pair: &Pair) -> Result<(), MeasureError> {
    report::streams(amount.volume);
    let mut flows = Vec::new();
    for scenario in streams::SCENARIOS {
        let flow = streams::run(pair, scenario, amount.volume).await?;
        report::stream(scenario, &flow);
        flows.push(flow);
    }
    report::peak(&flows);
    Ok(())
}

fn amount(arguments: &Arguments) -> Amount {
    if arguments.quick {
        let rounds = Extent { rounds: 3, turn: Duration::from_millis(500) };
        return Amount { rounds, volume: 64, connections: 10 };
    }
    let rounds = Extent { rounds: arguments.rounds.get(), turn: arguments.turn };
    Amount { rounds, volume: 1024, connections: 100 }
}
