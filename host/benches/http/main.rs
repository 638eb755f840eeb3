//! Compares `mikros-host` with a native hyper server that gives the same answer: requests per second,
//! latency, start, memory. `cargo bench -p mikros-host --bench http`.
//!
//! Does not know why a figure is what it is; profilers tell that.

#![expect(clippy::print_stdout, reason = "what a benchmark prints is its result")]

#[cfg(not(target_os = "linux"))]
compile_error!("this benchmark reads `/proc` and pins threads, which only Linux has");

mod exchange;
mod guest;
mod load;
mod memory;
mod native;
mod processors;
mod report;
mod rounds;
mod sample;
mod server;
mod start;

use std::io;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use tokio::runtime::{Builder, LocalOptions, LocalRuntime};
use tokio::signal::unix::{SignalKind, signal};

use self::guest::Guest;
use self::processors::Processors;
use self::rounds::Shape;

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
    #[arg(long, default_value = "2s", value_parser = parse_turn)]
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
    #[error("interrupted")]
    Interrupted,
}

#[expect(clippy::print_stderr, reason = "the one place that reports an error")]
fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = runtime().map_err(|source| MeasureError::SetUp { source }).and_then(|runtime| {
        if arguments.serve {
            let served = runtime.block_on(native::serve());
            return served.map_err(|source| MeasureError::SetUp { source });
        }
        runtime.block_on(async {
            tokio::select! {
                biased;
                interrupted = interrupted() => Err(interrupted),
                measured = measure(&arguments) => measured,
            }
        })
    });
    let Err(error) = result else { return ExitCode::SUCCESS };
    eprintln!("error: {error}");
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        eprintln!("cause: {error}");
        cause = error.source();
    }
    ExitCode::FAILURE
}

fn runtime() -> io::Result<LocalRuntime> {
    Builder::new_current_thread().enable_all().build_local(LocalOptions::default())
}

/// Resolves when the user wants no figures any more; what was started ends when `measure` is dropped.
async fn interrupted() -> MeasureError {
    let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
    let [interrupt, terminate, hangup] = kinds.map(signal);
    let (mut interrupt, mut terminate, mut hangup) = match (interrupt, terminate, hangup) {
        (Ok(interrupt), Ok(terminate), Ok(hangup)) => (interrupt, terminate, hangup),
        (Err(source), ..) | (_, Err(source), _) | (.., Err(source)) => {
            return MeasureError::SetUp { source };
        }
    };
    tokio::select! {
        _ = interrupt.recv() => (),
        _ = terminate.recv() => (),
        _ = hangup.recv() => (),
    }
    MeasureError::Interrupted
}

async fn measure(arguments: &Arguments) -> Result<(), MeasureError> {
    let (shape, starts) = extent(arguments);
    let guest = Guest::build().await?;
    let processors = Processors::take().map_err(|source| MeasureError::SetUp { source })?;
    report::conditions(&shape, &processors, arguments.quick);

    // Fills the cache of compiled components: the compiler is not what is measured.
    drop(server::Server::launch(server::Contender::Host, &processors, &guest).await?);
    let pair = server::Pair::launch(&processors, &guest).await?;
    let fresh = memory::of(&pair)?;
    let throughput = rounds::run(&pair, &shape, report::turn).await?;
    report::throughput(&throughput);
    let used = memory::of(&pair)?;
    drop(pair);

    report::start(&start::run(&processors, &guest, starts).await?);
    report::memory(&fresh, &used);
    Ok(())
}

fn parse_turn(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(Duration::ZERO) => Err("must be longer than zero, for example `2s`".to_owned()),
        Ok(turn) => Ok(turn),
        Err(error) => Err(error.to_string()),
    }
}

/// How much is measured.
fn extent(arguments: &Arguments) -> (Shape, usize) {
    let connections = arguments.connections.get();
    if arguments.quick {
        let turn = Duration::from_millis(500);
        return (Shape { connections, rounds: 3, turn }, 3);
    }
    let shape = Shape { connections, rounds: arguments.rounds.get(), turn: arguments.turn };
    (shape, arguments.starts.get())
}
