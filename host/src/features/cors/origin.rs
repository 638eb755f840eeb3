//! Origins as browsers write them, and patterns of them.
//!
//! Does not know what an origin is allowed to do.

use std::borrow::Cow;
use std::fmt;
use std::net::Ipv6Addr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

/// Which origins are meant.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) enum OriginPattern {
    /// `*`.
    Any,
    /// As browsers write it: `https://app.example.org`.
    Exact(String),
    /// `https://*.example.org`: what stands before and what follows the labels that do not matter.
    Below { before: String, after: String },
}

/// Why a text is no [`OriginPattern`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum OriginError {
    #[error("expected an origin such as `https://app.example.org`, `https://*.example.org` or `*`")]
    Malformed,
    #[error("expected an origin in lower case, as browsers write it")]
    UpperCase,
    #[error("expected an origin without a path: nothing follows the host and the port")]
    Path,
    #[error("expected an origin without the port that its scheme has anyway, as browsers write it")]
    DefaultPort,
    #[error(
        "expected an origin with `*` only in place of the first label, such as `https://*.example.org`"
    )]
    Wildcard,
    #[error("expected an origin other than `null`, which every sandboxed page has")]
    Null,
}

impl OriginPattern {
    /// Whether the origin of a request is meant.
    pub(super) fn covers(&self, origin: &[u8]) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(exact) => exact.as_bytes() == origin,
            Self::Below { before, after } => origin
                .strip_prefix(before.as_bytes())
                .and_then(|rest| rest.strip_suffix(after.as_bytes()))
                .is_some_and(is_domain),
        }
    }
}

/// Second labels below which countries let everybody have a name.
const SHARED_LABELS: [&str; 12] =
    ["ac", "co", "com", "edu", "go", "gob", "gov", "ne", "net", "nom", "or", "org"];

/// Hosts below which everybody can have a name; some of many.
const SHARED_HOSTS: [&str; 16] = [
    "amazonaws.com",
    "azurewebsites.net",
    "cloudfront.net",
    "firebaseapp.com",
    "fly.dev",
    "github.io",
    "gitlab.io",
    "herokuapp.com",
    "netlify.app",
    "ngrok.io",
    "onrender.com",
    "pages.dev",
    "run.app",
    "vercel.app",
    "web.app",
    "workers.dev",
];

impl OriginPattern {
    /// Whether strangers can have names that it covers. Not all such names are known here.
    pub(super) fn is_shared(&self) -> bool {
        let Self::Below { after, .. } = self else { return false };
        let parent = split_port(after).0.trim_start_matches('.');
        let of_country = parent
            .split_once('.')
            .is_some_and(|(label, country)| country.len() == 2 && SHARED_LABELS.contains(&label));
        of_country || SHARED_HOSTS.contains(&parent)
    }
}

impl TryFrom<String> for OriginPattern {
    type Error = OriginError;

    fn try_from(text: String) -> Result<Self, OriginError> {
        match text.as_str() {
            "*" => return Ok(Self::Any),
            "null" => return Err(OriginError::Null),
            _ => (),
        }
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(OriginError::UpperCase);
        }
        let (scheme, authority) = text.split_once("://").ok_or(OriginError::Malformed)?;
        if !is_scheme(scheme.as_bytes()) {
            return Err(OriginError::Malformed);
        }
        if authority.contains(['/', '?', '#']) {
            return Err(OriginError::Path);
        }
        let (host, port) = split_port(authority);
        if let Some(port) = port {
            check_port(scheme, port)?;
        }
        let Some(parent) = host.strip_prefix("*.") else {
            return if is_host(host) {
                Ok(Self::Exact(text))
            } else if host.contains('*') {
                Err(OriginError::Wildcard)
            } else {
                Err(OriginError::Malformed)
            };
        };
        // Below `https://*.org` is everybody.
        if parent.contains('*') || !is_domain(parent.as_bytes()) || !is_private(parent) {
            return Err(OriginError::Wildcard);
        }
        let before = format!("{scheme}://");
        let after = authority.trim_start_matches('*').to_owned();
        Ok(Self::Below { before, after })
    }
}

impl fmt::Display for OriginPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Exact(exact) => f.write_str(exact),
            Self::Below { before, after } => write!(f, "{before}*{after}"),
        }
    }
}

impl JsonSchema for OriginPattern {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Origin".into()
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        let pattern = r"^(\*|[a-z][a-z0-9+.-]*://(\*\.)?(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]+)?)$";
        json_schema!({ "type": "string", "pattern": pattern })
    }
}

/// RFC 3986 section 3.1. Extensions of browsers and apps have schemes of their own.
fn is_scheme(text: &[u8]) -> bool {
    text.first().is_some_and(u8::is_ascii_lowercase)
        && text.iter().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'+' | b'-' | b'.'))
}

/// The host and the port of an authority; colons within brackets are those of an address.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

fn check_port(scheme: &str, port: &str) -> Result<(), OriginError> {
    let is_canonical = !port.starts_with(['0', '+']) && port.parse::<u16>().is_ok();
    match (scheme, port) {
        _ if !is_canonical => Err(OriginError::Malformed),
        ("http", "80") | ("https", "443") => Err(OriginError::DefaultPort),
        _ => Ok(()),
    }
}

fn is_host(text: &str) -> bool {
    match text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
        // Browsers write an address in its shortest form.
        Some(address) => {
            address.parse::<Ipv6Addr>().is_ok_and(|parsed| parsed.to_string() == address)
        }
        None => is_domain(text.as_bytes()),
    }
}

/// Labels between dots, in the form that is sent: letters outside ASCII are `xn--` there.
fn is_domain(text: &[u8]) -> bool {
    text.split(|byte| *byte == b'.').all(|label| {
        !label.is_empty()
            && label.iter().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'))
    })
}

/// Whether what is below a domain can belong to one owner.
fn is_private(domain: &str) -> bool {
    domain.contains('.') || domain == "localhost"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzz;

    fn pattern(text: &str) -> OriginPattern {
        OriginPattern::try_from(text.to_owned()).unwrap()
    }

    #[test]
    fn an_exact_origin_covers_itself_only() {
        for text in [
            "https://app.example.org",
            "http://localhost:5173",
            "https://example.org:8443",
            "http://127.0.0.1:8080",
            "http://[::1]:8080",
            "http://[2001:db8::1]",
            "https://xn--bcher-kva.example",
            "capacitor://localhost",
            "chrome-extension://abcdefghijklmnop",
        ] {
            let exact = pattern(text);
            assert!(exact.covers(text.as_bytes()), "{text}");
            assert_eq!(exact.to_string(), text);
            for other in ["null", "", "https://other.example.org", &format!("{text}.evil.example")]
            {
                assert!(!exact.covers(other.as_bytes()), "{text} covers {other}");
            }
        }
    }

    #[test]
    fn a_wildcard_covers_what_is_below_a_domain() {
        let below = pattern("https://*.example.org:8443");
        for origin in ["https://a.example.org:8443", "https://a.b-1.example.org:8443"] {
            assert!(below.covers(origin.as_bytes()), "{origin}");
        }
        for origin in [
            "https://example.org:8443",
            "https://.example.org:8443",
            "https://a.example.org",
            "http://a.example.org:8443",
            "https://aexample.org:8443",
            "https://evil.example/.example.org:8443",
            "https://evil.example:1.example.org:8443",
            "https://user@a.example.org:8443",
            "https://a.example.org:8443.evil.example",
            "https://a..example.org:8443",
            "https://A.example.org:8443",
            "https://*.example.org:8443",
        ] {
            assert!(!below.covers(origin.as_bytes()), "{origin}");
        }
        assert_eq!(below.to_string(), "https://*.example.org:8443");
    }

    #[test]
    fn what_begins_and_ends_well_need_not_be_long_enough() {
        // The two parts may not overlap.
        assert!(!pattern("https://*.localhost").covers(b"https://.localhost"));
        assert!(!pattern("https://*.localhost").covers(b"https://"));
    }

    #[test]
    fn names_that_everybody_can_have_are_told_from_others() {
        for text in ["https://*.co.uk", "https://*.com.br:8443", "https://*.github.io"] {
            assert!(pattern(text).is_shared(), "{text}");
        }
        for text in [
            "https://*.example.co.uk",
            "https://*.example.org",
            "https://*.me.github.io",
            "https://*.localhost",
            "https://co.uk",
            "*",
        ] {
            assert!(!pattern(text).is_shared(), "{text}");
        }
    }

    #[test]
    fn malformed_origins_are_refused() {
        use OriginError::{DefaultPort, Malformed, Null, Path, UpperCase, Wildcard};
        for (text, expected) in [
            ("", Malformed),
            ("example.org", Malformed),
            ("https:example.org", Malformed),
            ("https://", Malformed),
            ("://example.org", Malformed),
            ("1a://example.org", Malformed),
            ("https://exa mple.org", Malformed),
            ("https://user@example.org", Malformed),
            ("https://b\u{fc}cher.example", Malformed),
            ("https://example.org:", Malformed),
            ("https://example.org:x", Malformed),
            ("https://example.org:65536", Malformed),
            ("https://example.org:080", Malformed),
            ("https://example..org", Malformed),
            ("https://example.org.", Malformed),
            ("http://[::1", Malformed),
            ("http://[0:0:0:0:0:0:0:1]", Malformed),
            ("https://a,https://b", Path),
            ("https://Example.org", UpperCase),
            ("HTTPS://example.org", UpperCase),
            ("https://example.org/", Path),
            ("https://example.org/app", Path),
            ("https://example.org?x", Path),
            ("https://example.org:443", DefaultPort),
            ("http://example.org:80", DefaultPort),
            ("null", Null),
            ("https://*", Wildcard),
            ("https://*.org", Wildcard),
            ("https://*.*.example.org", Wildcard),
            ("https://a*.example.org", Wildcard),
            ("https://a.*.example.org", Wildcard),
            ("https://*example.org", Wildcard),
            ("*.example.org", Malformed),
            ("*://example.org", Malformed),
        ] {
            assert_eq!(OriginPattern::try_from(text.to_owned()), Err(expected), "`{text}`");
        }
    }

    #[test]
    fn fuzz_origins() {
        let seeds = [
            "https://app.example.org https://app.example.org",
            "https://*.example.net:8443 https://a.b.example.net:8443",
            "* null",
            "http://[::1]:8080 http://[::1]:8080",
        ];
        fuzz::damage_text(&seeds, |text| {
            let (pattern, origin) = text.split_once(' ').unwrap_or((text, ""));
            let Ok(read) = OriginPattern::try_from(pattern.to_owned()) else { return };
            let covers = read.covers(origin.as_bytes());
            match &read {
                OriginPattern::Any => assert_eq!(pattern, "*"),
                OriginPattern::Exact(_) => assert_eq!(covers, pattern == origin),
                // Whatever stands for the star are labels: nothing in them ends a host.
                OriginPattern::Below { before, after } => {
                    assert_eq!(format!("{before}*{after}"), pattern);
                    let labels = origin.strip_prefix(before.as_str());
                    let labels = labels.and_then(|rest| rest.strip_suffix(after.as_str()));
                    let ends_host =
                        |labels: &str| labels.contains(['/', ':', '@', '?', '#', '\\', ' ']);
                    assert!(!covers || labels.is_some_and(|labels| !ends_host(labels)), "{text}");
                }
            }
        });
    }
}
