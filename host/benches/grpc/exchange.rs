//! One connection of the client: keeps a number of requests in flight, reads the answers, checks them.
//!
//! Written on a bare socket, so that the client costs less than the servers it measures. Does not
//! know more of gRPC than the one answer that is right.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::frames::{self, CREDIT, Frame, Request, WINDOW};
use super::load::Shape;
use super::messages::{Chunk, frame};

/// Bytes that are sent and come back.
pub(crate) const PAYLOAD: usize = 64;
/// Most that is read at a time.
const READ: usize = 64 * 1024;

/// Why a connection is of no use any more.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExchangeError {
    #[error("the connection broke")]
    Broken { source: io::Error },
    #[error("the connection was closed before all answers were there")]
    Closed,
    #[error("the server gave up a request or the connection")]
    Refused,
    #[error("the server does not allow {needed} more bytes, only {allowed}")]
    Window { needed: i64, allowed: i64 },
    #[error("an answer is wrong: {reason}")]
    Wrong { reason: &'static str },
}

impl From<io::Error> for ExchangeError {
    fn from(source: io::Error) -> Self {
        Self::Broken { source }
    }
}

/// Connections with several requests at a time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Multiplexed {
    pub(crate) connections: usize,
    /// Requests in flight on each connection.
    pub(crate) streams: usize,
}

impl Shape for Multiplexed {
    fn connections(&self) -> usize {
        self.connections
    }

    async fn open(&self, address: SocketAddr) -> Result<Connection, ExchangeError> {
        Connection::open(address, self.streams).await
    }
}

/// A request that has no answer yet.
#[derive(Debug)]
struct Waiting {
    stream: u32,
    sent: Instant,
    /// Its message is there, its trailers are not.
    echoed: bool,
}

/// A connection with several requests at a time.
#[derive(Debug)]
pub(crate) struct Connection {
    socket: TcpStream,
    /// Requests in flight.
    streams: usize,
    request: Request,
    /// The message of the right answer, prefix included.
    answer: Vec<u8>,
    input: BytesMut,
    output: Vec<u8>,
    waiting: Vec<Waiting>,
    next_stream: u32,
    /// How much the server lets us send.
    window: i64,
    /// How much the server may send.
    credit: usize,
}

impl Connection {
    async fn open(address: SocketAddr, streams: usize) -> Result<Self, ExchangeError> {
        let socket = TcpStream::connect(address).await?;
        socket.set_nodelay(true)?;
        let message = frame(&Chunk { data: vec![b'x'; PAYLOAD], pause_ms: 0 });
        let mut output = Vec::new();
        frames::open(&mut output);
        Ok(Self {
            socket,
            streams,
            request: Request::new(&message),
            answer: message.to_vec(),
            input: BytesMut::new(),
            output,
            waiting: Vec::new(),
            next_stream: 1,
            window: WINDOW,
            credit: CREDIT as usize,
        })
    }

    /// Keeps requests in flight until the time comes, then waits for the last answers.
    pub(crate) async fn exchange_until(
        &mut self,
        until: Instant,
    ) -> Result<Vec<Duration>, ExchangeError> {
        let mut latencies = Vec::new();
        let mut now = Instant::now();
        loop {
            while now < until && self.waiting.len() < self.streams {
                self.ask(now)?;
            }
            if !self.output.is_empty() {
                self.socket.write_all(&self.output).await?;
                self.output.clear();
            }
            if self.waiting.is_empty() {
                return Ok(latencies);
            }
            self.input.reserve(READ);
            if self.socket.read_buf(&mut self.input).await? == 0 {
                return Err(ExchangeError::Closed);
            }
            now = Instant::now();
            self.listen(|sent| latencies.push(now - sent))?;
        }
    }

    fn ask(&mut self, sent: Instant) -> Result<(), ExchangeError> {
        let (needed, allowed) = (self.request.weight(), self.window);
        if needed > allowed {
            return Err(ExchangeError::Window { needed, allowed });
        }
        self.window -= needed;
        let stream = self.next_stream;
        self.next_stream += 2;
        self.request.put(&mut self.output, stream);
        self.waiting.push(Waiting { stream, sent, echoed: false });
        Ok(())
    }

    /// Takes what has arrived; `answered` hears when the request was sent that a whole answer is for.
    fn listen(&mut self, mut answered: impl FnMut(Instant)) -> Result<(), ExchangeError> {
        while let Some((frame, length)) = frames::parse(&self.input) {
            match frame {
                Frame::Data { stream, content } => {
                    if content != self.answer {
                        return Err(ExchangeError::Wrong { reason: "it is not what was sent" });
                    }
                    self.credit -= content.len();
                    find(&mut self.waiting, stream)?.1.echoed = true;
                }
                Frame::Trailers { stream } => {
                    let (index, waiting) = find(&mut self.waiting, stream)?;
                    if !waiting.echoed {
                        return Err(ExchangeError::Wrong { reason: "it has no message" });
                    }
                    answered(waiting.sent);
                    self.waiting.swap_remove(index);
                }
                Frame::Settings => frames::confirm_settings(&mut self.output),
                Frame::Ping { content } => frames::confirm_ping(&mut self.output, content),
                Frame::Window { by } => self.window += i64::from(by),
                Frame::Refused => return Err(ExchangeError::Refused),
                Frame::Other => (),
            }
            self.input.advance(length);
        }
        if self.credit < CREDIT as usize / 2 {
            frames::grant(&mut self.output, CREDIT / 2);
            self.credit += CREDIT as usize / 2;
        }
        Ok(())
    }
}

fn find(waiting: &mut [Waiting], stream: u32) -> Result<(usize, &mut Waiting), ExchangeError> {
    let found = waiting.iter_mut().enumerate().find(|(_, waiting)| waiting.stream == stream);
    found.ok_or(ExchangeError::Wrong { reason: "it belongs to no request" })
}
