//! Percent-encoding (RFC 3986 section 2.1), byte for byte.
//! Deliberately knows no paths: which bytes mean something else when they are encoded is for its users to say.

use std::borrow::Cow;

/// One byte of an encoded text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Byte {
    pub value: u8,
    pub is_encoded: bool,
}

/// The first byte that `text` stands for, and what follows it. A percent sign without two digits stands for itself.
pub(crate) fn split_first(text: &[u8]) -> Option<(Byte, &[u8])> {
    if let [b'%', high, low, rest @ ..] = text
        && let (Some(high), Some(low)) = (digit(*high), digit(*low))
    {
        return Some((Byte { value: high << 4 | low, is_encoded: true }, rest));
    }
    let (value, rest) = text.split_first()?;
    Some((Byte { value: *value, is_encoded: false }, rest))
}

/// `text` with everything decoded.
pub(crate) fn decode(text: &str) -> Cow<'_, [u8]> {
    if !text.contains('%') {
        return Cow::Borrowed(text.as_bytes());
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = split_first(rest) {
        decoded.push(byte.value);
        rest = after;
    }
    Cow::Owned(decoded)
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_encoding_stands_for_itself() {
        for (text, expected) in [
            ("", &b""[..]),
            ("/plain", b"/plain"),
            ("/caf%C3%a9", "/café".as_bytes()),
            ("%2F%2525", b"/%25"),
            ("%", b"%"),
            ("%2", b"%2"),
            ("%+1%g0", b"%+1%g0"),
            ("%%41", b"%A"),
            ("%ff", b"\xff"),
        ] {
            assert_eq!(&*decode(text), expected, "{text}");
        }
    }
}
