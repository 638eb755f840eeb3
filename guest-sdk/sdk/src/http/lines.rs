//! Header lines as the contract has them: `name: value`, each ended by CR LF.
//! Deliberately reads only; what may be written is checked where it is written.

use ::http::{HeaderMap, HeaderName, HeaderValue};

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
pub(super) fn find<'text>(text: &'text [u8], name: &str) -> Option<&'text str> {
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

/// Where the first CR LF is.
pub(super) fn end_of_line(text: &[u8]) -> Option<usize> {
    text.windows(2).position(|pair| pair == b"\r\n")
}
