//! The types of the WIT interface `clients`. What they mean stands in `wit/clients.wit`.

use bytes::Bytes;
use wasmtime::component::{ComponentType, FutureReader, Lift, Lower, StreamReader};

use super::errors::Error as ServiceError;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(enum)]
#[repr(u8)]
pub(crate) enum Protocol {
    #[component(name = "grpc")]
    Grpc,
    #[component(name = "http")]
    Http,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(enum)]
#[repr(u8)]
#[expect(dead_code, reason = "wasmtime makes the variants from what guests pass")]
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
pub(crate) struct Options {
    pub timeout: Option<u64>,
    pub compression: Compression,
}

#[derive(Debug, Clone, ComponentType, Lift, Lower)]
#[component(record)]
pub(crate) struct OriginError {
    pub error: ServiceError,
    pub origin: Option<String>,
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
    Error(OriginError),
    #[component(name = "status")]
    Status(Status),
}

#[derive(Debug, ComponentType, Lift, Lower)]
#[component(record)]
pub(crate) struct Failure {
    pub reason: Reason,
    pub trailers: Bytes,
}

#[derive(Debug, ComponentType, Lower)]
#[component(record)]
pub(crate) struct UnaryResponse {
    pub metadata: Bytes,
    pub message: Bytes,
    pub trailers: Bytes,
}

#[derive(Debug, ComponentType, Lift)]
#[component(record)]
pub(crate) struct Outgoing {
    pub messages: StreamReader<Bytes>,
    pub end: FutureReader<Result<(), ()>>,
}

#[derive(Debug, ComponentType, Lift)]
#[component(variant)]
pub(crate) enum RequestMessages {
    #[component(name = "one")]
    One(Bytes),
    #[component(name = "many")]
    Many(Outgoing),
}

/// How the messages of the other service ended: with trailing metadata, or as a failure.
pub(crate) type End = Result<Bytes, Failure>;

#[derive(Debug, ComponentType, Lower)]
#[component(record)]
pub(crate) struct Incoming {
    pub metadata: Bytes,
    pub messages: StreamReader<Bytes>,
    pub end: FutureReader<End>,
}

#[derive(Debug, ComponentType, Lower)]
#[component(record)]
pub(crate) struct Response {
    pub status: u16,
    pub headers: Bytes,
    pub body: super::http::Body,
}

/// Parameters of `declared`.
pub(crate) type DeclaredParameters = (String, Protocol);
/// Parameters of `unary`.
pub(crate) type UnaryParameters = (String, String, Bytes, Bytes, Options);
/// Parameters of `streaming`.
pub(crate) type StreamingParameters = (String, String, Bytes, RequestMessages, Options);
/// Parameters of `send`.
pub(crate) type SendParameters = (String, Bytes, super::http::Body, Options);
