//! Rules for header fields that hold wherever the host reads or writes them.
//!
//! Does not know whose message the fields belong to.

use http::header::{CONNECTION, HeaderName, TE, TRANSFER_ENCODING, UPGRADE};

/// Fields for the next hop only: they are not forwarded (RFC 9110 section 7.6.1).
pub(crate) static HOP_BY_HOP: [HeaderName; 6] = [
    CONNECTION,
    TE,
    TRANSFER_ENCODING,
    UPGRADE,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

/// Names the service that calls, as all Mikros frameworks spell it.
pub(crate) const CALLER: HeaderName = HeaderName::from_static("service-context-caller");

/// Longest request id that is taken over, in bytes.
const LONGEST_ID: usize = 128;

/// Whether HTTP itself needs the field `name`, in lower case: guests and plug-ins cannot set it.
pub(crate) fn is_of_connection(name: &str) -> bool {
    name == "trailer" || HOP_BY_HOP.iter().any(|field| field == name)
}

/// The same, and the fields that frame or address a message.
pub(crate) fn is_of_message(name: &str) -> bool {
    matches!(name, "content-length" | "host") || is_of_connection(name)
}

/// Whether a request can have this id: 1 to 128 visible ASCII characters, so that it can be logged and sent
/// back unchanged.
pub(crate) fn is_request_id(id: &str) -> bool {
    (1..=LONGEST_ID).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
}
