//! What is printed, and which figures have a target.
//!
//! Does not know how they were measured.

use super::conditions;
use super::exchange::{Multiplexed, PAYLOAD};
use super::idle::PER_CONNECTION;
use super::pair::{Both, Contender, Throughput};
use super::processors::Processors;
use super::rounds::Extent;
use super::sample::Sample;
use super::streams::{Direction, Flow, SIZE, Scenario};
use super::table;

/// Least part of the native server's answers per second.
const LEAST_RATIO: f64 = 0.5;
/// How much longer a single request may take, in microseconds.
const LONGEST_DELAY: f64 = 60.0;
/// Most memory for a stream, above idle, in MiB.
const MOST_PEAK: f64 = 80.0;
/// Most memory for an idle stream, in KiB.
const MOST_IDLE: f64 = 20.0;

/// Says what is measured.
pub(crate) fn conditions(extent: &Extent, processors: &Processors, quick: bool) {
    println!("gRPC, benches/grpc/guest against tonic");
    conditions::tell(extent, processors, quick);
}

/// Heads the table of rounds with many requests at a time.
pub(crate) fn load(shape: Multiplexed) {
    let Multiplexed { connections, streams } = shape;
    println!("\nunary, {PAYLOAD} bytes, {connections} connections with {streams} streams each");
    table::head();
}

/// Heads the table of rounds with one request at a time.
pub(crate) fn single() {
    println!("\nunary, {PAYLOAD} bytes, one request at a time");
    table::head();
}

/// Closes the table of rounds, adds latencies and says whether the target is met.
pub(crate) fn throughput(throughput: &Throughput) {
    let ratio = table::foot(throughput);
    println!("\nrequests per second {ratio:.2} of native, {}", table::at_least(ratio, LEAST_RATIO));
    if let Some(busy) = table::idleness(throughput) {
        println!(
            "a server had only {busy:.0} % of its CPU: the client or other programs held it up, the CPU \
             column is right",
        );
    }
    table::latencies(throughput);
}

/// Closes the table of rounds with one request at a time.
pub(crate) fn delay(throughput: &Throughput) {
    table::foot(throughput);
    table::latencies(throughput);
    let Both { host, native } = &throughput.latencies;
    let delay = host.median() - native.median();
    println!("host minus native {}", table::at_most(delay, LONGEST_DELAY, "µs"));
}

/// Heads the table of streams.
pub(crate) fn streams(volume: u32) {
    let [host, native] = [Contender::Host, Contender::Native].map(Contender::name);
    println!("\nstreams of {volume} MiB in messages of {} KiB; peak above idle", SIZE / 1024);
    println!("{:<30} {host:>24}   {native:>24}", "");
    println!(
        "{:<30} {1:>8} {2:>6} {3:>8}   {1:>8} {2:>6} {3:>8}",
        "", "MiB/s", "CPU s", "peak MiB"
    );
}

/// One line of the table of streams.
pub(crate) fn stream(scenario: Scenario, flows: &Both<Flow>) {
    let (direction, reader) = match scenario.direction {
        Direction::ToClient => ("server stream", "client"),
        Direction::ToServer => ("client stream", "server"),
    };
    let pause = if scenario.pauses { format!(", {reader} pauses") } else { String::new() };
    let [host, native] = [flows.host, flows.native]
        .map(|Flow { rate, cost, peak }| format!("{rate:>8.0} {cost:>6.2} {peak:>8.1}"));
    println!("{:<30} {host}   {native}", format!("{direction}{pause}"));
}

/// Closes the table of streams.
pub(crate) fn peak(flows: &[Both<Flow>]) {
    let peak = Sample::new(flows.iter().map(|flow| flow.host.peak)).percentile(100);
    println!("memory of a stream {}", table::at_most(peak, MOST_PEAK, "MiB"));
}

/// Memory of streams on which nothing happens.
pub(crate) fn idle(connections: u32, memory: &Both<f64>) {
    let streams = connections * PER_CONNECTION;
    println!("\n{streams} idle streams on {connections} connections, KiB each");
    for (contender, memory) in [(Contender::Host, memory.host), (Contender::Native, memory.native)]
    {
        println!("{:<14} {memory:>8.1}", contender.name());
    }
    println!("memory of an idle stream {}", table::at_most(memory.host, MOST_IDLE, "KiB"));
}
