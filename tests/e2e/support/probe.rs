//! The messages of `tests/guests/streams/proto/probe.proto`, whose service does what a test asks for.
//! Does not know what is done with them.

use std::collections::HashMap;

use prost::{Message, Oneof};

pub(crate) const ECHO: &str = "/probe.Probe/Echo";
pub(crate) const SUM: &str = "/probe.Probe/Sum";
pub(crate) const POUR: &str = "/probe.Probe/Pour";
pub(crate) const CHAT: &str = "/probe.Probe/Chat";
pub(crate) const SPIN: &str = "/probe.Probe/Spin";
pub(crate) const SET_SERVING: &str = "/probe.Probe/SetServing";
pub(crate) const CONTEXT: &str = "/probe.Probe/Context";
pub(crate) const CANCELLED: &str = "/probe.Probe/Cancelled";

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Empty {}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct EchoRequest {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) data: Vec<u8>,
    #[prost(uint32, tag = "2")]
    pub(crate) sleep_ms: u32,
    #[prost(string, repeated, tag = "3")]
    pub(crate) echo_metadata: Vec<String>,
    #[prost(message, optional, tag = "4")]
    pub(crate) failure: Option<Failure>,
    #[prost(int32, tag = "5")]
    pub(crate) compression: i32,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Failure {
    #[prost(oneof = "How", tags = "1, 2, 3, 4, 5")]
    pub(crate) how: Option<How>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(crate) enum How {
    #[prost(message, tag = "1")]
    Error(ServiceError),
    #[prost(message, tag = "2")]
    Status(Status),
    #[prost(string, tag = "3")]
    Panic(String),
    #[prost(string, tag = "4")]
    Details(String),
    #[prost(string, tag = "5")]
    Own(String),
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ServiceError {
    #[prost(string, tag = "1")]
    pub(crate) kind: String,
    #[prost(string, tag = "2")]
    pub(crate) message: String,
    #[prost(int32, tag = "3")]
    pub(crate) code: i32,
    #[prost(string, tag = "4")]
    pub(crate) cause: String,
    #[prost(map = "string, string", tag = "5")]
    pub(crate) attributes: HashMap<String, String>,
    #[prost(uint64, tag = "6")]
    pub(crate) retry_after_ms: u64,
    #[prost(map = "string, string", tag = "7")]
    pub(crate) field_violations: HashMap<String, String>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Status {
    #[prost(int32, tag = "1")]
    pub(crate) code: i32,
    #[prost(string, tag = "2")]
    pub(crate) message: String,
    #[prost(bytes = "vec", tag = "3")]
    pub(crate) details: Vec<u8>,
    #[prost(map = "string, string", tag = "4")]
    pub(crate) trailers: HashMap<String, String>,
}

/// Values of the enum `Compression`.
pub(crate) const OFF: i32 = 1;
pub(crate) const ON: i32 = 2;

#[derive(Clone, PartialEq, Message)]
pub(crate) struct EchoReply {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) data: Vec<u8>,
    #[prost(bool, tag = "2")]
    pub(crate) compressed: bool,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Chunk {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) data: Vec<u8>,
    #[prost(enumeration = "Mode", tag = "2")]
    pub(crate) mode: i32,
    #[prost(uint32, tag = "3")]
    pub(crate) sleep_ms: u32,
    #[prost(int32, tag = "4")]
    pub(crate) compression: i32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Enumeration)]
#[repr(i32)]
pub(crate) enum Mode {
    Read = 0,
    NeverRead = 1,
    StopReading = 2,
    Panic = 3,
    Fail = 4,
    Spin = 5,
    Keep = 6,
    Block = 7,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct SumReply {
    #[prost(uint64, tag = "1")]
    pub(crate) messages: u64,
    #[prost(uint64, tag = "2")]
    pub(crate) bytes: u64,
    #[prost(uint64, tag = "3")]
    pub(crate) compressed: u64,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct PourRequest {
    #[prost(uint32, tag = "1")]
    pub(crate) messages: u32,
    #[prost(uint32, tag = "2")]
    pub(crate) size: u32,
    #[prost(uint32, tag = "3")]
    pub(crate) interval_ms: u32,
    #[prost(uint32, optional, tag = "4")]
    pub(crate) after: Option<u32>,
    #[prost(enumeration = "Then", tag = "5")]
    pub(crate) then: i32,
    #[prost(int32, tag = "6")]
    pub(crate) compression: i32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Enumeration)]
#[repr(i32)]
pub(crate) enum Then {
    End = 0,
    Panic = 1,
    Fail = 2,
    Wait = 3,
    Spin = 4,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct SpinRequest {
    #[prost(uint32, tag = "1")]
    pub(crate) ms: u32,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ServingRequest {
    #[prost(string, tag = "1")]
    pub(crate) service: String,
    #[prost(bool, tag = "2")]
    pub(crate) serving: bool,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ContextReply {
    #[prost(string, optional, tag = "1")]
    pub(crate) request_id: Option<String>,
    #[prost(uint64, optional, tag = "2")]
    pub(crate) remaining_ms: Option<u64>,
    #[prost(map = "string, string", tag = "3")]
    pub(crate) service_context: HashMap<String, String>,
    #[prost(string, tag = "4")]
    pub(crate) method: String,
    #[prost(string, repeated, tag = "5")]
    pub(crate) metadata: Vec<String>,
    #[prost(string, optional, tag = "6")]
    pub(crate) caller: Option<String>,
    #[prost(uint64, optional, tag = "7")]
    pub(crate) timeout_ms: Option<u64>,
    #[prost(string, optional, tag = "8")]
    pub(crate) mark: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct CancelledReply {
    #[prost(uint64, tag = "1")]
    pub(crate) dropped: u64,
    #[prost(uint64, tag = "2")]
    pub(crate) active: u64,
}

/// An echo of `data`.
pub(crate) fn echo(data: &[u8]) -> EchoRequest {
    EchoRequest { data: data.to_vec(), ..EchoRequest::default() }
}

/// An echo that fails instead.
pub(crate) fn failing(how: How) -> EchoRequest {
    EchoRequest { failure: Some(Failure { how: Some(how) }), ..EchoRequest::default() }
}

/// A chunk of `data`, to be read.
pub(crate) fn chunk(data: &[u8]) -> Chunk {
    Chunk { data: data.to_vec(), ..Chunk::default() }
}

/// A chunk that says what to do with its stream.
pub(crate) fn mode(mode: Mode) -> Chunk {
    Chunk { mode: mode.into(), ..Chunk::default() }
}
