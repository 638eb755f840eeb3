//! The comparison under load: turn by turn, so that both contenders see the same machine.
//!
//! Does not know how figures look when they are printed.

use std::time::Duration;

use super::load::{self, Load, LoadError, Shape};
use super::process;
use super::sample::Sample;
use super::server::{Both, Pair, Server};

/// How long both are warmed up before the first round.
const WARM_UP: Duration = Duration::from_millis(300);

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extent {
    pub(crate) rounds: usize,
    pub(crate) turn: Duration,
}

/// What a contender did in one turn.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Turn {
    /// Answers per second.
    pub(crate) rate: f64,
    /// Time of the processor per answer, in microseconds. Unlike the rate it does not suffer when
    /// other programs use the processor as well.
    pub(crate) cost: f64,
    /// Part of the time that the server used its processor. Well below 1 the rate is not the server's
    /// alone: the client was slower, or other programs were in the way.
    pub(crate) busy: f64,
}

/// What both did in all rounds.
#[derive(Debug)]
pub(crate) struct Throughput {
    pub(crate) rounds: Vec<Both<Turn>>,
    /// Of all answers, in microseconds.
    pub(crate) latencies: Both<Sample>,
}

/// Lets both contenders take turns; `tell` hears of each round when it is over.
pub(crate) async fn run(
    pair: &Pair,
    shape: &impl Shape,
    extent: &Extent,
    tell: impl Fn(usize, &Both<Turn>),
) -> Result<Throughput, LoadError> {
    for server in [&pair.host, &pair.native] {
        load::run(server.contender.name(), server.address, shape, WARM_UP).await?;
    }
    let mut rounds = Vec::with_capacity(extent.rounds);
    let mut latencies = Both::<Vec<Duration>>::default();
    for number in 1..=extent.rounds {
        let host = turn(&pair.host, shape, extent.turn, &mut latencies.host).await?;
        let native = turn(&pair.native, shape, extent.turn, &mut latencies.native).await?;
        let round = Both { host, native };
        tell(number, &round);
        rounds.push(round);
    }
    let Both { host, native } = latencies;
    Ok(Throughput { rounds, latencies: Both { host: sample(host), native: sample(native) } })
}

async fn turn(
    server: &Server,
    shape: &impl Shape,
    turn: Duration,
    latencies: &mut Vec<Duration>,
) -> Result<Turn, LoadError> {
    let name = server.contender.name();
    let failed = |source| LoadError::Usage { server: name, source };
    let before = process::time(server.id).map_err(failed)?;
    let load = load::run(name, server.address, shape, turn).await?;
    let used = process::time(server.id).map_err(failed)?.saturating_sub(before);
    let Load { latencies: mut new, elapsed } = load;
    let answers = f64::from(u32::try_from(new.len()).unwrap_or(u32::MAX));
    latencies.append(&mut new);
    Ok(Turn {
        rate: answers / elapsed.as_secs_f64(),
        cost: microseconds(used) / answers,
        busy: used.as_secs_f64() / elapsed.as_secs_f64(),
    })
}

fn sample(latencies: Vec<Duration>) -> Sample {
    Sample::new(latencies.into_iter().map(microseconds))
}

fn microseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}
