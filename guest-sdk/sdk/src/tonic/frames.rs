//! The frames in which gRPC sends messages: a flag, a length, the message.
//! Deliberately without compression, which is the host's.

use bytes::{Buf as _, Bytes, BytesMut};

use crate::error::{OrServiceError as _, ServiceError};
use crate::grpc::Status;

/// Whether the message is compressed, and how long it is.
const HEADER: usize = 5;

/// What stands before a message of this length.
pub(super) fn header(length: usize) -> Result<[u8; HEADER], Status> {
    let [a, b, c, d] = u32::try_from(length).or_internal("the message is too long")?.to_be_bytes();
    Ok([0, a, b, c, d])
}

/// Messages that come in pieces of any size.
#[derive(Debug, Default)]
pub(super) struct Unframed(Bytes);

impl Unframed {
    pub(super) fn push(&mut self, piece: Bytes) {
        if self.0.is_empty() {
            self.0 = piece;
            return;
        }
        let mut joined = BytesMut::from(std::mem::take(&mut self.0));
        joined.extend_from_slice(&piece);
        self.0 = joined.freeze();
    }

    /// The next message, if it is whole.
    pub(super) fn pop(&mut self) -> Result<Option<Vec<u8>>, Status> {
        let Some((&[flag, a, b, c, d], _)) = self.0.split_first_chunk::<HEADER>() else {
            return Ok(None);
        };
        if flag != 0 {
            let cause =
                "a server of tonic has sent a compressed message, which nobody has asked for";
            return Err(ServiceError::internal(cause).into());
        }
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        if self.0.len() - HEADER < length {
            return Ok(None);
        }
        self.0.advance(HEADER);
        Ok(Some(self.0.split_to(length).into()))
    }

    /// Whether all that was pushed is popped.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_out_however_their_frames_are_cut() {
        let frames =
            [&[0, 0, 0, 0, 2][..], b"ab", &[0, 0, 0, 0, 0], &[0, 0, 0, 0, 1], b"c"].concat();
        for size in 1..=frames.len() {
            let mut unframed = Unframed::default();
            let mut messages = Vec::new();
            for piece in frames.chunks(size) {
                unframed.push(Bytes::copy_from_slice(piece));
                while let Some(message) = unframed.pop().unwrap() {
                    messages.push(message);
                }
            }
            assert_eq!(messages, [b"ab".to_vec(), Vec::new(), b"c".to_vec()], "pieces of {size}");
            assert!(unframed.is_empty());
        }
    }

    #[test]
    fn a_compressed_message_is_refused() {
        let mut unframed = Unframed::default();
        unframed.push(Bytes::from_static(&[1, 0, 0, 0, 0]));
        assert!(unframed.pop().is_err());
    }
}
