//! How rounds of two look when they are printed, and whether a figure meets its target.
//!
//! Does not know what the rounds were about.

use super::pair::{Both, Contender, Throughput};
use super::rounds::Turn;
use super::sample::Sample;

/// Below this part of its processor, a server was held up by something else.
const IDLE_SERVER: f64 = 0.95;

/// Heads the table of rounds.
pub(crate) fn head() {
    println!();
    let [host, native] = [Contender::Host, Contender::Native].map(Contender::name);
    println!("         {host:>19}   {native:>19}   {:>13}", "host / native");
    println!("  round      req/s  µs CPU       req/s  µs CPU   req/s    CPU");
}

/// One line of the table of rounds.
pub(crate) fn turn(number: usize, round: &Both<Turn>) {
    println!("{}", row(&number.to_string(), round, ratio(round), efficiency(round)));
}

/// Closes the table of rounds; the result is the median of the host's part of the native server's rate.
pub(crate) fn foot(throughput: &Throughput) -> f64 {
    let rounds = &throughput.rounds;
    let median = |figure: fn(&Both<Turn>) -> f64| Sample::new(rounds.iter().map(figure)).median();
    let ratio = median(ratio);
    println!("{}", row("median", &typical(throughput), ratio, median(efficiency)));
    ratio
}

/// How much of its processor a server had, in percent, when that was not all: then the rate is not
/// the server's alone.
pub(crate) fn idleness(throughput: &Throughput) -> Option<f64> {
    let all = typical(throughput);
    let busy = all.host.busy.min(all.native.busy);
    (busy < IDLE_SERVER).then_some(busy * 100.0)
}

/// Latencies of all answers.
pub(crate) fn latencies(throughput: &Throughput) {
    let Both { host, native } = &throughput.latencies;
    println!("\nlatency, µs        p50      p99");
    for (contender, sample) in [(Contender::Host, host), (Contender::Native, native)] {
        let (half, most) = (sample.median(), sample.percentile(99));
        println!("{:<14} {half:>8.0} {most:>8.0}", contender.name());
    }
}

/// The median of each figure.
fn typical(throughput: &Throughput) -> Both<Turn> {
    let rounds = &throughput.rounds;
    let typical = |of: fn(&Both<Turn>) -> Turn| {
        let median = |figure: fn(Turn) -> f64| {
            Sample::new(rounds.iter().map(|round| figure(of(round)))).median()
        };
        Turn { rate: median(|turn| turn.rate), cost: median(|t| t.cost), busy: median(|t| t.busy) }
    };
    Both { host: typical(|round| round.host), native: typical(|round| round.native) }
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

/// Whether a figure is large enough.
pub(crate) fn at_least(figure: f64, target: f64) -> String {
    let met = if figure >= target { "met" } else { "missed" };
    format!("target at least {target}: {met}")
}

/// A figure, and whether it is small enough.
pub(crate) fn at_most(figure: f64, target: f64, unit: &str) -> String {
    let met = if figure <= target { "met" } else { "missed" };
    format!("{figure:.1} {unit}, target at most {target} {unit}: {met}")
}
