//! A body that arrives over a connection, on its way into a guest: a request of a client, or a response of
//! another service.
//!
//! Knows neither whose body it is nor how a sender is told that it is too long.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use tokio::time::timeout;

use super::http::HttpBody;
use super::stream::{Source, pump, stream};
use crate::bindings::errors::Error as ServiceError;

/// A body that is announced to be at most so long is handed to the guest whole, in bytes.
const WHOLE_UP_TO: u64 = 64 * 1024;

/// What a body may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BodyLimits {
    /// In bytes.
    pub size: usize,
    /// Longest time in which nothing of it arrives.
    pub silence: Duration,
}

/// Why the rest of a body does not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    TooLarge {
        limit: usize,
    },
    Silent {
        limit: Duration,
    },
    /// The connection or the stream broke.
    Broken,
}

/// Turns a body into what is handed to the guest. A short one is read whole; a long one is a stream that flows
/// while the returned future, which is its pump, is polled. `explain` says what the guest is told of a body
/// that was cut.
pub(crate) async fn receive<B, F>(
    body: B,
    limits: BodyLimits,
    explain: F,
) -> Result<(HttpBody, Option<impl Future<Output = Result<(), Cut>> + use<B, F>>), Cut>
where
    B: http_body::Body<Data = Bytes> + Unpin,
    F: FnOnce(&Cut) -> ServiceError,
{
    if body.is_end_stream() {
        return Ok((HttpBody::None, None));
    }
    let length = body.size_hint().exact();
    let mut chunks = Chunks { body, limits, room: limits.size };
    match length {
        Some(length) if length > limits.size as u64 => Err(Cut::TooLarge { limit: limits.size }),
        Some(length) if length <= WHOLE_UP_TO => {
            Ok((HttpBody::Whole(chunks.whole(length).await?), None))
        }
        length => {
            let (feed, body) = stream();
            Ok((HttpBody::Streamed { body, length }, Some(pump(chunks, feed, explain))))
        }
    }
}

/// The chunks of a body, within its limits. Trailers are passed over.
struct Chunks<B> {
    body: B,
    limits: BodyLimits,
    /// How many bytes more it may have.
    room: usize,
}

impl<B: http_body::Body<Data = Bytes> + Unpin> Source for Chunks<B> {
    type Item = Bytes;
    type Error = Cut;

    async fn next(&mut self) -> Result<Option<Bytes>, Cut> {
        let BodyLimits { size, silence } = self.limits;
        loop {
            let frame = match timeout(silence, self.body.frame()).await {
                Err(_) => return Err(Cut::Silent { limit: silence }),
                Ok(None) => return Ok(None),
                Ok(Some(Err(_))) => return Err(Cut::Broken),
                Ok(Some(Ok(frame))) => frame,
            };
            let Some(chunk) = frame.into_data().ok().filter(|chunk| !chunk.is_empty()) else {
                continue;
            };
            let room = self.room.checked_sub(chunk.len());
            self.room = room.ok_or(Cut::TooLarge { limit: size })?;
            return Ok(Some(chunk));
        }
    }
}

impl<B: http_body::Body<Data = Bytes> + Unpin> Chunks<B> {
    async fn whole(&mut self, length: u64) -> Result<Bytes, Cut> {
        let Some(first) = self.next().await? else { return Ok(Bytes::new()) };
        // Most bodies are one chunk, which needs no copy.
        let Some(second) = self.next().await? else { return Ok(first) };
        let mut whole = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
        whole.extend_from_slice(&first);
        whole.extend_from_slice(&second);
        while let Some(chunk) = self.next().await? {
            whole.extend_from_slice(&chunk);
        }
        Ok(whole.into())
    }
}

#[cfg(test)]
mod tests;
