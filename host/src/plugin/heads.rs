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

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use http::StatusCode;
    use http::header::HeaderMap;

    use super::*;
    use crate::extension::Transport;

    #[track_caller]
    fn check(request: http::Request<()>, expected: &str) {
        let mut parts = request.into_parts().0;
        let peer = SocketAddr::from(([127, 0, 0, 1], 1));

        let head = of_request(&Request::new(Transport::Http, &mut parts, peer, 0, "id".into()));

        assert_eq!(std::str::from_utf8(&head).unwrap(), expected);
    }

    #[test]
    fn a_head_is_packed_without_what_belongs_to_its_connection() {
        let request = http::Request::post("/a?b=1").header("connection", "close");

        check(request.header("x-one", "1").body(()).unwrap(), "POST /a?b=1\r\nx-one: 1\r\n");
    }

    #[test]
    fn the_authority_of_a_request_is_its_host() {
        let request = http::Request::get("http://one.example/").header("host", "two.example");

        check(request.body(()).unwrap(), "GET /\r\nhost: one.example\r\n");
    }

    #[test]
    fn a_response_is_its_status_and_its_headers() {
        let mut headers = HeaderMap::from_iter([("x-one".parse().unwrap(), "1".parse().unwrap())]);

        let head = of_response(&Response::new(StatusCode::NOT_FOUND, None, &mut headers));

        assert_eq!(head, "404\r\nx-one: 1\r\n");
    }
}
