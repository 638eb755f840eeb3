//! Where a request comes from, also when proxies stand between.
//!
//! Does not know what clients are counted for.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use http::header::{FORWARDED, HeaderMap, HeaderName};
use ipnet::IpNet;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

/// An address as far as it tells one client from another: whoever has an IPv6 address has a whole /64 of
/// them (RFC 6177).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Client {
    V4(Ipv4Addr),
    /// The upper half.
    V6(u64),
}

impl From<IpAddr> for Client {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Self::V6([a, b, c, d].iter().fold(0, |half, part| half << 16 | u64::from(*part)))
            }
        }
    }
}

/// Addresses that belong together: `10.0.0.0/8`, or one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Network(IpNet);

/// Why a text is no [`Network`].
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NetworkError {
    #[error("expected a network such as `10.0.0.0/8`, or an address")]
    Malformed,
    #[error("expected an IPv4 network as such, instead of as a part of IPv6")]
    Mapped,
}

impl TryFrom<String> for Network {
    type Error = NetworkError;

    fn try_from(text: String) -> Result<Self, NetworkError> {
        let network: Option<IpNet> =
            text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(Into::into));
        match network {
            None => Err(NetworkError::Malformed),
            // Addresses are compared in their shorter form, which these never match.
            Some(network) if network.addr() != network.addr().to_canonical() => {
                Err(NetworkError::Mapped)
            }
            Some(network) => Ok(Self(network)),
        }
    }
}

impl JsonSchema for Network {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Network".into()
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9A-Fa-f.:]+(/[0-9]{1,3})?$" })
    }
}

/// Where proxies write whose request they pass on. One only: the client may have written another itself, and
/// proxies pass on what they do not know.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(inline)]
pub(super) enum ProxyHeader {
    #[default]
    #[serde(rename = "x-forwarded-for")]
    XForwardedFor,
    /// RFC 7239.
    #[serde(rename = "forwarded")]
    Forwarded,
}

/// Finds out where requests come from.
#[derive(Debug)]
pub(super) struct Clients {
    trusted: Vec<IpNet>,
    header: ProxyHeader,
}

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

impl Clients {
    pub(super) fn new(trusted: &[Network], header: ProxyHeader) -> Self {
        Self { trusted: trusted.iter().map(|network| network.0).collect(), header }
    }

    /// The client of a request that `peer` has sent. From there back it is the first address that is none of
    /// a trusted proxy; what stands before that in the header may be made up.
    pub(super) fn find(&self, peer: IpAddr, headers: &HeaderMap) -> Client {
        let peer = peer.to_canonical();
        if !self.trusts(peer) {
            return peer.into();
        }
        let mut client = peer;
        let name = match self.header {
            ProxyHeader::XForwardedFor => X_FORWARDED_FOR,
            ProxyHeader::Forwarded => FORWARDED,
        };
        for line in headers.get_all(name).iter().rev() {
            let hops = line.to_str().ok().and_then(|line| self.hops(line));
            let Some(hops) = hops else { return client.into() };
            for hop in hops.into_iter().rev() {
                // A proxy that does not tell is where the trail ends.
                let Some(hop) = address(hop) else { return client.into() };
                client = hop;
                if !self.trusts(hop) {
                    return client.into();
                }
            }
        }
        client.into()
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(&address))
    }

    /// The addresses in one line, from the client to the last proxy but one; `None` when it is
    /// malformed.
    fn hops<'a>(&self, line: &'a str) -> Option<Vec<&'a str>> {
        match self.header {
            ProxyHeader::XForwardedFor => Some(line.split(',').map(str::trim).collect()),
            ProxyHeader::Forwarded => {
                let elements = split_unquoted(line, ',')?;
                elements.into_iter().map(forwarded_for).collect()
            }
        }
    }
}

/// The value of `for` in an element of `forwarded`; empty for none. `None` when it is malformed.
fn forwarded_for(element: &str) -> Option<&str> {
    let mut found = "";
    for pair in split_unquoted(element, ';')?.into_iter().map(str::trim) {
        if pair.is_empty() {
            continue;
        }
        let (name, value) = pair.split_once('=')?;
        if name.eq_ignore_ascii_case("for") {
            if !found.is_empty() {
                return None;
            }
            let quoted = value.strip_prefix('"').map(|value| value.strip_suffix('"'));
            found = quoted.unwrap_or(Some(value))?;
        }
    }
    Some(found)
}

/// Splits at a separator that stands outside of quotation marks; `None` when these do not close.
fn split_unquoted(text: &str, separator: char) -> Option<Vec<&str>> {
    let (mut parts, mut start) = (Vec::new(), 0);
    let (mut is_quoted, mut is_escaped) = (false, false);
    for (at, character) in text.char_indices() {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            _ if character == separator && !is_quoted => {
                parts.push(&text[start..at]);
                start = at + character.len_utf8();
            }
            _ => (),
        }
    }
    parts.push(&text[start..]);
    (!is_quoted).then_some(parts)
}

/// An address, with or without a port; one of IPv6 with a port is in brackets.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().ok().or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clients(header: ProxyHeader) -> Clients {
        let networks = ["10.0.0.0/8", "192.0.2.7", "fd00::/8"];
        let networks = networks.map(|text| Network::try_from(text.to_owned()).unwrap());
        Clients::new(&networks, header)
    }

    #[track_caller]
    fn check(header: ProxyHeader, peer: &str, lines: &[&str], expected: &str) {
        let mut headers = HeaderMap::new();
        for line in lines {
            let name = match header {
                ProxyHeader::XForwardedFor => X_FORWARDED_FOR,
                ProxyHeader::Forwarded => FORWARDED,
            };
            headers.append(name, http::HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        let found = clients(header).find(peer.parse().unwrap(), &headers);
        let expected: IpAddr = expected.parse().unwrap();
        assert_eq!(found, Client::from(expected), "{lines:?}");
    }

    #[test]
    fn nobody_but_a_trusted_proxy_is_believed() {
        for peer in ["198.51.100.1", "192.0.2.8", "2001:db8::1", "11.0.0.1"] {
            check(ProxyHeader::XForwardedFor, peer, &["203.0.113.9"], peer);
            check(ProxyHeader::Forwarded, peer, &["for=203.0.113.9"], peer);
        }
    }

    #[test]
    fn the_client_is_the_last_address_that_is_no_proxy() {
        for (lines, expected) in [
            (&[][..], "10.0.0.1"),
            (&["203.0.113.9"], "203.0.113.9"),
            (&["203.0.113.9, 10.9.9.9"], "203.0.113.9"),
            (&["203.0.113.9", "10.9.9.9, 192.0.2.7"], "203.0.113.9"),
            (&["203.0.113.9:4711"], "203.0.113.9"),
            (&["2001:db8::9"], "2001:db8::9"),
            (&["[2001:db8::9]"], "2001:db8::9"),
            (&["[2001:db8::9]:4711,fd00::1"], "2001:db8::9"),
            (&["::ffff:203.0.113.9"], "203.0.113.9"),
            (&["10.1.1.1, 10.2.2.2"], "10.1.1.1"),
        ] {
            check(ProxyHeader::XForwardedFor, "10.0.0.1", lines, expected);
            check(ProxyHeader::XForwardedFor, "::ffff:10.0.0.1", lines, expected);
        }
    }

    #[test]
    fn what_a_client_makes_up_is_not_looked_at() {
        for made_up in ["1.1.1.1", "10.0.0.9", "unknown", "", "1.1.1.1, 10.0.0.9,,", "\"", "\u{e4}"]
        {
            for lines in [&[&*format!("{made_up}, 203.0.113.9")][..], &[made_up, "203.0.113.9"]] {
                // A line that is not ASCII as a whole says nothing.
                let expected = if lines[0].is_ascii() || lines.len() == 2 {
                    "203.0.113.9"
                } else {
                    "10.0.0.1"
                };
                check(ProxyHeader::XForwardedFor, "10.0.0.1", lines, expected);
            }
        }
    }

    #[test]
    fn a_proxy_that_does_not_tell_counts_itself() {
        for (lines, expected) in [
            (&["unknown"][..], "10.0.0.1"),
            (&[""], "10.0.0.1"),
            (&["203.0.113.9, unknown"], "10.0.0.1"),
            (&["203.0.113.9, unknown, 10.5.5.5"], "10.5.5.5"),
            (&["203.0.113.9, 10.5.5.5,"], "10.0.0.1"),
            (&["203.0.113.999"], "10.0.0.1"),
        ] {
            check(ProxyHeader::XForwardedFor, "10.0.0.1", lines, expected);
        }
    }

    #[test]
    fn forwarded_is_read_as_its_standard_has_it() {
        for (lines, expected) in [
            (&["for=203.0.113.9"][..], "203.0.113.9"),
            (&["For=\"[2001:db8::9]:4711\";proto=https;by=10.0.0.1"], "2001:db8::9"),
            (&["proto=http;for=203.0.113.9, for=10.5.5.5"], "203.0.113.9"),
            (&["for=1.1.1.1", "for=203.0.113.9", "for=\"10.5.5.5:80\""], "203.0.113.9"),
            (&["for=1.1.1.1;host=\"a,b;for=2.2.2.2\", for=203.0.113.9"], "203.0.113.9"),
            (&["for=_hidden, for=10.5.5.5"], "10.5.5.5"),
            (&["proto=https"], "10.0.0.1"),
            // The quotation mark that a client has left open takes the rest of the line with it.
            (&["for=\"1.1.1.1, for=203.0.113.9"], "10.0.0.1"),
            (&["for=\"1.1.1.1", "for=203.0.113.9"], "203.0.113.9"),
            (&["for=203.0.113.9;for=1.1.1.1"], "10.0.0.1"),
            (&["203.0.113.9"], "10.0.0.1"),
        ] {
            check(ProxyHeader::Forwarded, "10.0.0.1", lines, expected);
        }
    }

    #[test]
    fn an_ipv6_client_is_its_network() {
        let client = |text: &str| Client::from(text.parse::<IpAddr>().unwrap());

        assert_eq!(client("2001:db8:1:2::1"), client("2001:db8:1:2:ffff::9"));
        assert_ne!(client("2001:db8:1:2::1"), client("2001:db8:1:3::1"));
        assert_eq!(client("::ffff:203.0.113.9"), client("203.0.113.9"));
        assert_ne!(client("203.0.113.9"), client("203.0.113.10"));
    }

    #[test]
    fn networks_are_checked() {
        for text in ["", "10.0.0.0/33", "10.0.0/8", "example.org", "10.0.0.0/8 ", "::/129"] {
            assert_eq!(Network::try_from(text.to_owned()), Err(NetworkError::Malformed), "{text}");
        }
        let mapped = Network::try_from("::ffff:10.0.0.0/104".to_owned());
        assert_eq!(mapped, Err(NetworkError::Mapped));
    }
}
