//! Metadata across the boundary of a guest: packed as `wit/grpc.wit` describes.

use bytes::{BufMut, Bytes, BytesMut};
use http::HeaderMap;

use crate::call::Fault;
use crate::dispatch::lines;

/// Fields of the transport, which are the host's in both directions.
const TRANSPORT: [&str; 9] = [
    "connection",
    "content-length",
    "content-type",
    "host",
    "keep-alive",
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
    let size: usize =
        headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    if size > limit {
        return Err(TooLarge);
    }
    let mut packed = BytesMut::with_capacity(size);
    for (name, value) in headers.iter().filter(|(name, _)| !is_transport(name.as_str())) {
        packed.put_slice(name.as_str().as_bytes());
        packed.put_slice(b": ");
        packed.put_slice(value.as_bytes());
        packed.put_slice(b"\r\n");
    }
    Ok(packed.freeze())
}

/// # Errors
/// [`Fault::InvalidResponse`] when the guest's metadata breaks the contract.
pub(super) fn unpack(packed: &[u8]) -> Result<HeaderMap, Fault> {
    lines::unpack(packed, is_transport)
}
