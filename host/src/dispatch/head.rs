//! The head of a request: checked, and packed for the guest as `wit/http.wit` describes.

use bytes::{BufMut, Bytes, BytesMut};
use http::header::{CONNECTION, HOST, HeaderMap, HeaderName, TE, TRANSFER_ENCODING, UPGRADE};
use http::request::Parts;
use http::{Method, Uri, Version};

/// Fields that are between the client and the host, and say nothing about the request.
pub(crate) static HOP_BY_HOP: [HeaderName; 6] = [
    CONNECTION,
    TE,
    TRANSFER_ENCODING,
    UPGRADE,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

/// Why a request does not reach the guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Not exactly one `host` (RFC 9112 section 3.2), no path, or a tunnel is asked for.
    Malformed(&'static str),
    TooLarge,
    /// The path is outside the base path.
    Elsewhere,
}

/// The path of `path` below `base`, which is empty or begins with a slash and does not end with one.
pub(super) fn below<'a>(path: &'a str, base: &str) -> Option<&'a str> {
    let rest = path.strip_prefix(base)?;
    match rest.as_bytes().first() {
        None => Some("/"),
        Some(b'/' | b'?') => Some(rest),
        Some(_) if base.is_empty() => Some(rest),
        Some(_) => None,
    }
}

/// Packs the head of a request.
///
/// `base` is the base path and `limit` the largest head, in bytes.
pub(super) fn pack(parts: &Parts, base: &str, limit: usize) -> Result<Bytes, Refusal> {
    if parts.method == Method::CONNECT {
        return Err(Refusal::Malformed("method CONNECT is not supported"));
    }
    check_target(&parts.uri)?;
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let Some(below) = below(target, base) else { return Err(Refusal::Elsewhere) };
    let size = size(parts, target);
    if size > limit {
        return Err(Refusal::TooLarge);
    }
    check_host(parts)?;
    let mut head = BytesMut::with_capacity(size + 8);
    head.put_slice(parts.method.as_str().as_bytes());
    head.put_u8(b' ');
    if below.starts_with('?') {
        head.put_u8(b'/');
    }
    head.put_slice(below.as_bytes());
    head.put_slice(b"\r\n");
    if let Some(authority) = parts.uri.authority() {
        put_field(&mut head, "host", authority.as_str().as_bytes());
    }
    for (name, value) in &parts.headers {
        let replaced = *name == HOST && parts.uri.authority().is_some();
        if !replaced && !HOP_BY_HOP.contains(name) {
            put_field(&mut head, name.as_str(), value.as_bytes());
        }
    }
    Ok(head.freeze())
}

pub(crate) fn put_field(head: &mut BytesMut, name: &str, value: &[u8]) {
    head.put_slice(name.as_bytes());
    head.put_slice(b": ");
    head.put_slice(value);
    head.put_slice(b"\r\n");
}

/// The size of a head as HTTP/1.1 writes it, in bytes.
fn size(parts: &Parts, target: &str) -> usize {
    let line = parts.method.as_str().len() + target.len() + " HTTP/1.1\r\n".len();
    let authority = parts.uri.authority().map_or(0, |a| a.as_str().len() + "host: \r\n".len());
    line + authority + fields_size(&parts.headers)
}

pub(super) fn fields_size(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len()).sum()
}

/// Guests are promised a path; the forms of a target without one are for proxies and for servers as
/// such (RFC 9112 sections 3.2.3 and 3.2.4).
fn check_target(uri: &Uri) -> Result<(), Refusal> {
    let is_authority = uri.scheme().is_none() && uri.authority().is_some();
    if is_authority || uri.path() == "*" {
        return Err(Refusal::Malformed("the request target names no path"));
    }
    Ok(())
}

fn check_host(parts: &Parts) -> Result<(), Refusal> {
    if parts.version < Version::HTTP_11 || parts.uri.authority().is_some() {
        return Ok(());
    }
    let mut hosts = parts.headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(_), None) => Ok(()),
        (None, _) => Err(Refusal::Malformed("the header `host` is missing")),
        (Some(_), Some(_)) => Err(Refusal::Malformed("there is more than one header `host`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;
    use http::Request;

    fn parts(request: http::request::Builder) -> Parts {
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn the_base_path_is_a_whole_prefix() {
        assert_eq!(below("/api/items", "/api"), Some("/items"));
        assert_eq!(below("/api", "/api"), Some("/"));
        assert_eq!(below("/api?full", "/api"), Some("?full"));
        assert_eq!(below("/apis", "/api"), None);
        assert_eq!(below("/", "/api"), None);
        assert_eq!(below("/items", ""), Some("/items"));
    }

    #[test]
    fn a_head_is_packed_without_what_concerns_the_connection_only() {
        let request = Request::get("/api?full=1")
            .header("host", "localhost")
            .header("connection", "keep-alive")
            .header("accept", "a")
            .header("accept", "b");

        let head = pack(&parts(request), "/api", 1024).unwrap();

        expect![[r"
            GET /?full=1
            host: localhost
            accept: a
            accept: b
        "]]
        .assert_eq(&std::str::from_utf8(&head).unwrap().replace("\r\n", "\n"));
    }

    #[test]
    fn the_authority_of_http_2_is_the_host() {
        let request = Request::get("http://localhost:1/x").header("host", "other");

        let head = pack(&parts(request), "", 1024).unwrap();

        assert_eq!(&head[..], b"GET /x\r\nhost: localhost:1\r\n");
    }

    #[test]
    fn a_target_without_a_path_is_refused() {
        for target in ["*", "example.org", "example.org:80"] {
            let request = Request::get(target).header("host", "a");
            assert!(
                matches!(pack(&parts(request), "", 64), Err(Refusal::Malformed(_))),
                "{target}"
            );
        }
    }

    #[test]
    fn a_head_is_refused_for_its_size_and_its_host() {
        let long = Request::get("/").header("host", "a".repeat(100));
        let none = Request::get("/");
        let two = Request::get("/").header("host", "a").header("host", "b");

        assert_eq!(pack(&parts(long), "", 64), Err(Refusal::TooLarge));
        assert!(matches!(pack(&parts(none), "", 64), Err(Refusal::Malformed(_))));
        assert!(matches!(pack(&parts(two), "", 64), Err(Refusal::Malformed(_))));
    }
}
