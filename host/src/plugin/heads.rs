//! Heads of requests and responses, packed as `wit/plugin/hooks.wit` describes.

use bytes::{BufMut, Bytes, BytesMut};
use http::header::HOST;

use crate::call::lines::put_field;
use crate::extension::{Request, Response};
use crate::header::HOP_BY_HOP;

/// Room for names and values that are not counted.
const ROOM: usize = 512;

/// Request line and header lines.
pub(super) fn of_request(request: &Request<'_>) -> Bytes {
    let uri = request.uri();
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let mut head = BytesMut::with_capacity(target.len() + ROOM);
    head.put_slice(request.method().as_str().as_bytes());
    head.put_u8(b' ');
    head.put_slice(target.as_bytes());
    head.put_slice(b"\r\n");
    if let Some(authority) = uri.authority() {
        put_field(&mut head, "host", authority.as_str().as_bytes());
    }
    for (name, value) in request.headers() {
        let replaced = *name == HOST && uri.authority().is_some();
        if !replaced && !HOP_BY_HOP.contains(name) {
            put_field(&mut head, name.as_str(), value.as_bytes());
        }
    }
    head.freeze()
}

/// Status and header lines.
pub(super) fn of_response(response: &Response<'_>) -> Bytes {
    let mut head = BytesMut::with_capacity(ROOM);
    head.put_slice(response.status().as_str().as_bytes());
    head.put_slice(b"\r\n");
    for (name, value) in response.headers() {
        put_field(&mut head, name.as_str(), value.as_bytes());
    }
    head.freeze()
}
