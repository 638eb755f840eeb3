//! Metadata across the boundary of a guest: packed as `wit/grpc.wit` describes.

use bytes::{Bytes, BytesMut};
use http::HeaderMap;

use crate::call::Fault;
use crate::dispatch::head::{fields_size, put_field};
use crate::dispatch::lines;

/// Fields of the transport, which are the host's in both directions.
const TRANSPORT: [&str; 10] = [
    "connection",
    "content-length",
    "content-type",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

fn is_transport(name: &str) -> bool {
    name.starts_with("grpc-") || TRANSPORT.contains(&name)
}

/// The metadata of a request is larger than allowed.
#[derive(Debug)]
pub(super) struct TooLarge;

/// Packs the metadata of a request. `limit` is the largest size of all its fields, in bytes.
pub(super) fn pack(headers: &HeaderMap, limit: usize) -> Result<Bytes, TooLarge> {
    let size = fields_size(headers);
    if size > limit {
        return Err(TooLarge);
    }
    let mut packed = BytesMut::with_capacity(size);
    for (name, value) in headers.iter().filter(|(name, _)| !is_transport(name.as_str())) {
        put_field(&mut packed, name.as_str(), value.as_bytes());
    }
    Ok(packed.freeze())
}

/// # Errors
/// [`Fault::InvalidResponse`] when the guest's metadata breaks the contract.
pub(super) fn unpack(packed: &[u8]) -> Result<HeaderMap, Fault> {
    lines::unpack(packed, is_transport)
}
