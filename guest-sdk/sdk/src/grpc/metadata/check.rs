//! What may be set as metadata, and what is said about the rest.
//! Deliberately the same rules as the host's, so that mistakes show where they are made.

use std::error::Error;
use std::fmt;

use super::has_binary_suffix;

/// Fields of the transport; all that start with `grpc-` are as well.
const RESERVED: [&str; 12] = [
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];

/// Why an entry cannot be set as metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidMetadata {
    name: String,
    reason: &'static str,
}

impl InvalidMetadata {
    fn new(name: &str, reason: &'static str) -> Self {
        Self { name: name.escape_debug().to_string(), reason }
    }
}

impl fmt::Display for InvalidMetadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "metadata `{}` {}", self.name, self.reason)
    }
}

impl Error for InvalidMetadata {}

pub(super) fn check_name(name: &str) -> Result<(), InvalidMetadata> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_allowed) {
        let reason = "has a name that is not made of letters, digits, `-`, `_` and `.`";
        return Err(InvalidMetadata::new(name, reason));
    }
    let is_transport = name.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("grpc-"));
    if is_transport || RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(name)) {
        return Err(InvalidMetadata::new(name, "is the host's to set"));
    }
    Ok(())
}

pub(super) fn check_text_name(name: &str) -> Result<(), InvalidMetadata> {
    if has_binary_suffix(name) {
        let reason = "holds bytes, as its name ends in `-bin`; use `insert_bin` or `append_bin`";
        return Err(InvalidMetadata::new(name, reason));
    }
    Ok(())
}

pub(super) fn check_binary_name(name: &str) -> Result<(), InvalidMetadata> {
    check_name(name)?;
    if !has_binary_suffix(name) {
        let reason = "cannot hold bytes, as its name does not end in `-bin`";
        return Err(InvalidMetadata::new(name, reason));
    }
    Ok(())
}

pub(super) fn check_value(name: &str, value: &str) -> Result<(), InvalidMetadata> {
    if !value.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        let reason = "has a value that is not visible ASCII; bytes need a name that ends in `-bin`";
        return Err(InvalidMetadata::new(name, reason));
    }
    Ok(())
}
