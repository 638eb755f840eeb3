//! Compares `mikros-host` with a native hyper server that gives the same answer: requests per second,
//! latency, start, memory. `cargo bench -p mikros-host --bench http`.
//!
//! Does not know why a figure is what it is; profilers tell that.

#![expect(clippy::print_stdout, reason = "what a benchmark prints is its result")]

#[cfg(not(target_os = "linux"))]
compile_error!("this benchmark reads `/proc` and pins threads, which only Linux has");

#[path = "../comparison/conditions.rs"]
mod conditions;
mod exchange;
#[path = "../comparison/guest.rs"]
mod guest;
#[path = "../comparison/load.rs"]
mod load;
mod memory;
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
mod start;
#[path = "../comparison/table.rs"]
mod table;

use std::io;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

use self::exchange::KeepAlive;
use self::guest::{Guest, Source};
use self::pair::{Contender, Pair};
use self::processors::Processors;
use self::rounds::Extent;

/// What the native server is called.
const NATIVE: &str = "native hyper";
/// What the host runs.
const SOURCE: Source = Source {
    definition: concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/hello-http/service.toml"),
    kind: "http:0",
    directory: "http-benchmark",
};

/// Compares the HTTP path of mikros-host with native hyper
#[derive(Debug, Parser)]
#[command(name = "http")]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch that is typed")]
struct Arguments {
    /// Connections, each with one request at a time
    #[arg(long, default_value = "32")]
    connections: NonZeroUsize,
    /// Rounds; in each both servers have their turn
    #[arg(long, default_value = "7")]
    rounds: NonZeroUsize,
    /// How long a turn lasts
    #[arg(long, default_value = "2s", value_parser = program::parse_turn)]
    turn: Duration,
    /// How often each server is started
    #[arg(long, default_value = "20")]
    starts: NonZeroUsize,
    /// As little as shows that the benchmark works; its figures mean nothing
    #[arg(long, conflicts_with_all = ["rounds", "turn", "starts"])]
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
    #[error("cannot read the memory of `{server}`")]
    Memory { server: &'static str, source: io::Error },
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
    let shape = KeepAlive { connections: arguments.connections.get() };
    let (extent, starts) = extent(arguments);
    let guest = Guest::build(&SOURCE).await?;
    let processors = Processors::take().map_err(|source| MeasureError::SetUp { source })?;
    report::conditions(shape, &extent, &processors, arguments.quick);

    // Fills the cache of compiled components: the compiler is not what is measured.
    drop(Contender::Host.launch(&processors, &guest).await?);
    let pair = Pair::launch(&processors, &guest).await?;
    let fresh = memory::of(&pair)?;
    let throughput = pair.compare(&shape, &extent, table::turn).await?;
    report::throughput(&throughput);
    let used = memory::of(&pair)?;
    drop(pair);

    report::start(&start::run(&processors, &guest, starts).await?);
    report::memory(&fresh, &used);
    Ok(())
}

/// How much is measured.
fn extent(arguments: &Arguments) -> (Extent, usize) {
    if arguments.quick {
        return (Extent { rounds: 3, turn: Duration::from_millis(500) }, 3);
    }
    let extent = Extent { rounds: arguments.rounds.get(), turn: arguments.turn };
    (extent, arguments.starts.get())
}
