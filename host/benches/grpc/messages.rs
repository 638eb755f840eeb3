//! The messages of `guest/proto/benchmark.proto`, and how they look on the wire.
//!
//! Does not know who sends them.

use bytes::{BufMut, Bytes, BytesMut};
use prost::Message;

/// Paths of the methods.
pub(crate) const ECHO: &str = "/benchmark.Benchmark/Echo";
pub(crate) const POUR: &str = "/benchmark.Benchmark/Pour";
pub(crate) const TAKE: &str = "/benchmark.Benchmark/Take";
pub(crate) const CHAT: &str = "/benchmark.Benchmark/Chat";

/// One byte of flags and four of length stand before a message.
pub(crate) const PREFIX: usize = 5;

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Chunk {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) data: Vec<u8>,
    #[prost(uint32, tag = "2")]
    pub(crate) pause_ms: u32,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct PourRequest {
    #[prost(uint32, tag = "1")]
    pub(crate) messages: u32,
    #[prost(uint32, tag = "2")]
    pub(crate) size: u32,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct TakeReply {
    #[prost(uint64, tag = "1")]
    pub(crate) messages: u64,
    #[prost(uint64, tag = "2")]
    pub(crate) bytes: u64,
}

/// A message behind its prefix, not compressed.
pub(crate) fn frame(message: &impl Message) -> Bytes {
    let length = message.encoded_len();
    let mut frame = BytesMut::with_capacity(PREFIX + length);
    frame.put_u8(0);
    frame.put_u32(u32::try_from(length).unwrap_or(u32::MAX));
    frame.put_slice(&message.encode_to_vec());
    frame.freeze()
}
