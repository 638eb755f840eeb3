//! Encodings of single messages: gzip and zstd, in both directions.
//!
//! Knows neither frames nor what a message is.

use std::io::{self, Read, Write};

use bytes::Bytes;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use http::{HeaderMap, HeaderName, HeaderValue};

/// Header that names the encoding of the messages that follow.
pub(super) const ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
/// Header that lists what its sender can decode.
pub(super) const ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");
/// What the host can decode.
pub(super) const ACCEPTED: HeaderValue = HeaderValue::from_static("gzip,zstd,identity");

/// Messages are compressed while their thread waits, so speed counts more than the last percent.
const GZIP_LEVEL: Compression = Compression::fast();
const ZSTD_LEVEL: i32 = 1;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Gzip,
    Zstd,
}

/// Why a message could not be decompressed.
#[derive(Debug)]
pub(super) enum Undecodable {
    /// Decompressed, it is larger than allowed.
    TooLarge,
    Corrupt(io::Error),
}

impl Encoding {
    pub(super) fn name(self) -> HeaderValue {
        match self {
            Self::Gzip => HeaderValue::from_static("gzip"),
            Self::Zstd => HeaderValue::from_static("zstd"),
        }
    }

    fn parse(name: &[u8]) -> Option<Self> {
        match name {
            b"gzip" => Some(Self::Gzip),
            b"zstd" => Some(Self::Zstd),
            _ => None,
        }
    }

    /// The encoding of a request's messages.
    ///
    /// # Errors
    /// The name of an encoding that the host does not know.
    pub(super) fn of_request(headers: &HeaderMap) -> Result<Option<Self>, String> {
        match headers.get(ENCODING).map(HeaderValue::as_bytes) {
            None | Some(b"identity") => Ok(None),
            Some(name) => Self::parse(name)
                .map(Some)
                .ok_or_else(|| String::from_utf8_lossy(name).into_owned()),
        }
    }

    /// The first of the encodings that the client can decode.
    pub(super) fn for_client(headers: &HeaderMap) -> Option<Self> {
        let accepted = headers.get(ACCEPT_ENCODING)?.as_bytes();
        accepted.split(|byte| *byte == b',').find_map(|name| Self::parse(name.trim_ascii()))
    }

    pub(super) fn compress(self, message: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Self::Gzip => {
                let mut encoder =
                    GzEncoder::new(Vec::with_capacity(message.len() / 2 + 64), GZIP_LEVEL);
                encoder.write_all(message)?;
                encoder.finish()
            }
            Self::Zstd => zstd::bulk::compress(message, ZSTD_LEVEL),
        }
    }

    /// `limit` is the largest message, in bytes; a bomb is noticed when it has grown beyond.
    pub(super) fn decompress(self, message: &[u8], limit: usize) -> Result<Bytes, Undecodable> {
        match self {
            Self::Gzip => read(GzDecoder::new(message), message.len(), limit),
            Self::Zstd => {
                let decoder = zstd::Decoder::with_buffer(message).map_err(Undecodable::Corrupt)?;
                read(decoder, message.len(), limit)
            }
        }
    }
}

fn read(decoder: impl Read, compressed: usize, limit: usize) -> Result<Bytes, Undecodable> {
    let mut message = Vec::with_capacity(compressed.saturating_mul(2).min(limit));
    let read = decoder.take(limit as u64 + 1).read_to_end(&mut message);
    match read {
        Ok(length) if length > limit => Err(Undecodable::TooLarge),
        Ok(_) => Ok(message.into()),
        Err(error) => Err(Undecodable::Corrupt(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compressed_can_be_decompressed() {
        let message = b"hello hello hello hello".repeat(100);
        for encoding in [Encoding::Gzip, Encoding::Zstd] {
            let compressed = encoding.compress(&message).unwrap();

            assert!(compressed.len() < message.len() / 4);
            assert_eq!(encoding.decompress(&compressed, message.len()).unwrap(), message);
        }
    }

    #[test]
    fn a_bomb_is_too_large_and_garbage_is_corrupt() {
        let bomb = vec![0; 10 << 20];
        for encoding in [Encoding::Gzip, Encoding::Zstd] {
            let compressed = encoding.compress(&bomb).unwrap();
            let too_large = encoding.decompress(&compressed, 1 << 20);
            let corrupt = encoding.decompress(b"garbage", 1 << 20);
            let cut_off = encoding.decompress(&compressed[..compressed.len() - 4], 10 << 20);

            assert!(matches!(too_large, Err(Undecodable::TooLarge)));
            assert!(matches!(corrupt, Err(Undecodable::Corrupt(_))));
            assert!(matches!(cut_off, Err(Undecodable::Corrupt(_))));
        }
    }

    #[test]
    fn the_client_s_order_decides() {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("br, zstd,gzip"));

        assert_eq!(Encoding::for_client(&headers), Some(Encoding::Zstd));
    }
}
