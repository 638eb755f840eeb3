//! What is printed, and which figures have a target.
//!
//! Does not know how they were measured.

use super::conditions;
use super::exchange::KeepAlive;
use super::memory::Memory;
use super::pair::{Both, Contender, Throughput};
use super::processors::Processors;
use super::rounds::Extent;
use super::sample::Sample;
use super::table;

/// Least part of the native server's answers per second.
const LEAST_RATIO: f64 = 0.6;
/// Longest start, in milliseconds.
const LONGEST_START: f64 = 30.0;
/// Most resident memory without work, in MiB.
const MOST_MEMORY: f64 = 40.0;

/// Says what is measured, and heads the table of rounds.
pub(crate) fn conditions(shape: KeepAlive, extent: &Extent, processors: &Processors, quick: bool) {
    let KeepAlive { connections } = shape;
    println!("`GET /` of examples/hello-http, HTTP/1.1 keep-alive, {connections} connections");
    conditions::tell(extent, processors, quick);
    table::head();
}

/// Closes the table of rounds, adds latencies and says whether the target is met.
pub(crate) fn throughput(throughput: &Throughput) {
    let ratio = table::foot(throughput);
    println!("\nrequests per second {ratio:.2} of native, {}", table::at_least(ratio, LEAST_RATIO));
    if let Some(busy) = table::idleness(throughput) {
        println!(
            "a server had only {busy:.0} % of its CPU: other programs run, the CPU column is right",
        );
    }
    table::latencies(throughput);
}

/// Times from start to first answer, in milliseconds.
pub(crate) fn start(times: &Both<Sample>) {
    println!("\nstart to first answer, warm cache, ms   median  slowest");
    for (contender, sample) in [(Contender::Host, &times.host), (Contender::Native, &times.native)]
    {
        let (half, most) = (sample.median(), sample.percentile(100));
        println!("{:<37} {half:>8.1} {most:>8.1}", contender.name());
    }
    println!("start {}", table::at_most(times.host.median(), LONGEST_START, "ms"));
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
    println!("memory {}", table::at_most(most, MOST_MEMORY, "MiB"));
}
