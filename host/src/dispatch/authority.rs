//! Whom a request is for: checked before anybody relies on it, by the form that RFC 9110 section 7.2 and
//! RFC 3986 section 3.2 give it.
//!
//! Does not know who is meant: a service answers to every name.

use std::net::Ipv6Addr;

use http::header::HOST;
use http::uri::Scheme;
use http::{HeaderMap, Uri, Version};

use crate::percent;

/// Checks what a request says of whom it is for: that is once, and has the right form.
///
/// # Errors
/// In words for the client.
pub(super) fn check_form(uri: &Uri, headers: &HeaderMap) -> Result<(), &'static str> {
    let mut fields = headers.get_all(HOST).iter();
    let field = fields.next();
    if fields.next().is_some() {
        return Err("there is more than one header `host`");
    }
    if field.is_some_and(|field| !is_valid(field.as_bytes())) {
        return Err("the header `host` is malformed");
    }
    if uri.authority().is_some_and(|authority| !is_valid(authority.as_str().as_bytes())) {
        return Err("the host in the request target is malformed");
    }
    Ok(())
}

/// The same, and it is there, without a contradiction (RFC 9112 section 3.2, RFC 9113 section 8.3.1).
///
/// # Errors
/// In words for the client.
pub(super) fn check(uri: &Uri, headers: &HeaderMap, version: Version) -> Result<(), &'static str> {
    check_form(uri, headers)?;
    let (authority, field) = (uri.authority(), headers.get(HOST));
    match (authority, field) {
        // Over HTTP/1, the target overrules the header.
        (Some(authority), Some(field)) if version >= Version::HTTP_2 => {
            let scheme = uri.scheme();
            if is_same(authority.as_str().as_bytes(), field.as_bytes(), scheme) {
                Ok(())
            } else {
                Err("`:authority` and the header `host` differ")
            }
        }
        (_, Some(_)) => Ok(()),
        (Some(_), None) if version >= Version::HTTP_2 => Ok(()),
        (_, None) if version < Version::HTTP_11 => Ok(()),
        (_, None) => Err("the header `host` is missing"),
    }
}

/// Host and port, of which either may be empty.
fn split(authority: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = if authority.starts_with(b"[") {
        memchr::memchr(b']', authority)? + 1
    } else {
        memchr::memchr(b':', authority).unwrap_or(authority.len())
    };
    let (host, rest) = authority.split_at(end);
    match rest.split_first() {
        None => Some((host, rest)),
        Some((b':', port)) => Some((host, port)),
        Some(_) => None,
    }
}

/// `uri-host [ ":" port ]` of RFC 9110 section 7.2. An empty host is a valid one.
fn is_valid(authority: &[u8]) -> bool {
    let Some((host, port)) = split(authority) else { return false };
    let literal = host.strip_prefix(b"[").and_then(|rest| rest.strip_suffix(b"]"));
    port.iter().all(u8::is_ascii_digit) && literal.map_or_else(|| is_name(host), is_literal)
}

/// An address of IPv6, of a network interface if need be (RFC 6874), or of a version to come.
fn is_literal(literal: &[u8]) -> bool {
    if let Some(rest) = literal.strip_prefix(b"v").or_else(|| literal.strip_prefix(b"V")) {
        let dot = memchr::memchr(b'.', rest).unwrap_or(0);
        let (version, address) = rest.split_at(dot);
        return !version.is_empty()
            && version.iter().all(u8::is_ascii_hexdigit)
            && address.len() > 1
            && address[1..].iter().all(|byte| is_plain(*byte) || *byte == b':');
    }
    let text = str::from_utf8(literal).unwrap_or_default();
    let (address, zone) = text.split_once("%25").unwrap_or((text, "-"));
    address.parse::<Ipv6Addr>().is_ok() && !zone.is_empty() && is_name(zone.as_bytes())
}

/// `reg-name` of RFC 3986 section 3.2.2, which addresses of IPv4 are as well.
fn is_name(name: &[u8]) -> bool {
    let mut rest = name;
    while let Some((byte, after)) = percent::split_first(rest) {
        if !byte.is_encoded && !is_plain(byte.value) {
            return false;
        }
        rest = after;
    }
    true
}

/// `unreserved` and `sub-delims`.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(&byte)
}

/// Whether two valid ones are the same (RFC 3986 section 6.2).
fn is_same(one: &[u8], other: &[u8], scheme: Option<&Scheme>) -> bool {
    let default: &[u8] = if scheme == Some(&Scheme::HTTPS) { b"443" } else { b"80" };
    let parts = |authority| {
        split(authority).map(|(host, port)| (host, if port.is_empty() { default } else { port }))
    };
    match (parts(one), parts(other)) {
        (Some((host, port)), Some((other_host, other_port))) => {
            host.eq_ignore_ascii_case(other_host) && port == other_port
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    #[test]
    fn a_host_has_the_form_that_its_rfcs_give_it() {
        for valid in [
            "",
            ":",
            ":80",
            "localhost",
            "localhost:",
            "a:70000",
            "a_b",
            "a,b",
            "a%2fz",
            "1.2.3.4:5",
            "[::1]",
            "[::1]:80",
            "[::1]:",
            "[::ffff:1.2.3.4]",
            "[fe80::1%25eth0]:1",
            "[v1.a:b]",
            "xn--caf-dma.example",
            "!$&'()*+,;=~",
        ] {
            assert!(is_valid(valid.as_bytes()), "{valid}");
        }
        let invalid: [&[u8]; 25] = [
            b"a b",
            b"u@h",
            b"a/b",
            b"a:b",
            b"a?b",
            b"a#b",
            b"a\\b",
            b"a:1:2",
            b"a:-1",
            b"a:+1",
            b"::1",
            b"[::1",
            b"::1]",
            b"[::1]x",
            b"[::1]:x",
            b"[]",
            b"[1.2.3.4]",
            b"[fe80::1%eth0]",
            b"[fe80::1%25]",
            b"[v.a]",
            b"[v1.]",
            b"http://a",
            b"\xe9",
            b"a%zz",
            b"a%2",
        ];
        for invalid in invalid {
            assert!(!is_valid(invalid), "{}", invalid.escape_ascii());
        }
    }

    #[track_caller]
    fn check_request(
        (version, target): (Version, &str),
        hosts: &[&str],
        expected: Result<(), &'static str>,
    ) {
        let mut request = Request::get(target);
        for host in hosts {
            request = request.header(HOST, *host);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let found = check(&parts.uri, &parts.headers, version);
        assert_eq!(found, expected, "{version:?} {target} {hosts:?}");
    }

    #[test]
    fn there_is_one_host_and_it_is_not_contradicted() {
        use Version as V;
        let missing = Err("the header `host` is missing");
        let several = Err("there is more than one header `host`");
        let malformed = Err("the header `host` is malformed");
        let target = Err("the host in the request target is malformed");
        let differ = Err("`:authority` and the header `host` differ");

        for (version, path, hosts, expected) in [
            (V::HTTP_10, "/", &[][..], Ok(())),
            (V::HTTP_10, "/", &["a", "a"], several),
            (V::HTTP_10, "/", &["a b"], malformed),
            (V::HTTP_10, "http://a/", &[], Ok(())),
            (V::HTTP_11, "/", &["a"], Ok(())),
            (V::HTTP_11, "/", &[""], Ok(())),
            (V::HTTP_11, "/", &[], missing),
            (V::HTTP_11, "http://a/", &[], missing),
            (V::HTTP_11, "http://a/", &["b"], Ok(())),
            (V::HTTP_11, "http://a/", &["a/b"], malformed),
            (V::HTTP_11, "http://u@a/", &["a"], target),
            (V::HTTP_2, "http://a/", &[], Ok(())),
            (V::HTTP_2, "http://u@a/", &[], target),
            (V::HTTP_2, "/", &["a"], Ok(())),
            (V::HTTP_2, "/", &[], missing),
            (V::HTTP_2, "http://a/", &["a", "a"], several),
            (V::HTTP_2, "http://a/", &["b"], differ),
            (V::HTTP_2, "http://a/", &["A:80"], Ok(())),
            (V::HTTP_2, "https://a/", &["a:443"], Ok(())),
            (V::HTTP_2, "https://a/", &["a:80"], differ),
        ] {
            check_request((version, path), hosts, expected);
        }
    }
}
