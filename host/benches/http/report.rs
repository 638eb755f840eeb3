//! How figures look when they are printed, and which of them have a target.
//!
//! Does not know how they were measured.

use super::memory::Memory;
use super::processors::Processors;
use super::rounds::{Shape, Throughput, Turn};
use super::sample::Sample;
use super::server::{Both, Contender};

/// Least part of the native server's answers per second.
const LEAST_RATIO: f64 = 0.6;
/// Longest start, in milliseconds.
const LONGEST_START: f64 = 30.0;
/// Most resident memory without work, in MiB.
const MOST_MEMORY: f64 = 40.0;
/// Below this part of its processor, a server was held up by something else.
const IDLE_SERVER: f64 = 0.95;

/// Says what is measured, and heads the table of rounds.
pub(crate) fn conditions(shape: &Shape, processors: &Processors, quick: bool) {
    let Shape { connections, rounds, turn } = shape;
    let Processors { server, client } = processors;
    let turn = humantime::format_duration(*turn);
    println!("`GET /` of examples/hello-http, HTTP/1.1 keep-alive, {connections} connections");
    println!("{rounds} rounds of {turn} each, servers on CPU {server}, client on CPU {client}");
    if processors.are_shared() {
        println!("there is one CPU only: client and servers compete, the figures mean nothing");
    }
    if quick {
        println!("`--quick`: this shows that the benchmark works, the figures mean nothing");
    }
    println!();
    let [host, native] = [Contender::Host, Contender::Native].map(Contender::name);
    println!("         {host:>19}   {native:>19}   {:>13}", "host / native");
    println!("  round      req/s  µs CPU       req/s  µs CPU   req/s    CPU");
}

/// One line of the table of rounds.
pub(crate) fn turn(number: usize, round: &Both<Turn>) {
    println!("{}", row(&number.to_string(), round, ratio(round), efficiency(round)));
}

/// Closes the table of rounds, adds latencies and says whether the target is met.
pub(crate) fn throughput(throughput: &Throughput) {
    let rounds = &throughput.rounds;
    let all =
        Both { host: typical(rounds, |round| round.host), native: typical(rounds, |r| r.native) };
    let median = |figure: fn(&Both<Turn>) -> f64| Sample::new(rounds.iter().map(figure)).median();
    let ratio = median(ratio);
    println!("{}\n", row("median", &all, ratio, median(efficiency)));
    println!("requests per second {ratio:.2} of native, {}", at_least(ratio, LEAST_RATIO));
    let busy = all.host.busy.min(all.native.busy);
    if busy < IDLE_SERVER {
        println!(
            "a server had only {:.0} % of its CPU: other programs run, the CPU column is right",
            busy * 100.0,
        );
    }
    let Both { host, native } = &throughput.latencies;
    println!("\nlatency, µs        p50      p99");
    for (contender, sample) in [(Contender::Host, host), (Contender::Native, native)] {
        let (half, most) = (sample.median(), sample.percentile(99));
        println!("{:<14} {half:>8.0} {most:>8.0}", contender.name());
    }
}

/// The median of each figure of one contender.
fn typical(rounds: &[Both<Turn>], of: fn(&Both<Turn>) -> Turn) -> Turn {
    let median = |figure: fn(Turn) -> f64| {
        Sample::new(rounds.iter().map(|round| figure(of(round)))).median()
    };
    Turn { rate: median(|turn| turn.rate), cost: median(|t| t.cost), busy: median(|t| t.busy) }
}

fn row(title: &str, round: &Both<Turn>, ratio: f64, efficiency: f64) -> String {
    let Both { host, native } = round;
    format!(
        "{title:>7}  {:>9.0}  {:>6.2}   {:>9.0}  {:>6.2}   {ratio:>5.2}  {efficiency:>5.2}",
        host.rate, host.cost, native.rate, native.cost,
    )
}

fn ratio(round: &Both<Turn>) -> f64 {
    round.host.rate / round.native.rate
}

/// How much the native server costs for each unit that the host costs: the ratio without what
/// disturbs it.
fn efficiency(round: &Both<Turn>) -> f64 {
    round.native.cost / round.host.cost
}

/// Times from start to first answer, in milliseconds.
pub(crate) fn start(times: &Both<Sample>) {
    println!("\nstart to first answer, warm cache, ms   median  slowest");
    for (contender, sample) in [(Contender::Host, &times.host), (Contender::Native, &times.native)]
    {
        let (half, most) = (sample.median(), sample.percentile(100));
        println!("{:<37} {half:>8.1} {most:>8.1}", contender.name());
    }
    println!("start {}", at_most(times.host.median(), LONGEST_START, "ms"));
}

/// Memory before and after the load.
pub(crate) fn memory(fresh: &Both<Memory>, used: &Both<Memory>) {
    println!("\nidle memory, MiB        resident  proportional");
    let rows = [
        (Contender::Host, "new", fresh.host),
        (Contender::Host, "used", used.host),
        (Contender::Native, "new", fresh.native),
        (Contender::Native, "used", used.native),
    ];
    for (contender, state, Memory { resident, proportional }) in rows {
        println!("{:<14} {state:<6} {resident:>10.1} {proportional:>13.1}", contender.name());
    }
    let most = fresh.host.resident.max(used.host.resident);
    println!("memory {}", at_most(most, MOST_MEMORY, "MiB"));
}

fn at_least(figure: f64, target: f64) -> String {
    let met = if figure >= target { "met" } else { "missed" };
    format!("target at least {target}: {met}")
}

fn at_most(figure: f64, target: f64, unit: &str) -> String {
    let met = if figure <= target { "met" } else { "missed" };
    format!("{figure:.1} {unit}, target at most {target} {unit}: {met}")
}
