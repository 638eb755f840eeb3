//! Keeps a server busy for a while, over many connections.
//!
//! Does not know which server it is, what is said on a connection, nor what the figures are compared
//! with.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::task::{JoinError, JoinSet, yield_now};
use tokio::time::timeout;

use super::exchange::{Connection, ExchangeError};

/// How long answers may be late at the end of a load.
const LATE_LIMIT: Duration = Duration::from_secs(10);

/// How much load, and what its connections are.
pub(crate) trait Shape {
    fn connections(&self) -> usize;

    async fn open(&self, address: SocketAddr) -> Result<Connection, ExchangeError>;
}

/// What a server did under load. Every answer was right.
#[derive(Debug)]
pub(crate) struct Load {
    /// From a request's first byte to the last byte of its answer.
    pub(crate) latencies: Vec<Duration>,
    pub(crate) elapsed: Duration,
}

/// Why a load says nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    #[error("`{server}` did not answer every request")]
    Failed { server: &'static str, source: ExchangeError },
    #[error("`{server}` still owes answers after {}", humantime::format_duration(LATE_LIMIT))]
    Late { server: &'static str },
    #[error("cannot read how long `{server}` used the processor")]
    Usage { server: &'static str, source: std::io::Error },
}

/// Keeps the requests of a shape in flight for `duration`.
pub(crate) async fn run(
    server: &'static str,
    address: SocketAddr,
    shape: &impl Shape,
    duration: Duration,
) -> Result<Load, LoadError> {
    let load = timeout(duration + LATE_LIMIT, send_all(address, shape, duration)).await;
    let load = load.map_err(|_elapsed| LoadError::Late { server })?;
    load.map_err(|source| LoadError::Failed { server, source })
}

async fn send_all(
    address: SocketAddr,
    shape: &impl Shape,
    duration: Duration,
) -> Result<Load, ExchangeError> {
    let mut opened = Vec::with_capacity(shape.connections());
    for _ in 0..shape.connections() {
        opened.push(shape.open(address).await?);
    }
    let began = Instant::now();
    let mut clients = JoinSet::new();
    for mut connection in opened {
        clients.spawn_local(async move { connection.exchange_until(began + duration).await });
    }
    let mut latencies = Vec::new();
    loop {
        let client = tokio::select! {
            client = clients.join_next() => client,
            never = stay_awake() => match never {},
        };
        let Some(client) = client else { break };
        latencies.append(&mut client.unwrap_or_else(resume)?);
    }
    Ok(Load { latencies, elapsed: began.elapsed() })
}

/// Keeps the client's processor from going to sleep. A server that answers a sleeping client pays for
/// waking it, the more often the slower it is, and that is not what is measured.
async fn stay_awake() -> Infallible {
    loop {
        yield_now().await;
    }
}

/// A client that panicked panics here as well; none is cancelled while somebody waits for it.
fn resume<T>(error: JoinError) -> T {
    std::panic::resume_unwind(error.into_panic())
}
