//! Measures what a swap costs: failed requests, latency while versions follow each other, and the time
//! from a changed file to the new version. `cargo bench -p mikros-host --bench swap`.
//!
//! Does not know how versions are told apart: both give the same answer.

#![expect(clippy::print_stdout, reason = "what a benchmark prints is its result")]

#[cfg(not(target_os = "linux"))]
compile_error!("this benchmark pins threads, which only Linux has");

#[path = "../http/exchange.rs"]
mod exchange;
mod files;
#[path = "../comparison/guest.rs"]
mod guest;
#[path = "../comparison/load.rs"]
#[expect(dead_code, reason = "time of the processor is not measured here")]
mod load;
#[path = "../comparison/processors.rs"]
mod processors;
#[path = "../comparison/program.rs"]
#[expect(dead_code, reason = "this benchmark is no server itself")]
mod program;
#[path = "../comparison/sample.rs"]
mod sample;
mod watched;

use std::io;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use tokio::time::sleep;

use self::exchange::{Connection, KeepAlive};
use self::files::Files;
use self::guest::{Guest, Source};
use self::processors::Processors;
use self::sample::Sample;
use self::watched::{Watched, Way};

/// What the host runs.
const SOURCE: Source = Source {
    definition: concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/hello-http/service.toml"),
    kind: "http:0",
    directory: "swap-benchmark",
};
const HOST: &str = "mikros-host";
/// A turn is so long that all its swaps fit into it when they take so long each.
const LONGEST_SWAP: Duration = Duration::from_millis(60);

/// Measures what it costs that one version takes over from another
#[derive(Debug, Parser)]
#[command(name = "swap")]
struct Arguments {
    /// Connections, each with one request at a time
    #[arg(long, default_value = "32")]
    connections: NonZeroUsize,
    /// Rounds; in each there is a turn with swaps and one without
    #[arg(long, default_value = "5")]
    rounds: NonZeroUsize,
    /// Least number of swaps in a turn
    #[arg(long, default_value = "100")]
    swaps: NonZeroUsize,
    /// Pause between a swap and the next
    #[arg(long, default_value = "50ms", value_parser = humantime::parse_duration)]
    pause: Duration,
    /// As little as shows that the benchmark works; its figures mean nothing
    #[arg(long, conflicts_with_all = ["rounds", "swaps"])]
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
    Watch(#[from] watched::WatchError),
    #[error(transparent)]
    Load(#[from] load::LoadError),
}

fn main() -> ExitCode {
    program::measure(measure(Arguments::parse()))
}

async fn measure(arguments: Arguments) -> Result<(), MeasureError> {
    let set_up = |source| MeasureError::SetUp { source };
    let (rounds, swaps) =
        if arguments.quick { (1, 5) } else { (arguments.rounds.get(), arguments.swaps.get()) };
    let guest = Guest::build(&SOURCE).await?;
    let mut files = Files::prepare(&guest).map_err(set_up)?;
    let processors = Processors::take().map_err(set_up)?;
    let shape = KeepAlive { connections: arguments.connections.get() };
    println!(
        "{} connections, at least {swaps} swaps per turn, {} between them; {}",
        shape.connections,
        humantime::format_duration(arguments.pause),
        if processors.are_shared() {
            "host and client share one processor"
        } else {
            "the host has one processor"
        },
    );
    let mut host = Watched::launch(&processors, &files, Way::Watch).await?;
    // Both versions are in the cache from here on.
    for _ in 0..2 {
        swap(&mut host, &mut files).await?;
    }

    let (mut quiet, mut swapping) = (Vec::new(), Vec::new());
    for round in 1..=rounds {
        let (with, times) = turn(&mut host, &mut files, &shape, (swaps, arguments.pause)).await?;
        let length = with.elapsed;
        let without = load::run(HOST, host.address, &shape, length).await?;
        let requests = with.latencies.len();
        let [with, without] = [with, without].map(|load| in_microseconds(&load.latencies));
        println!(
            "round {round}: {} swaps, 0 of {requests} requests failed; p50 {:.0} µs, without swaps \
             {:.0} µs; p99 {:.0} µs, without {:.0} µs: {:.2} times; a swap {:.1} ms",
            times.len(),
            with.median(),
            without.median(),
            with.percentile(99),
            without.percentile(99),
            with.percentile(99) / without.percentile(99),
            Sample::new(times).median(),
        );
        swapping.push(with.percentile(99));
        quiet.push(without.percentile(99));
    }
    let ratios = swapping.iter().zip(&quiet).map(|(with, without)| with / without);
    println!("p99 with swaps against without: median {:.2} times", Sample::new(ratios).median());

    let count = if arguments.quick { 3 } else { 20 };
    let watch = "from the changed file to the new version, watched";
    idle(&mut host, &mut files, count, &format!("{watch}, cached")).await?;
    files.invent();
    idle(&mut host, &mut files, count, &format!("{watch}, with the functions it had before"))
        .await?;
    drop(host);
    let mut told = Watched::launch(&processors, &files, Way::Hangup).await?;
    idle(&mut told, &mut files, count, "from SIGHUP to the new version, compiled from nothing")
        .await
}

/// Swaps that nobody disturbs.
async fn idle(
    host: &mut Watched,
    files: &mut Files,
    count: usize,
    what: &str,
) -> Result<(), MeasureError> {
    let mut times = Vec::new();
    for _ in 0..count {
        files.invent_again();
        times.push(swap(host, files).await?);
    }
    let times = Sample::new(times);
    println!("{what}: median {:.1} ms, at most {:.1} ms", times.median(), times.percentile(100));
    Ok(())
}

/// Load, and swaps one after the other for as long as it lasts. Returns how long each took, in
/// milliseconds.
async fn turn(
    host: &mut Watched,
    files: &mut Files,
    shape: &KeepAlive,
    (swaps, pause): (usize, Duration),
) -> Result<(load::Load, Vec<f64>), MeasureError> {
    let address = host.address;
    let length = (pause + LONGEST_SWAP) * u32::try_from(swaps).unwrap_or(u32::MAX);
    let end = Instant::now() + length;
    let swapping = async {
        let mut times = Vec::new();
        while Instant::now() < end {
            times.push(swap(host, files).await?);
            sleep(pause).await;
        }
        Ok::<_, MeasureError>(times)
    };
    let loading = async { Ok(load::run(HOST, address, shape, length).await?) };
    let (times, load) = tokio::try_join!(swapping, loading)?;
    Ok((load, times))
}

/// Replaces the component and waits until the new version answers. In milliseconds.
async fn swap(host: &mut Watched, files: &mut Files) -> Result<f64, MeasureError> {
    let began = Instant::now();
    files.replace().map_err(|source| MeasureError::SetUp { source })?;
    host.replaced().await?;
    let failed = |source| load::LoadError::Failed { server: HOST, source };
    let mut connection = Connection::open(host.address).await.map_err(failed)?;
    connection.exchange().await.map_err(failed)?;
    Ok(began.elapsed().as_secs_f64() * 1e3)
}

fn in_microseconds(latencies: &[Duration]) -> Sample {
    Sample::new(latencies.iter().map(|latency| latency.as_secs_f64() * 1e6))
}
