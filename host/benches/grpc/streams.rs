//! Long streams: how fast they are, what they cost, and how much memory a server needs meanwhile.
//!
//! Does not know how figures look when they are printed.

use std::time::{Duration, Instant};

use tokio::time::{sleep, timeout};

use super::client::{Answer, Client, ClientError, Outgoing};
use super::memory;
use super::messages::{Chunk, POUR, PourRequest, TAKE, TakeReply, frame};
use super::pair::{Both, Pair};
use super::process;
use super::server::Server;

/// Bytes of a message.
pub(crate) const SIZE: u32 = 64 * 1024;
/// How long a reader that pauses does so, in the middle of a stream.
const PAUSE: Duration = Duration::from_millis(500);
/// How long a stream may take.
const LIMIT: Duration = Duration::from_mins(2);

/// What kind of stream.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scenario {
    pub(crate) direction: Direction,
    /// Whether the reader stands still in the middle: what comes meanwhile must not pile up.
    pub(crate) pauses: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    ToClient,
    ToServer,
}

/// All kinds of streams.
pub(crate) const SCENARIOS: [Scenario; 4] = [
    Scenario { direction: Direction::ToClient, pauses: false },
    Scenario { direction: Direction::ToClient, pauses: true },
    Scenario { direction: Direction::ToServer, pauses: false },
    Scenario { direction: Direction::ToServer, pauses: true },
];

/// What a stream took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Flow {
    /// In MiB per second, pauses included.
    pub(crate) rate: f64,
    /// Time of the server's processor, in seconds.
    pub(crate) cost: f64,
    /// How much memory of the server was in use at most, above what was in use before, in MiB.
    pub(crate) peak: f64,
}

/// Why a stream says nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StreamError {
    #[error("`{server}` broke a stream")]
    Failed { server: &'static str, source: ClientError },
    #[error("`{server}` did not send all, or did not receive all")]
    Lost { server: &'static str },
    #[error("`{server}` is not done with a stream after {}", humantime::format_duration(LIMIT))]
    Late { server: &'static str },
    #[error("cannot read what `{server}` uses")]
    Usage { server: &'static str, source: std::io::Error },
}

/// Sends `volume` MiB through both servers, one after the other.
pub(crate) async fn run(
    pair: &Pair,
    scenario: Scenario,
    volume: u32,
) -> Result<Both<Flow>, StreamError> {
    let host = measure(&pair.host, scenario, volume).await?;
    Ok(Both { host, native: measure(&pair.native, scenario, volume).await? })
}

async fn measure(server: &Server, scenario: Scenario, volume: u32) -> Result<Flow, StreamError> {
    let name = server.name;
    let usage = |source| StreamError::Usage { server: name, source };
    let messages = volume * (1024 * 1024 / SIZE);
    let idle = memory::forget_peak(server.id).map_err(usage)?;
    let before = process::time(server.id).map_err(usage)?;
    let began = Instant::now();
    let arrived = timeout(LIMIT, async {
        let mut client = Client::open(server.address).await?;
        match scenario.direction {
            Direction::ToClient => pour(&mut client, messages, scenario.pauses).await,
            Direction::ToServer => take(&mut client, messages, scenario.pauses).await,
        }
    });
    let arrived = arrived.await.map_err(|_elapsed| StreamError::Late { server: name })?;
    let arrived = arrived.map_err(|source| StreamError::Failed { server: name, source })?;
    let elapsed = began.elapsed();
    if arrived != u64::from(messages) * u64::from(SIZE) {
        return Err(StreamError::Lost { server: name });
    }
    let cost = process::time(server.id).map_err(usage)?.saturating_sub(before);
    Ok(Flow {
        rate: f64::from(volume) / elapsed.as_secs_f64(),
        cost: cost.as_secs_f64(),
        // The kernel counts in batches: a peak can be a little below.
        peak: (memory::peak(server.id).map_err(usage)? - idle).max(0.0),
    })
}

/// Reads a stream of the server; the result is how many bytes there were.
async fn pour(client: &mut Client, messages: u32, pauses: bool) -> Result<u64, ClientError> {
    let request = frame(&PourRequest { messages, size: SIZE });
    let mut answer = client.call(POUR, Outgoing::one(request)).await?;
    let (mut count, mut bytes) = (0, 0);
    while let Some(Chunk { data, .. }) = answer.next().await? {
        count += 1;
        bytes += data.len() as u64;
        if pauses && count == messages / 2 {
            sleep(PAUSE).await;
        }
    }
    Ok(bytes)
}

/// Sends a stream to the server; the result is how many bytes it got.
async fn take(client: &mut Client, messages: u32, pauses: bool) -> Result<u64, ClientError> {
    let data = vec![0; SIZE as usize];
    let pause_ms = if pauses { PAUSE.as_millis().try_into().unwrap_or(u32::MAX) } else { 0 };
    let pausing = frame(&Chunk { data: data.clone(), pause_ms });
    let chunk = frame(&Chunk { data, pause_ms: 0 });
    let half = messages / 2;
    let runs = vec![(chunk.clone(), half), (pausing, 1), (chunk, messages - half - 1)];
    let mut answer: Answer = client.call(TAKE, Outgoing::all(runs)).await?;
    Ok(answer.next::<TakeReply>().await?.unwrap_or_default().bytes)
}
