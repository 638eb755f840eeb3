//! gzip and zstd as a client applies them.
//! Does not know messages.

use std::io::{Read, Write};

/// `data` in an encoding, `gzip` or `zstd`.
pub(crate) fn compress(encoding: &str, data: &[u8]) -> Vec<u8> {
    if encoding == "zstd" {
        return zstd::bulk::compress(data, 3).expect("memory is enough");
    }
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(data).expect("memory is enough");
    encoder.finish().expect("memory is enough")
}

/// What was put into an encoding.
pub(crate) fn decompress(encoding: &str, data: &[u8]) -> Vec<u8> {
    if encoding == "zstd" {
        return zstd::stream::decode_all(data).expect("the host encodes well");
    }
    let mut decompressed = Vec::new();
    flate2::read::GzDecoder::new(data)
        .read_to_end(&mut decompressed)
        .expect("the host encodes well");
    decompressed
}
