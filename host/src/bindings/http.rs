//! The types of the WIT interface `http`. What they mean stands in `wit/http.wit`.

use bytes::Bytes;
use wasmtime::component::{ComponentType, FutureReader, Lift, Lower, StreamReader};

use super::errors::Error as ServiceError;

#[derive(Debug, ComponentType, Lift, Lower)]
#[component(record)]
pub(crate) struct Streamed {
    pub data: StreamReader<u8>,
    pub length: Option<u64>,
    pub end: FutureReader<Result<(), ServiceError>>,
}

#[derive(Debug, ComponentType, Lift, Lower)]
#[component(variant)]
pub(crate) enum Body {
    #[component(name = "none")]
    None,
    #[component(name = "bytes")]
    Bytes(Bytes),
    #[component(name = "streamed")]
    Streamed(Streamed),
}

#[derive(Debug, ComponentType, Lift)]
#[component(record)]
pub(crate) struct Response {
    pub status: u16,
    pub headers: Bytes,
    pub body: Body,
}

/// Parameters of `handle`.
pub(crate) type HandleParameters = (Bytes, Body);
/// Results of `handle`.
pub(crate) type HandleResults = (Result<Response, ServiceError>,);
