//! Streams on which nothing happens: how much memory each keeps.
//!
//! Does not know how figures look when they are printed.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::client::{Answer, Client, ClientError, Outgoing};
use super::memory;
use super::messages::{CHAT, Chunk, frame};
use super::pair::{Both, Pair};
use super::server::Server;
use super::streams::StreamError;

/// Streams on one connection.
pub(crate) const PER_CONNECTION: u32 = 100;
/// Bytes of the message that each has carried.
const SIZE: usize = 64;
/// How long servers may need until all streams have carried their message.
const LIMIT: Duration = Duration::from_mins(2);
/// How long a server gets to put away what it does not need.
const REST: Duration = Duration::from_secs(1);

/// A stream that stays open as long as it is kept.
struct Open {
    _clients: Vec<Client>,
    _answers: Vec<Answer>,
}

/// Memory of each of so many streams, on both servers one after the other, in KiB.
pub(crate) async fn run(pair: &Pair, connections: u32) -> Result<Both<f64>, StreamError> {
    let host = measure(&pair.host, connections).await?;
    Ok(Both { host, native: measure(&pair.native, connections).await? })
}

async fn measure(server: &Server, connections: u32) -> Result<f64, StreamError> {
    let name = server.name;
    let resident = || {
        let resident = memory::resident(server.id);
        resident.map_err(|source| StreamError::Usage { server: name, source })
    };
    let before = resident()?;
    let open = timeout(LIMIT, open(server.address, connections)).await;
    let open = open.map_err(|_elapsed| StreamError::Late { server: name })?;
    let open = open.map_err(|source| StreamError::Failed { server: name, source })?;
    sleep(REST).await;
    let after = resident()?;
    drop(open);
    Ok((after - before) * 1024.0 / f64::from(connections * PER_CONNECTION))
}

/// Opens streams; each has carried one message in both directions.
async fn open(address: SocketAddr, connections: u32) -> Result<Open, ClientError> {
    let message = frame(&Chunk { data: vec![b'x'; SIZE], pause_ms: 0 });
    let (mut clients, mut answers) = (Vec::new(), Vec::new());
    for _ in 0..connections {
        let mut client = Client::open(address).await?;
        for _ in 0..PER_CONNECTION {
            let mut answer = client.call(CHAT, Outgoing::open(message.clone())).await?;
            let echo = answer.next::<Chunk>().await?.ok_or(ClientError::Incomplete)?;
            if echo.data.len() != SIZE {
                return Err(ClientError::Incomplete);
            }
            answers.push(answer);
        }
        clients.push(client);
    }
    Ok(Open { _clients: clients, _answers: answers })
}
