//! The head of a request: checked before anybody relies on it, and packed for the guest as
//! `wit/http.wit` describes.

use bytes::{BufMut, Bytes, BytesMut};
use http::header::{COOKIE, HOST, HeaderMap, HeaderValue};
use http::request::Parts;
use http::{Method, Uri};

use super::authority;
use crate::call::lines::{fields_size, put_field};
use crate::header::HOP_BY_HOP;
use crate::percent;

/// Most header fields of a request. hyper counts them for HTTP/1.1 only.
pub(super) const MOST_FIELDS: usize = 100;

/// Why a request does not reach the guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// No valid host, no path, or a tunnel is asked for.
    Malformed(&'static str),
    TooManyFields,
    TooLarge,
    /// The path is outside the base path.
    Elsewhere,
}

/// Checks the head of a request, and makes one field of those that are one.
pub(super) fn accept(parts: &mut Parts) -> Result<(), Refusal> {
    if parts.method == Method::CONNECT {
        return Err(Refusal::Malformed("method CONNECT is not supported"));
    }
    check_target(&parts.uri)?;
    authority::check(&parts.uri, &parts.headers, parts.version).map_err(Refusal::Malformed)?;
    join_cookies(&mut parts.headers);
    let pseudo = parts.uri.authority().is_some() && !parts.headers.contains_key(HOST);
    if parts.headers.len() + usize::from(pseudo) > MOST_FIELDS {
        return Err(Refusal::TooManyFields);
    }
    Ok(())
}

/// Checks the form of the host that a request names, if it names one.
pub(super) fn check_host(parts: &Parts) -> Result<(), Refusal> {
    authority::check_form(&parts.uri, &parts.headers).map_err(Refusal::Malformed)
}

/// HTTP/2 may split `cookie` at its semicolons, for the sake of compression (RFC 9113 section 8.2.3).
pub(super) fn join_cookies(headers: &mut HeaderMap) {
    if headers.get_all(COOKIE).iter().nth(1).is_none() {
        return;
    }
    let crumbs = headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes);
    let crumbs: Vec<_> = crumbs.filter(|crumb| !crumb.is_empty()).collect();
    let joined = HeaderValue::from_bytes(&crumbs.join(b"; ".as_slice()));
    headers.insert(COOKIE, joined.expect("values joined by a semicolon are a value"));
}

/// The path of `path` below `base`, which is empty or begins with a slash and does not end with one.
pub(super) fn below<'a>(path: &'a str, base: &str) -> Option<&'a str> {
    let rest = strip(path, base)?;
    match rest.as_bytes().first() {
        None => Some("/"),
        Some(b'/' | b'?') => Some(rest),
        Some(_) if base.is_empty() => Some(rest),
        Some(_) => None,
    }
}

/// Whether two paths are the same, however they are encoded.
pub(super) fn is_same_path(path: &str, other: &str) -> bool {
    strip(path, other) == Some("")
}

/// What of `path` follows `prefix`, however they are encoded (RFC 3986 section 6.2.2).
fn strip<'a>(path: &'a str, prefix: &str) -> Option<&'a str> {
    if let Some(rest) = path.strip_prefix(prefix) {
        return Some(rest);
    }
    let (mut rest, mut prefix) = (path.as_bytes(), prefix.as_bytes());
    while let Some((wanted, after_wanted)) = path_byte(prefix) {
        let (found, after_found) = path_byte(rest)?;
        if found != wanted {
            return None;
        }
        (rest, prefix) = (after_found, after_wanted);
    }
    path.get(path.len() - rest.len()..)
}

/// The first byte of a path, whether it separates, and what follows it. An encoded slash separates nothing.
fn path_byte(path: &[u8]) -> Option<((u8, bool), &[u8])> {
    let (byte, rest) = percent::split_first(path)?;
    let separates = !byte.is_encoded && matches!(byte.value, b'/' | b'?');
    Some(((byte.value, separates), rest))
}

/// Packs the head of a request that was accepted.
///
/// `base` is the base path and `limit` the largest head, in bytes.
pub(super) fn pack(parts: &Parts, base: &str, limit: usize) -> Result<Bytes, Refusal> {
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let Some(below) = below(target, base) else { return Err(Refusal::Elsewhere) };
    let size = size(parts, target);
    if size > limit {
        return Err(Refusal::TooLarge);
    }
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

/// The size of a head as HTTP/1.1 writes it, in bytes.
fn size(parts: &Parts, target: &str) -> usize {
    let line = parts.method.as_str().len() + target.len() + " HTTP/1.1\r\n".len();
    let authority = parts.uri.authority().map_or(0, |a| a.as_str().len() + "host: \r\n".len());
    line + authority + fields_size(&parts.headers)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::lines::unpack;
    use crate::fuzz;
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
    fn paths_meet_however_they_are_encoded() {
        assert_eq!(below("/%61pi/%69tems", "/api"), Some("/%69tems"));
        assert_eq!(below("/api%2Fitems", "/api"), None);
        assert_eq!(below("/api%3fx", "/api"), None);
        assert_eq!(below("/caf%c3%a9/x?y", "/caf%C3%A9"), Some("/x?y"));
        assert!(is_same_path("/he%61lth", "/health"));
        assert!(!is_same_path("/he%61lthy", "/health"));
        assert!(!is_same_path("%2Fhealth", "/health"));
        assert!(!is_same_path("/he%6", "/health"));
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

    fn accepted(request: http::request::Builder) -> Result<HeaderMap, Refusal> {
        let mut parts = parts(request);
        accept(&mut parts).map(|()| parts.headers)
    }

    #[test]
    fn a_target_without_a_path_is_refused() {
        for target in ["*", "example.org", "example.org:80"] {
            let request = Request::get(target).header("host", "a");
            assert!(matches!(accepted(request), Err(Refusal::Malformed(_))), "{target}");
        }
    }

    #[test]
    fn a_head_is_refused_for_its_size() {
        let long = Request::get("/").header("host", "a".repeat(100));

        assert_eq!(pack(&parts(long), "", 64), Err(Refusal::TooLarge));
    }

    #[test]
    fn crumbs_of_cookies_are_one_field_and_count_as_one() {
        let with = |crumbs: &[&str]| {
            let request = Request::get("/").header("host", "a");
            crumbs.iter().fold(request, |request, crumb| request.header("cookie", *crumb))
        };

        for (crumbs, expected) in [
            (&["a=b"][..], "a=b"),
            (&["a=b", "c=d"], "a=b; c=d"),
            (&["a=b; c=d", "", "e=f"], "a=b; c=d; e=f"),
            (&["", ""], ""),
            (&["a=b"; 200], &["a=b"; 200].join("; ")),
        ] {
            let headers = accepted(with(crumbs)).unwrap();
            assert_eq!(headers.get_all("cookie").iter().collect::<Vec<_>>(), [expected]);
        }
    }

    #[test]
    fn more_than_a_hundred_fields_are_too_many() {
        let with = |target: &str, host: bool, others: usize| {
            let mut request = Request::get(target);
            if host {
                request = request.header("host", "a");
            }
            (0..others)
                .fold(request, |request, _| request.header("x", "1"))
                .version(http::Version::HTTP_2)
        };

        assert!(accepted(with("/", true, 99)).is_ok());
        assert!(accepted(with("http://a/", false, 99)).is_ok());
        assert!(accepted(with("http://a/", true, 99)).is_ok());
        assert_eq!(accepted(with("/", true, 100)), Err(Refusal::TooManyFields));
        assert_eq!(accepted(with("http://a/", false, 100)), Err(Refusal::TooManyFields));
    }

    /// The SDK is tested with the same heads.
    #[test]
    fn heads_are_packed_as_the_contract_says() {
        let vectors = include_str!("../../../tests/vectors/requests.json");
        let vectors: Vec<serde_json::Value> = serde_json::from_str(vectors).unwrap();
        for vector in &vectors {
            let text = |name: &str| vector[name].as_str().unwrap();
            let query = vector["query"].as_str().map_or(String::new(), |query| format!("?{query}"));
            let mut request =
                Request::builder().method(text("method")).uri(format!("{}{query}", text("path")));
            for field in vector["headers"].as_array().unwrap() {
                request = request.header(field[0].as_str().unwrap(), field[1].as_str().unwrap());
            }

            let packed = pack(&parts(request), "", 1024).unwrap();

            assert_eq!(std::str::from_utf8(&packed).unwrap(), text("packed"), "{vector}");
        }
    }

    /// A request whose target, fields and version are on lines of their own.
    fn written(input: &[u8]) -> Option<Parts> {
        let mut lines = input.split(|byte| *byte == b'\n');
        let mut request = Request::builder().method(lines.next()?).uri(lines.next()?);
        for line in lines {
            let colon = line.iter().position(|byte| *byte == b':')?;
            request = request.header(&line[..colon], &line[colon + 1..]);
        }
        Some(request.body(()).ok()?.into_parts().0)
    }

    #[test]
    fn fuzz_request_heads() {
        let seeds = [
            b"GET\n/api/items?full=1\nhost:example.org:80\ncookie:a=b\ncookie:c=d".as_slice(),
            b"POST\nhttp://example.org/api/%69tems/caf%C3%A9\ncontent-length:3\nte:trailers",
            b"OPTIONS\n*\nhost:[::1]:8080\nconnection:close, x-other\nx-other:\xff",
        ];
        fuzz::damage(&seeds, |input| {
            let Some(mut parts) = written(input) else { return };
            if accept(&mut parts).is_err() {
                return;
            }
            let Ok(head) = pack(&parts, "/api", 1024) else { return };
            // What the guest reads is what the host has checked: one request line with a path, then fields.
            let end = memchr::memmem::find(&head, b"\r\n").expect("the request line has an end");
            let line = std::str::from_utf8(&head[..end]).expect("a request line is text");
            let (method, target) = line.split_once(' ').expect("a request line has two parts");
            assert_eq!(method, parts.method.as_str());
            assert!(target.starts_with('/') && !target.contains(' '), "{target}");
            let fields = unpack(&head[end + 2..], |_name| false).expect("packed fields are lines");
            assert!(fields.keys().all(|name| !HOP_BY_HOP.contains(name)), "{fields:?}");
            assert!(
                fields.get_all(HOST).iter().count() <= 1
                    && fields.get_all(COOKIE).iter().count() <= 1
            );
        });
    }
}
