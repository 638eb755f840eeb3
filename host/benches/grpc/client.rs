//! A client for streams: hyper, with the flow control of HTTP/2 and no haste.
//!
//! Does not know what is measured.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes, BytesMut};
use http::header::{CONTENT_TYPE, TE};
use http::{HeaderMap, Request, Uri};
use http_body::{Body, Frame};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::messages::PREFIX;

/// Why a stream is of no use.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    #[error("cannot connect")]
    Connect { source: io::Error },
    #[error("the connection broke")]
    Broken(#[from] hyper::Error),
    #[error("the RPC failed with status {code}: {message}")]
    Failed { code: String, message: String },
    #[error("the answer ends in the middle of a message")]
    Incomplete,
    #[error("a message cannot be decoded")]
    Undecodable(#[from] prost::DecodeError),
}

/// A connection.
#[derive(Debug)]
pub(crate) struct Client {
    sender: SendRequest<Outgoing>,
    /// What keeps the connection going; ends with the client.
    _connection: JoinSet<()>,
}

impl Client {
    pub(crate) async fn open(address: SocketAddr) -> Result<Self, ClientError> {
        let failed = |source| ClientError::Connect { source };
        let socket = TcpStream::connect(address).await.map_err(failed)?;
        socket.set_nodelay(true).map_err(failed)?;
        let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(socket)).await?;
        let mut running = JoinSet::new();
        // What breaks a connection is reported by the RPC that it breaks.
        running.spawn_local(async { drop(connection.await) });
        Ok(Self { sender, _connection: running })
    }

    /// Calls a method; resolves with the head of the answer.
    pub(crate) async fn call(
        &mut self,
        method: &'static str,
        messages: Outgoing,
    ) -> Result<Answer, ClientError> {
        let mut request = Request::new(messages);
        *request.method_mut() = http::Method::POST;
        let mut uri = Uri::from_static(method).into_parts();
        uri.scheme = Some(http::uri::Scheme::HTTP);
        uri.authority = Some(http::uri::Authority::from_static("localhost"));
        *request.uri_mut() = Uri::from_parts(uri).expect("all parts of it are there");
        let headers = request.headers_mut();
        headers.insert(TE, http::HeaderValue::from_static("trailers"));
        headers.insert(CONTENT_TYPE, http::HeaderValue::from_static("application/grpc"));
        self.sender.ready().await?;
        let (head, body) = self.sender.send_request(request).await?.into_parts();
        // An answer without messages has its status here.
        check(&head.headers)?;
        Ok(Answer { body, buffer: BytesMut::new() })
    }
}

/// The messages of a request: each so many times, then the end or nothing for ever.
#[derive(Debug)]
pub(crate) struct Outgoing {
    /// The next one is the last.
    runs: Vec<(Bytes, u32)>,
    stays_open: bool,
}

impl Outgoing {
    /// These messages in this order, and the end.
    pub(crate) fn all(mut runs: Vec<(Bytes, u32)>) -> Self {
        runs.reverse();
        Self { runs, stays_open: false }
    }

    /// One message, and the end.
    pub(crate) fn one(message: Bytes) -> Self {
        Self::all(vec![(message, 1)])
    }

    /// One message and no end.
    pub(crate) fn open(message: Bytes) -> Self {
        Self { stays_open: true, ..Self::one(message) }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        while let Some((message, left)) = self.runs.last_mut() {
            if *left > 0 {
                *left -= 1;
                return Poll::Ready(Some(Ok(Frame::data(message.clone()))));
            }
            self.runs.pop();
        }
        if self.stays_open { Poll::Pending } else { Poll::Ready(None) }
    }
}

/// The messages of an answer.
#[derive(Debug)]
pub(crate) struct Answer {
    body: Incoming,
    buffer: BytesMut,
}

impl Answer {
    /// The next message; `None` after the last one of an RPC that succeeded.
    pub(crate) async fn next<M: Message + Default>(&mut self) -> Result<Option<M>, ClientError> {
        loop {
            if let Some(message) = self.take() {
                return Ok(Some(M::decode(message)?));
            }
            match self.body.frame().await.transpose()?.map(Frame::into_data) {
                Some(Ok(data)) => self.buffer.extend_from_slice(&data),
                Some(Err(frame)) => check(&frame.into_trailers().unwrap_or_default())?,
                None if self.buffer.is_empty() => return Ok(None),
                None => return Err(ClientError::Incomplete),
            }
        }
    }

    /// A message that is there as a whole.
    fn take(&mut self) -> Option<Bytes> {
        let (_flags, mut rest) = self.buffer.split_first()?;
        let length = rest.try_get_u32().ok()? as usize;
        if rest.len() < length {
            return None;
        }
        self.buffer.advance(PREFIX);
        Some(self.buffer.split_to(length).freeze())
    }
}

/// A status other than OK is an error.
fn check(headers: &HeaderMap) -> Result<(), ClientError> {
    let text = |name| headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
    match text("grpc-status") {
        None => Ok(()),
        Some(code) if code == "0" => Ok(()),
        Some(code) => {
            let message = text("grpc-message").unwrap_or_default().into_owned();
            Err(ClientError::Failed { code: code.into_owned(), message })
        }
    }
}
