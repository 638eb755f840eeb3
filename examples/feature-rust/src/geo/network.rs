//! A network: the addresses that begin with the same bits.
//!
//! Does not know countries.

use std::net::IpAddr;

use mikros_host::schemars::{self, JsonSchema};
use serde::Deserialize;

/// A network, written as `192.0.2.0/24` or `2001:db8::/32`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(crate = "schemars", with = "String")]
pub(super) struct Network {
    address: IpAddr,
    /// How many bits all its addresses share.
    pub(super) prefix: u32,
}

/// Why a text is no network. Displays as the rest of a sentence that begins with the key.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ParseNetworkError {
    #[error("must be an address and the length of a prefix, for example `192.0.2.0/24`")]
    Malformed,
    #[error("must have a prefix of at most {0} bits")]
    TooLong(u32),
    #[error("must not have bits set beyond its prefix")]
    BitsBeyond,
}

impl Network {
    /// Networks hold addresses of their own family only.
    pub(super) fn contains(self, address: IpAddr) -> bool {
        self.address.is_ipv4() == address.is_ipv4()
            && beyond(bits(self.address) ^ bits(address), 128 - self.prefix) == 0
    }
}

impl TryFrom<String> for Network {
    type Error = ParseNetworkError;

    fn try_from(text: String) -> Result<Self, ParseNetworkError> {
        let (address, prefix) = text.split_once('/').ok_or(ParseNetworkError::Malformed)?;
        let address: IpAddr = address.parse().map_err(|_not_one| ParseNetworkError::Malformed)?;
        let prefix: u32 = prefix.parse().map_err(|_not_one| ParseNetworkError::Malformed)?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        if prefix > longest {
            return Err(ParseNetworkError::TooLong(longest));
        }
        if bits(address).checked_shl(prefix).unwrap_or_default() != 0 {
            return Err(ParseNetworkError::BitsBeyond);
        }
        Ok(Self { address, prefix })
    }
}

/// The bits of an address, the first one in the highest place.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()) << 96,
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// What is left without the last `count` bits.
fn beyond(bits: u128, count: u32) -> u128 {
    bits.checked_shr(count).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> Result<Network, ParseNetworkError> {
        text.to_owned().try_into()
    }

    #[track_caller]
    fn holds(text: &str, address: &str, expected: bool) {
        let network = network(text).expect("it is a network");
        let address = address.parse().expect("it is an address");
        assert_eq!(network.contains(address), expected, "{address} in {text}");
    }

    #[test]
    fn a_network_holds_what_begins_as_it_does() {
        holds("192.0.2.0/24", "192.0.2.255", true);
        holds("192.0.2.0/24", "192.0.3.0", false);
        holds("192.0.2.7/32", "192.0.2.7", true);
        holds("192.0.2.7/32", "192.0.2.6", false);
        holds("2001:db8::/32", "2001:db8:ffff::1", true);
        holds("2001:db8::/32", "2001:db9::", false);
        holds("2001:db8::1/128", "2001:db8::1", true);
    }

    #[test]
    fn the_widest_network_holds_its_own_family() {
        holds("0.0.0.0/0", "255.255.255.255", true);
        holds("0.0.0.0/0", "::1", false);
        holds("::/0", "2001:db8::", true);
        holds("::/0", "192.0.2.1", false);
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in ["", "192.0.2.0", "192.0.2.0/", "/24", "192.0.2/24", "192.0.2.0/-1", "a/24"] {
            assert_eq!(network(text), Err(ParseNetworkError::Malformed), "{text}");
        }
        assert_eq!(network("192.0.2.0/33"), Err(ParseNetworkError::TooLong(32)));
        assert_eq!(network("::/129"), Err(ParseNetworkError::TooLong(128)));
        assert_eq!(network("192.0.2.1/24"), Err(ParseNetworkError::BitsBeyond));
        assert_eq!(network("2001:db8::1/127"), Err(ParseNetworkError::BitsBeyond));
    }
}
