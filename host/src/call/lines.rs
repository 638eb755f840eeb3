//! Header lines across the boundary of a guest, as `wit/http.wit` and `wit/grpc.wit` describe them.

use std::sync::Arc;

use bytes::{BufMut, BytesMut};
use http::header::{HeaderMap, HeaderName, HeaderValue};

use super::Fault;

pub(crate) fn invalid(reason: impl Into<Arc<str>>) -> Fault {
    Fault::InvalidResponse(reason.into())
}

/// Most fields of a guest.
const MOST_FIELDS: usize = 8192;

/// Lines that each end with CR LF. `is_reserved` tells which names a guest may not set.
///
/// # Errors
/// [`Fault::InvalidResponse`] when one of them breaks the contract.
pub(crate) fn unpack(packed: &[u8], is_reserved: fn(&str) -> bool) -> Result<HeaderMap, Fault> {
    if packed.is_empty() {
        return Ok(HeaderMap::new());
    }
    let mut fields = HeaderMap::with_capacity(8);
    let mut rest = packed;
    while !rest.is_empty() {
        let end = memchr::memmem::find(rest, b"\r\n")
            .ok_or_else(|| invalid("a header line does not end with CR LF"))?;
        let (name, value) = field(&rest[..end])?;
        if is_reserved(name.as_str()) {
            return Err(invalid(format!("the header `{name}` is the host's to set")));
        }
        // A map can hold some more, which is left for what the host adds.
        if fields.len() >= MOST_FIELDS {
            return Err(invalid("it has too many headers"));
        }
        fields.append(name, value);
        rest = &rest[end + 2..];
    }
    Ok(fields)
}

/// The fields of lines that the host has packed itself. A request line, which has no name, is none.
pub(crate) fn fields(packed: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    packed.split(|byte| *byte == b'\n').filter_map(|line| {
        let line = line.strip_suffix(b"\r")?;
        let colon = memchr::memmem::find(line, b": ")?;
        Some((&line[..colon], &line[colon + 2..]))
    })
}

/// Adds a line.
pub(crate) fn put_field(head: &mut BytesMut, name: &str, value: &[u8]) {
    head.put_slice(name.as_bytes());
    head.put_slice(b": ");
    head.put_slice(value);
    head.put_slice(b"\r\n");
}

/// The size of all fields as lines, in bytes.
pub(crate) fn fields_size(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len()).sum()
}

fn field(line: &[u8]) -> Result<(HeaderName, HeaderValue), Fault> {
    let show = || String::from_utf8_lossy(&line[..line.len().min(64)]).into_owned();
    let colon = memchr::memchr(b':', line)
        .ok_or_else(|| invalid(format!("the header line `{}` has no colon", show())))?;
    let name = HeaderName::from_bytes(&line[..colon]).ok();
    let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok();
    name.zip(value).ok_or_else(|| invalid(format!("the header line `{}` is malformed", show())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzz;

    #[test]
    fn fields_are_bounded() {
        let lines = |count: usize| "x: 1\r\n".repeat(count);

        assert!(unpack(lines(MOST_FIELDS).as_bytes(), |_| false).is_ok());
        assert!(unpack(lines(MOST_FIELDS + 1).as_bytes(), |_| false).is_err());
    }

    /// Published with the contract.
    #[test]
    fn header_lines_are_read_as_the_contract_says() {
        let vectors = include_str!("../../../tests/vectors/header-lines.json");
        let vectors: Vec<serde_json::Value> = serde_json::from_str(vectors).unwrap();
        for vector in &vectors {
            let packed = vector["packed"].as_str().unwrap();

            let fields = unpack(packed.as_bytes(), |_name| false).ok().map(|fields| {
                let field = |(name, value): (&HeaderName, &HeaderValue)| {
                    serde_json::json!([name.as_str(), value.to_str().unwrap()])
                };
                fields.iter().map(field).collect::<serde_json::Value>()
            });

            assert_eq!(fields.unwrap_or_default(), vector["headers"], "{vector}");
        }
    }

    #[test]
    fn fuzz_header_lines() {
        let seeds = [
            b"content-type: text/plain\r\nset-cookie: a=b\r\nset-cookie: c=d\r\n".as_slice(),
            b"x-empty:\r\nx-bytes: \xc3\xa4\xff\r\n",
        ];
        fuzz::damage(&seeds, |packed| {
            let Ok(fields) = unpack(packed, |name| name == "connection") else { return };
            let mut again = BytesMut::new();
            for (name, value) in &fields {
                assert_ne!(name, "connection");
                put_field(&mut again, name.as_str(), value.as_bytes());
            }
            assert_eq!(again.len(), fields_size(&fields));
            assert_eq!(unpack(&again, |_name| false).ok(), Some(fields));
        });
    }
}
