//! The heads of frames (RFC 9113 section 4.1).
//! Knows no payloads.

use bytes::{BufMut, BytesMut};

/// Bytes of a head.
pub(super) const HEADER_LENGTH: usize = 9;

// Types (RFC 9113 section 6).
pub(super) const DATA: u8 = 0;
pub(super) const HEADERS: u8 = 1;
pub(super) const RST_STREAM: u8 = 3;
pub(super) const CONTINUATION: u8 = 9;

// Flags.
pub(super) const END_STREAM: u8 = 0x1;
pub(super) const END_HEADERS: u8 = 0x4;
pub(super) const PADDED: u8 = 0x8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FrameHeader {
    /// Of the payload, in bytes; 24 bits.
    pub(super) length: usize,
    pub(super) kind: u8,
    pub(super) flags: u8,
    pub(super) stream: u32,
}

impl FrameHeader {
    /// The head that `bytes` begin with, if it is there completely.
    pub(super) fn peek(bytes: &[u8]) -> Option<Self> {
        let [a, b, c, kind, flags, stream @ ..] = *bytes.first_chunk::<HEADER_LENGTH>()?;
        Some(Self {
            length: u32::from_be_bytes([0, a, b, c]) as usize,
            kind,
            flags,
            // The highest bit means nothing.
            stream: u32::from_be_bytes(stream) & 0x7fff_ffff,
        })
    }

    pub(super) fn has(self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    pub(super) fn put(self, output: &mut BytesMut) {
        output.put_uint(self.length as u64, 3);
        output.put_u8(self.kind);
        output.put_u8(self.flags);
        output.put_u32(self.stream);
    }
}

/// A DATA frame without padding.
pub(super) fn put_data(output: &mut BytesMut, stream: u32, data: &[u8], ends: bool) {
    let flags = if ends { END_STREAM } else { 0 };
    FrameHeader { length: data.len(), kind: DATA, flags, stream }.put(output);
    output.put_slice(data);
}
