//! An HTTP request and its response as they pass between a connection and a guest.

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

use crate::bindings::errors::Error as ServiceError;

/// How many chunks of a streamed body may wait between a connection and a guest, per direction.
/// When it is full the faster side waits.
pub const CHUNKS_IN_TRANSIT: usize = 2;

/// A request that the host has checked.
#[derive(Debug)]
pub struct Request {
    /// Request line and header lines, as `wit/http.wit` describes them.
    pub head: Bytes,
    pub body: Body,
}

/// What the guest answered, not yet checked.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    /// Header lines, as `wit/http.wit` describes them.
    pub headers: Bytes,
    pub body: Body,
}

/// A body in either direction.
#[derive(Debug)]
pub enum Body {
    None,
    Whole(Bytes),
    Streamed(Streamed),
}

/// A body of which chunks arrive over time.
#[derive(Debug)]
pub struct Streamed {
    /// Closes when there is no more, for whatever reason.
    pub data: mpsc::Receiver<Bytes>,
    /// Why there is no more. A sender that is dropped means that its side is lost.
    pub end: oneshot::Receiver<Result<(), ServiceError>>,
    /// Dropped with the rest when nobody reads any more.
    _reader: oneshot::Sender<()>,
}

/// The writing side of a [`Streamed`].
#[derive(Debug)]
pub struct Feed {
    pub data: mpsc::Sender<Bytes>,
    pub end: oneshot::Sender<Result<(), ServiceError>>,
    /// Fails as soon as nobody reads any more, also while there is nothing to write.
    pub unread: oneshot::Receiver<()>,
}

/// A streamed body and the side that feeds it.
pub fn stream() -> (Feed, Streamed) {
    let (data, data_receiver) = mpsc::channel(CHUNKS_IN_TRANSIT);
    let (end, end_receiver) = oneshot::channel();
    let (reader, unread) = oneshot::channel();
    let streamed = Streamed { data: data_receiver, end: end_receiver, _reader: reader };
    (Feed { data, end, unread }, streamed)
}
