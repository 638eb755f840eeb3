//! One connection of the client: sends the request, reads the answer, checks it.
//!
//! Written on a bare socket, so that the client costs less than the servers it measures. Does not
//! know more of HTTP than the one answer that is right.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use memchr::memmem;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::load::Shape;

/// The body of the right answer.
pub(crate) const ANSWER: &[u8] = b"hello world";
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
const STATUS: &[u8] = b"HTTP/1.1 200 OK\r\n";
const LENGTH: &[u8] = b"\r\ncontent-length: 11\r\n";
const END_OF_HEAD: &[u8] = b"\r\n\r\n";
/// More than any right answer takes, in bytes.
const LONGEST: usize = 1024;

/// Why a connection is of no use any more.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExchangeError {
    #[error("the connection broke")]
    Broken { source: io::Error },
    #[error("the connection was closed before the answer was whole")]
    Closed,
    #[error("the answer is wrong:\n{answer}")]
    Wrong { answer: String },
}

impl From<io::Error> for ExchangeError {
    fn from(source: io::Error) -> Self {
        Self::Broken { source }
    }
}

/// Connections with one request at a time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeepAlive {
    pub(crate) connections: usize,
}

impl Shape for KeepAlive {
    fn connections(&self) -> usize {
        self.connections
    }

    async fn open(&self, address: SocketAddr) -> Result<Connection, ExchangeError> {
        Connection::open(address).await
    }
}

/// A connection that is kept alive.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Box<[u8; LONGEST]>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Result<Self, ExchangeError> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Box::new([0; LONGEST]) })
    }

    /// Sends one request after the other until the time comes.
    pub(crate) async fn exchange_until(
        &mut self,
        until: Instant,
    ) -> Result<Vec<Duration>, ExchangeError> {
        let mut latencies = Vec::new();
        let mut sent = Instant::now();
        while sent < until {
            self.exchange().await?;
            let received = Instant::now();
            latencies.push(received - sent);
            sent = received;
        }
        Ok(latencies)
    }

    /// Sends the request and waits for the right answer.
    pub(crate) async fn exchange(&mut self) -> Result<(), ExchangeError> {
        self.stream.write_all(REQUEST).await?;
        let mut filled = 0;
        loop {
            let count = self.stream.read(&mut self.buffer[filled..]).await?;
            filled += count;
            let answer = &self.buffer[..filled];
            match check(answer) {
                Verdict::Right => return Ok(()),
                Verdict::Incomplete if count == 0 => return Err(ExchangeError::Closed),
                Verdict::Incomplete if filled < LONGEST => (),
                Verdict::Incomplete | Verdict::Wrong => {
                    let answer = String::from_utf8_lossy(answer).into_owned();
                    return Err(ExchangeError::Wrong { answer });
                }
            }
        }
    }
}

enum Verdict {
    Right,
    Incomplete,
    Wrong,
}

fn check(answer: &[u8]) -> Verdict {
    if !STATUS.starts_with(&answer[..answer.len().min(STATUS.len())]) {
        return Verdict::Wrong;
    }
    let Some(end) = memmem::find(answer, END_OF_HEAD) else { return Verdict::Incomplete };
    let (head, body) = (&answer[..end + 2], &answer[end + END_OF_HEAD.len()..]);
    if memmem::find(head, LENGTH).is_none() {
        return Verdict::Wrong;
    }
    match body {
        ANSWER => Verdict::Right,
        body if ANSWER.starts_with(body) => Verdict::Incomplete,
        _ => Verdict::Wrong,
    }
}
