//! Metadata across the boundary of a guest: packed as `wit/grpc.wit` describes.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use tonic::Status;

use super::Fault;
use super::lines::{self, fields_size, put_field};
use crate::header::is_of_message;

/// Fields of the transport, which are the host's in both directions.
fn is_transport(name: &str) -> bool {
    name == "content-type" || name.starts_with("grpc-") || is_of_message(name)
}

/// What a client's deadline is called, which the guest may know.
const TIMEOUT: &str = "grpc-timeout";

/// Base64 as clients send it: with or without padding, and with whatever is left over in the last digit.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Why the metadata of a request is refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum InvalidMetadata {
    TooLarge,
    /// The value of this name, which ends in `-bin`, is not base64.
    NotBase64(String),
}

impl InvalidMetadata {
    pub(crate) fn status(&self, limit: usize) -> Status {
        match self {
            Self::TooLarge => {
                Status::resource_exhausted(format!("the metadata is larger than {limit} bytes"))
            }
            Self::NotBase64(name) => {
                Status::internal(format!("the value of the metadata `{name}` is not base64"))
            }
        }
    }
}

/// Packs the metadata of a request. `limit` is the largest size of all its fields, in bytes.
pub(crate) fn pack(headers: &HeaderMap, limit: usize) -> Result<Bytes, InvalidMetadata> {
    let size = fields_size(headers);
    if size > limit {
        return Err(InvalidMetadata::TooLarge);
    }
    let mut packed = BytesMut::with_capacity(size);
    for (name, value) in headers {
        let name = name.as_str();
        if is_transport(name) && name != TIMEOUT {
            continue;
        }
        if !is_well_formed(name, value.as_bytes()) {
            return Err(InvalidMetadata::NotBase64(name.to_owned()));
        }
        put_field(&mut packed, name, value.as_bytes());
    }
    Ok(packed.freeze())
}

/// Packs the metadata of another service's response. What is not well-formed is left out.
pub(crate) fn pack_response(fields: &HeaderMap) -> Bytes {
    let mut packed = BytesMut::new();
    for (name, value) in fields {
        let name = name.as_str();
        if !is_transport(name) && is_well_formed(name, value.as_bytes()) {
            put_field(&mut packed, name, value.as_bytes());
        }
    }
    packed.freeze()
}

/// # Errors
/// [`Fault::InvalidResponse`] when the guest's metadata breaks the contract.
pub(crate) fn unpack(packed: &[u8]) -> Result<HeaderMap, Fault> {
    let metadata = lines::unpack(packed, is_transport)?;
    match metadata.iter().find(|(name, value)| !is_well_formed(name.as_str(), value.as_bytes())) {
        Some((name, _)) => Err(lines::invalid(format!("the value of `{name}` is not base64"))),
        None => Ok(metadata),
    }
}

/// Names that end in `-bin` have values in base64, with or without padding; whoever passes them on may join
/// several by commas.
fn is_well_formed(name: &str, value: &[u8]) -> bool {
    !name.ends_with("-bin")
        || value.split(|byte| *byte == b',').all(|value| BASE64.decode(value.trim_ascii()).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binary_metadata_is_base64_with_or_without_padding() {
        for value in ["", "AA", "AA==", "AAA", "AAA=", "AAAA", "+/+/", "AA, AAA=,AAAA"] {
            assert!(is_well_formed("x-bin", value.as_bytes()), "{value}");
        }
        for value in ["A", "AAAAA", "AAAA=", "A===", "====", "A A", "AA=A", "-_", "é"] {
            assert!(!is_well_formed("x-bin", value.as_bytes()), "{value}");
        }
        assert!(is_well_formed("x-text", b"A"));
    }
}
