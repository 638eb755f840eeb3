//! Messages on the wire: a flag, a length, the bytes.
//!
//! Not tonic's codec, because that cannot tell whether a single message was compressed, nor compress single
//! messages, and takes a client that broke off for one that is done. A message may be spread over any number of
//! DATA frames, and a frame may hold many messages; only one that a border cuts is copied. Memory grows with
//! what arrives, never with what a length announces. A client that broke off leaves [`Frames`] pending for
//! ever, until hyper drops it: any end would look to the guest as if the client had finished.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use http_body::Body;
use http_body_util::BodyExt;
use tonic::Status;

use super::encoding::{Encoding, Undecodable};
use crate::call::grpc::RequestMessage;
use crate::call::stream::Source;

/// One byte of flags and four of length.
const PREFIX: usize = 5;

/// Messages up to this size are copied behind their prefix, so that both are one frame of HTTP/2.
const COPIED_UP_TO: usize = 16 * 1024;

/// Reads the messages of a request.
#[derive(Debug)]
pub(super) struct Frames<B> {
    body: B,
    /// What has arrived and belongs to no message yet.
    chunk: Bytes,
    encoding: Option<Encoding>,
    /// Largest message, in bytes.
    limit: usize,
}

impl<B: Body<Data = Bytes> + Unpin> Frames<B> {
    pub(super) fn new(body: B, encoding: Option<Encoding>, limit: usize) -> Self {
        Self { body, chunk: Bytes::new(), encoding, limit }
    }

    fn too_large(&self) -> Status {
        let message = format!("a message of the request is larger than {} bytes", self.limit);
        Status::resource_exhausted(message)
    }

    /// The next `length` bytes; `None` when there are none at all.
    ///
    /// Grows with what arrives, not with what was announced.
    async fn take(&mut self, length: usize) -> Result<Option<Bytes>, Status> {
        if self.chunk.len() >= length && length > 0 {
            return Ok(Some(self.chunk.split_to(length)));
        }
        if length == 0 {
            return Ok(Some(Bytes::new()));
        }
        let mut collected = BytesMut::new();
        loop {
            let missing = length - collected.len();
            if self.chunk.len() >= missing {
                let rest = self.chunk.split_to(missing);
                if collected.is_empty() {
                    return Ok(Some(rest));
                }
                collected.put(rest);
                return Ok(Some(collected.freeze()));
            }
            collected.put(std::mem::take(&mut self.chunk));
            match self.receive().await? {
                Some(chunk) => self.chunk = chunk,
                None if collected.is_empty() => return Ok(None),
                None => return Err(incomplete()),
            }
        }
    }

    async fn receive(&mut self) -> Result<Option<Bytes>, Status> {
        loop {
            match self.body.frame().await {
                None => return Ok(None),
                // The client went away, and hyper drops whoever works for it. Until then nothing is said:
                // a service that hears of an end would take it for one.
                Some(Err(_)) => std::future::pending().await,
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) if !data.is_empty() => return Ok(Some(data)),
                    // Clients have no trailers to say anything in.
                    _ => (),
                },
            }
        }
    }
}

/// An error is what the client is to be told.
impl<B: Body<Data = Bytes> + Unpin> Source for Frames<B> {
    type Item = RequestMessage;
    type Error = Status;

    async fn next(&mut self) -> Result<Option<RequestMessage>, Status> {
        let Some(mut prefix) = self.take(PREFIX).await? else { return Ok(None) };
        let flag = prefix.get_u8();
        let length = prefix.get_u32() as usize;
        if length > self.limit {
            return Err(self.too_large());
        }
        let encoding = match (flag, self.encoding) {
            (0, _) => None,
            (1, Some(encoding)) => Some(encoding),
            (1, None) => {
                return Err(refuse("a message is compressed, but `grpc-encoding` is not set"));
            }
            _ => return Err(refuse("the flags of a message are neither 0 nor 1")),
        };
        let Some(data) = self.take(length).await? else { return Err(incomplete()) };
        let compressed = encoding.is_some();
        let data = match encoding {
            None => data,
            Some(encoding) => {
                encoding.decompress(&data, self.limit).map_err(|error| match error {
                    Undecodable::TooLarge => self.too_large(),
                    Undecodable::Corrupt(error) => {
                        refuse(&format!("a message cannot be decompressed: {error}"))
                    }
                })?
            }
        };
        Ok(Some(RequestMessage { data, compressed }))
    }
}

fn refuse(message: &str) -> Status {
    Status::internal(message)
}

fn incomplete() -> Status {
    refuse("the request ends in the middle of a message")
}

/// A message as it is sent: prefix and data together, or one after the other.
pub(super) struct Framed {
    pub(super) first: Bytes,
    pub(super) rest: Option<Bytes>,
}

/// Puts the prefix in front of a message, compressed if there is an encoding.
///
/// # Errors
/// When the encoder fails, which only happens for want of memory.
pub(super) fn frame(data: Bytes, encoding: Option<Encoding>) -> std::io::Result<Framed> {
    let data = match encoding {
        None => data,
        Some(encoding) => encoding.compress(&data)?.into(),
    };
    let length = u32::try_from(data.len()).map_err(std::io::Error::other)?;
    let copied = if data.len() <= COPIED_UP_TO { data.len() } else { 0 };
    let mut first = BytesMut::with_capacity(PREFIX + copied);
    first.put_u8(encoding.is_some().into());
    first.put_u32(length);
    first.put_slice(&data[..copied]);
    let rest = (copied < data.len()).then_some(data);
    Ok(Framed { first: first.freeze(), rest })
}

#[cfg(test)]
mod damage;
#[cfg(test)]
mod tests;
