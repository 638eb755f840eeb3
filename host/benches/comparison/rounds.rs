//! The comparison under load: turn by turn, so that all servers see the same machine.
//!
//! Does not know how figures look when they are printed.

use std::time::Duration;

use super::load::{self, Load, LoadError, Shape};
use super::process;
use super::sample::Sample;
use super::server::Server;

/// How long each is warmed up before the first round.
const WARM_UP: Duration = Duration::from_millis(300);

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extent {
    pub(crate) rounds: usize,
    pub(crate) turn: Duration,
}

/// What a server did in one turn.
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

/// Lets all servers take turns. Each round begins with another one, so that what happens between two turns
/// does not always happen to the same. `tell` hears of a round when it is over, with the turns in the
/// order of the servers. Returns the latencies of each server's answers, in microseconds.
pub(crate) async fn run<const COUNT: usize>(
    servers: [&Server; COUNT],
    shape: &impl Shape,
    extent: &Extent,
    mut tell: impl FnMut(usize, [Turn; COUNT]),
) -> Result<[Sample; COUNT], LoadError> {
    for server in servers {
        load::run(server.name, server.address, shape, WARM_UP).await?;
    }
    let mut latencies = [const { Vec::new() }; COUNT];
    for number in 1..=extent.rounds {
        let mut round = [Turn::default(); COUNT];
        for place in 0..COUNT {
            let index = (number - 1 + place) % COUNT;
            round[index] = turn(servers[index], shape, extent.turn, &mut latencies[index]).await?;
        }
        tell(number, round);
    }
    Ok(latencies.map(sample))
}

async fn turn(
    server: &Server,
    shape: &impl Shape,
    turn: Duration,
    latencies: &mut Vec<Duration>,
) -> Result<Turn, LoadError> {
    let name = server.name;
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
