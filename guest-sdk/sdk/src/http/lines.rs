//! Header lines as the contract has them: `name: value`, each ended by CR LF.
//! Deliberately does not know which names are the host's.

use ::http::{HeaderMap, HeaderName, HeaderValue};
#[cfg(feature = "tower")]
use bytes::Bytes;

/// Names and values in their order. What is not a header line ends the iteration.
pub(crate) fn read(mut text: &[u8]) -> impl Iterator<Item = (&str, &[u8])> {
    std::iter::from_fn(move || {
        let end = end_of_line(text)?;
        let (line, rest) = (&text[..end], &text[end + 2..]);
        text = rest;
        let colon = line.iter().position(|byte| *byte == b':')?;
        let name = std::str::from_utf8(&line[..colon]).ok()?;
        Some((name, line[colon + 1..].trim_ascii()))
    })
}

/// The first value of the field `name`, in any case. `None` also when it is not UTF-8.
pub(crate) fn find<'text>(text: &'text [u8], name: &str) -> Option<&'text str> {
    let (_, value) = read(text).find(|(key, _)| key.eq_ignore_ascii_case(name))?;
    std::str::from_utf8(value).ok()
}

/// All fields. Those that HTTP does not allow are left out; neither side writes them.
pub(crate) fn to_map(text: &[u8]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in read(text) {
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value)) {
            map.append(name, value);
        }
    }
    map
}

/// The same of text that values may share the memory of.
#[cfg(feature = "tower")]
pub(crate) fn to_shared_map(text: &Bytes) -> HeaderMap {
    let mut map = HeaderMap::with_capacity(read(text).count());
    for (name, value) in read(text) {
        let name = HeaderName::from_bytes(name.as_bytes());
        let value = HeaderValue::from_maybe_shared(text.slice_ref(value));
        if let (Ok(name), Ok(value)) = (name, value) {
            map.append(name, value);
        }
    }
    map
}

/// The lines of a map.
#[cfg(feature = "tower")]
pub(crate) fn of_map(map: &HeaderMap) -> Vec<u8> {
    let length = map.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    let mut text = Vec::with_capacity(length);
    for (name, value) in map {
        text.extend_from_slice(name.as_str().as_bytes());
        text.extend_from_slice(b": ");
        text.extend_from_slice(value.as_bytes());
        text.extend_from_slice(b"\r\n");
    }
    text
}

/// Writes one line, with the name in lower case; `false` and nothing when HTTP does not allow it.
pub(crate) fn write(text: &mut Vec<u8>, name: &str, value: &[u8]) -> bool {
    if !is_token(name) || !value.iter().copied().all(is_field_byte) {
        return false;
    }
    text.reserve(name.len() + value.len() + 4);
    text.extend(name.bytes().map(|byte| byte.to_ascii_lowercase()));
    text.extend_from_slice(b": ");
    text.extend_from_slice(value);
    text.extend_from_slice(b"\r\n");
    true
}

/// RFC 9110 §5.6.2.
pub(crate) fn is_token(name: &str) -> bool {
    let is_token_byte =
        |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(is_token_byte)
}

/// RFC 9110 §5.5: visible characters, blanks and what is not ASCII.
fn is_field_byte(byte: u8) -> bool {
    byte == b'\t' || (byte >= b' ' && byte != 0x7f)
}

/// Where the first CR LF is.
pub(crate) fn end_of_line(text: &[u8]) -> Option<usize> {
    text.windows(2).position(|pair| pair == b"\r\n")
}
