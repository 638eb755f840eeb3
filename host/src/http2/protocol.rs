//! Which version of HTTP a client speaks, from its first bytes.

/// The first bytes of a client that speaks HTTP/2 without negotiation (RFC 9113 section 3.4).
pub(super) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Bytes of the length of a frame, the first of its head.
const FRAME_LENGTH: u32 = 3;
/// Bytes of the head of a frame.
const FRAME_HEAD: u32 = 9;

/// What is known of it so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// So many bytes of the preface of HTTP/2 have arrived, and nothing else.
    Unknown {
        matched: usize,
    },
    Http1,
    /// HTTP/2, of which the client still owes the settings: the first frame, announced to have so many
    /// bytes behind its head.
    Greeting {
        arrived: u32,
        length: u32,
    },
    /// Frames other than requests come and go at any time, so bytes do not announce a head.
    Http2,
}

impl Protocol {
    /// Of a client that has sent nothing.
    pub(crate) const BEFORE: Self = Self::Unknown { matched: 0 };

    /// What it is after these bytes have arrived as well.
    #[must_use]
    pub(crate) fn after(self, bytes: &[u8]) -> Self {
        match self {
            Self::Unknown { matched } => {
                let expected = &PREFACE[matched..];
                let length = bytes.len().min(expected.len());
                let (preface, rest) = bytes.split_at(length);
                if preface != &expected[..length] {
                    Self::Http1
                } else if length == expected.len() {
                    Self::Greeting { arrived: 0, length: 0 }.after(rest)
                } else {
                    Self::Unknown { matched: matched + length }
                }
            }
            Self::Greeting { mut arrived, mut length } => {
                let missing = FRAME_LENGTH.saturating_sub(arrived) as usize;
                for byte in bytes.iter().take(missing) {
                    length = length << 8 | u32::from(*byte);
                }
                arrived = arrived.saturating_add(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
                if arrived >= FRAME_HEAD + length {
                    Self::Http2
                } else {
                    Self::Greeting { arrived, length }
                }
            }
            Self::Http1 | Self::Http2 => self,
        }
    }

    /// Whether the client has sent enough to tell.
    pub(crate) fn is_decided(self) -> bool {
        !matches!(self, Self::Unknown { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pieces: &[&[u8]]) -> Protocol {
        pieces.iter().fold(Protocol::BEFORE, |protocol, bytes| protocol.after(bytes))
    }

    #[test]
    fn a_client_speaks_http_2_when_its_settings_are_there() {
        let settings = [0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0];
        let all = [PREFACE, &settings].concat();

        for split in 0..=all.len() {
            let (first, rest) = all.split_at(split);
            assert_eq!(of(&[first]) == Protocol::Http2, split == all.len(), "{split}");
            assert_eq!(of(&[first, rest]), Protocol::Http2);
        }
    }

    #[test]
    fn what_only_begins_like_http_2_is_http_1() {
        for bytes in ["GET / HTTP/1.1\r\n", "POST / ", "PRI * HTTP/1.1\r\n"] {
            assert_eq!(of(&[bytes.as_bytes()]), Protocol::Http1);
            let (first, rest) = bytes.as_bytes().split_at(1);
            assert_eq!(of(&[first, rest]), Protocol::Http1);
        }
    }

    #[test]
    fn part_of_the_preface_decides_nothing() {
        assert!(!of(&[b"P", b"RI * HTTP/2.0\r\n"]).is_decided());
        assert!(of(&[PREFACE]).is_decided());
    }
}
