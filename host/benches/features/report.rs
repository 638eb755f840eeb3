//! What is printed, and which figures have a target.
//!
//! Does not know how they were measured.

use super::conditions;
use super::contenders::{CONTENDERS, COUNT};
use super::exchange::KeepAlive;
use super::processors::Processors;
use super::rounds::{Extent, Turn};
use super::sample::Sample;

/// Below this part of its processor, a server was held up by something else.
const IDLE_SERVER: f64 = 0.95;

/// Says what is measured, and heads the table of rounds.
pub(crate) fn conditions(shape: KeepAlive, extent: &Extent, processors: &Processors, quick: bool) {
    let KeepAlive { connections } = shape;
    println!("`GET /` of examples/hello-http, HTTP/1.1 keep-alive, {connections} connections");
    conditions::tell(extent, processors, quick);
    println!("\nµs CPU per request");
    print!("  round");
    for contender in CONTENDERS {
        print!("  {:>13}", contender.name);
    }
    println!();
}

/// One line of the table of rounds.
pub(crate) fn round(number: usize, round: &[Turn; COUNT]) {
    print!("{number:>7}");
    for turn in round {
        print!("  {:>13.2}", turn.cost);
    }
    println!();
}

/// What each contender costs, and how much of that the features do. `latencies` are those of one request
/// at a time.
pub(crate) fn summary(rounds: &[[Turn; COUNT]], latencies: &[Sample; COUNT]) {
    let median =
        |figure: &dyn Fn(&[Turn; COUNT]) -> f64| Sample::new(rounds.iter().map(figure)).median();
    println!("\nmedians             req/s  µs CPU  features   µs of one  features");
    for (index, contender) in CONTENDERS.iter().enumerate() {
        let rate = median(&|round| round[index].rate);
        let cost = median(&|round| round[index].cost);
        // Of the same round, which had the same neighbours.
        let more = median(&|round| round[index].cost - round[0].cost);
        let latency = latencies[index].median();
        let later = latency - latencies[0].median();
        let verdict = contender.most.map(|most| verdict(more, most)).unwrap_or_default();
        println!(
            "{:<14}  {rate:>9.0}  {cost:>6.2}  {more:>+8.2}   {latency:>9.2}  {later:>+8.2}  {verdict}",
            contender.name,
        );
    }
    let busy = Sample::new(rounds.iter().flatten().map(|turn| turn.busy)).median();
    if busy < IDLE_SERVER {
        println!(
            "servers had only {:.0} % of their CPU: other programs run, the CPU columns are right",
            busy * 100.0,
        );
    }
}

fn verdict(more: f64, most: f64) -> String {
    let met = if more <= most { "met" } else { "missed" };
    format!("target at most {most:.1} µs CPU: {met}")
}
