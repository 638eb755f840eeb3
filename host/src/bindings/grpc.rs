//! The types of the WIT interface `grpc`. What they mean stands in `wit/grpc.wit`.

use bytes::Bytes;
use wasmtime::component::{ComponentType, FutureReader, Lift, Lower, StreamReader};

use super::errors::Error as ServiceError;

#[derive(Debug, ComponentType, Lift, Lower)]
#[component(record)]
pub(crate) struct RequestMessage {
    pub data: Bytes,
    pub compressed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(enum)]
#[repr(u8)]
#[expect(dead_code, reason = "wasmtime makes the variants from what guests return")]
pub(crate) enum Compression {
    #[component(name = "configured")]
    Configured,
    #[component(name = "off")]
    Off,
    #[component(name = "on")]
    On,
}

#[derive(Debug, ComponentType, Lift, Lower)]
#[component(record)]
pub(crate) struct ResponseMessage {
    pub data: Bytes,
    pub compression: Compression,
}

#[derive(Debug, ComponentType, Lift, Lower)]
#[component(record)]
pub(crate) struct Status {
    pub code: u32,
    pub message: String,
    pub details: Bytes,
}

#[derive(Debug, ComponentType, Lift, Lower)]
#[component(variant)]
pub(crate) enum Reason {
    #[component(name = "error")]
    Error(ServiceError),
    #[component(name = "status")]
    Status(Status),
}

#[derive(Debug, ComponentType, Lift, Lower)]
#[component(record)]
pub(crate) struct Failure {
    pub reason: Reason,
    pub trailers: Bytes,
}

#[derive(Debug, ComponentType, Lift)]
#[component(record)]
pub(crate) struct UnaryResponse {
    pub metadata: Bytes,
    pub message: ResponseMessage,
    pub trailers: Bytes,
}

#[derive(Debug, ComponentType, Lift, Lower)]
#[component(record)]
pub(crate) struct Incoming {
    pub messages: StreamReader<RequestMessage>,
    pub end: FutureReader<Result<(), ServiceError>>,
}

/// How the messages of a guest ended: with trailing metadata, or as a failure.
pub(crate) type End = Result<Bytes, Failure>;

#[derive(Debug, ComponentType, Lift)]
#[component(record)]
pub(crate) struct Outgoing {
    pub metadata: Bytes,
    pub messages: StreamReader<ResponseMessage>,
    pub end: FutureReader<End>,
}

/// Parameters of `unary`.
pub(crate) type UnaryParameters = (std::sync::Arc<str>, Bytes, RequestMessage);
/// Results of `unary`.
pub(crate) type UnaryResults = (Result<UnaryResponse, Failure>,);
/// Parameters of `streaming`.
pub(crate) type StreamingParameters = (std::sync::Arc<str>, Bytes, Incoming);
/// Results of `streaming`.
pub(crate) type StreamingResults = (Result<Outgoing, Failure>,);
