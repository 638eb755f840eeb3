//! Which addresses a client may connect to.
//!
//! A guest that could reach every address of its host could reach what trusts its neighbours: services on loopback,
//! and the metadata service of a cloud, which hands out credentials. So those classes need permission. Private networks
//! (RFC 1918) need none: that is where services are.
//!
//! Resolves no names.

use std::fmt;
use std::iter;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use schemars::JsonSchema;

use super::{Client, Egress};

/// Addresses that need permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AddressClass {
    /// `127.0.0.0/8`, `::1`.
    Loopback,
    /// `169.254.0.0/16`, `fe80::/10`.
    LinkLocal,
    /// `fc00::/7`, and `fec0::/10`, which it has replaced.
    UniqueLocal,
    /// Where clouds tell a machine about itself.
    Metadata,
}

/// Of AWS (machines, tasks, pods), which Google, Azure, Oracle and others share; of Alibaba; Azure's agent; Scaleway.
const METADATA_V4: [Ipv4Addr; 6] = [
    Ipv4Addr::new(169, 254, 169, 254),
    Ipv4Addr::new(169, 254, 170, 2),
    Ipv4Addr::new(169, 254, 170, 23),
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(168, 63, 129, 16),
    Ipv4Addr::new(169, 254, 42, 42),
];

/// Of AWS (machines, pods), Google and Scaleway.
const METADATA_V6: [Ipv6Addr; 4] = [
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254),
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23),
    Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254),
    Ipv6Addr::new(0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42),
];

impl AddressClass {
    /// `None`: the address needs no permission.
    pub(crate) fn of(address: IpAddr) -> Option<Self> {
        let embedded = embedded(address).into_iter().flatten();
        iter::once(address).chain(embedded.map(IpAddr::V4)).find_map(Self::of_itself)
    }

    fn of_itself(address: IpAddr) -> Option<Self> {
        match address {
            IpAddr::V4(address) if METADATA_V4.contains(&address) => Some(Self::Metadata),
            IpAddr::V6(address) if METADATA_V6.contains(&address) => Some(Self::Metadata),
            address if address.is_loopback() => Some(Self::Loopback),
            IpAddr::V4(address) => address.is_link_local().then_some(Self::LinkLocal),
            IpAddr::V6(address) if address.is_unicast_link_local() => Some(Self::LinkLocal),
            IpAddr::V6(address) => {
                let is_site_local = address.segments()[0] & 0xffc0 == 0xfec0;
                (address.is_unique_local() || is_site_local).then_some(Self::UniqueLocal)
            }
        }
    }
}

/// What a client may do with an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AddressPermission {
    Granted,
    /// It needs `allow`. The host uses it only when it audits.
    Missing(AddressClass),
    /// It is not the address of a service.
    Never,
}

impl Client {
    pub(crate) fn permission(&self, address: IpAddr) -> AddressPermission {
        match AddressClass::of(address) {
            _ if is_never_allowed(address) => AddressPermission::Never,
            Some(class) if !self.allow.contains(&class) => AddressPermission::Missing(class),
            _ => AddressPermission::Granted,
        }
    }

    /// Whether the host connects to the address: with permission, or because it audits.
    pub(crate) fn uses(&self, address: IpAddr) -> bool {
        match self.permission(address) {
            AddressPermission::Granted => true,
            AddressPermission::Missing(_) => self.egress == Egress::Audit,
            AddressPermission::Never => false,
        }
    }
}

/// As written in `service.toml`.
impl fmt::Display for AddressClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Loopback => "loopback",
            Self::LinkLocal => "link_local",
            Self::UniqueLocal => "unique_local",
            Self::Metadata => "metadata",
        })
    }
}

/// Whether no service has this address: it means all addresses of a machine, or several machines.
pub(crate) fn is_never_allowed(address: IpAddr) -> bool {
    let is_group = |address: Ipv4Addr| {
        address.octets()[0] == 0 || address.is_multicast() || address.is_broadcast()
    };
    match address {
        IpAddr::V4(address) => is_group(address),
        // The unspecified address and that of loopback are not those of IPv4 that they would embed.
        IpAddr::V6(address) if address.is_unspecified() || address.is_multicast() => true,
        IpAddr::V6(_) => embedded(address)[0].is_some_and(is_group),
    }
}

/// The IPv4 addresses that packets to an IPv6 address may reach. The first one, if there is one, is where they surely
/// go.
fn embedded(address: IpAddr) -> [Option<Ipv4Addr>; 5] {
    let IpAddr::V6(address) = address else { return [None; 5] };
    let of = |high: u16, low: u16| Some(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)));
    let mut found = [None; 5];
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => (),
        // RFC 4291: compatible and mapped; RFC 2765: translated; RFC 6052: NAT64; RFC 3056: 6to4.
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => found[0] = of(high, low),
        // RFC 4380: Teredo. The address of the client, inverted, and that of its server.
        [0x2001, 0, server_high, server_low, _, _, high, low] => {
            found[0] = of(!high, !low);
            found[1] = of(server_high, server_low);
        }
        // RFC 8215: NAT64 of one network, which chooses how long its prefix is. RFC 6052 says where the address is then;
        // it leaves out octet 8.
        [0x64, 0xff9b, 1, ..] => {
            let octets = address.octets();
            for (found, prefix) in found[1..].iter_mut().zip([12, 8, 7, 6]) {
                let places = (prefix..16).filter(|&place| place != 8).take(4);
                let address = places.fold(0, |bits, place| bits << 8 | u32::from(octets[place]));
                *found = Some(address.into());
            }
        }
        _ => (),
    }
    found
}

/// Whether the host is this machine by its name (RFC 6761).
pub(super) fn is_localhost(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    host == "localhost" || host.ends_with(".localhost")
}

/// What the host itself permits, and what the file does.
pub(super) fn allowed(host: &str, declared: &[AddressClass]) -> Vec<AddressClass> {
    let own = match host.parse() {
        Ok(address) => AddressClass::of(address),
        Err(_) => is_localhost(host).then_some(AddressClass::Loopback),
    };
    let mut allowed = Vec::new();
    for class in declared.iter().copied().chain(own) {
        if !allowed.contains(&class) {
            allowed.push(class);
        }
    }
    allowed
}

/// Whether a text is a host name: labels between dots, the last of which is no number, because such a name would be an
/// IPv4 address to some. `_` is no letter of host names, but names of containers have it.
pub(super) fn is_host_name(text: &str) -> bool {
    const LONGEST: usize = 253;
    let name = text.strip_suffix('.').unwrap_or(text);
    let may_occur = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(may_occur)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last = name.rsplit('.').next().unwrap_or_default();
    let is_number = last.bytes().all(|byte| byte.is_ascii_digit())
        || last.strip_prefix("0x").is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_hexdigit()));
    name.len() <= LONGEST && name.split('.').all(is_label) && !is_number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn class(address: &str) -> String {
        let address = address.parse().expect("it is an address");
        if is_never_allowed(address) {
            return "never".to_owned();
        }
        AddressClass::of(address).map_or_else(|| "none".to_owned(), |class| class.to_string())
    }

    #[track_caller]
    fn are(class_of_all: &str, addresses: &[&str]) {
        for address in addresses {
            assert_eq!(class(address), class_of_all, "{address}");
        }
    }

    #[test]
    fn addresses_have_classes() {
        are("loopback", &["127.0.0.1", "127.255.0.3", "::1"]);
        are("link_local", &["169.254.0.1", "fe80::1"]);
        are("unique_local", &["fc00::1", "fd12:3456::1", "fec0::1", "feff::1"]);
        are("metadata", &["169.254.169.254", "fd00:ec2::254", "100.100.100.200"]);
        are("metadata", &["169.254.42.42", "fd00:42::42"]);
        are("never", &["0.0.0.0", "0.1.2.3", "::", "224.0.0.1", "ff02::1", "255.255.255.255"]);
        are("none", &["10.0.0.1", "172.16.0.1", "192.168.1.1", "8.8.8.8", "2001:db8::1"]);
    }

    #[test]
    fn an_address_that_embeds_another_has_its_class() {
        are("loopback", &["::ffff:127.0.0.1", "::127.0.0.1", "::ffff:0:127.0.0.1"]);
        are("loopback", &["2002:7f00:1::1", "64:ff9b::127.0.0.1"]);
        // With a prefix of 96, 64, 56, and 48 bits.
        are("loopback", &["64:ff9b:1::127.0.0.1", "64:ff9b:1::7f:0:100:0"]);
        are("loopback", &["64:ff9b:1:7f:0:1::", "64:ff9b:1:7f00:0:100::"]);
        // Teredo: a client, and a server.
        are("loopback", &["2001:0:808:808::80ff:fffe", "2001:0:7f00:1::f7f7:f7f7"]);
        are("link_local", &["::ffff:169.254.1.1", "2002:a9fe:101::1"]);
        are("metadata", &["::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe"]);
        are("metadata", &["64:ff9b:1::a9fe:a9fe", "2002:a9fe:a9fe::"]);
        are("never", &["::ffff:0.0.0.0", "2002:e000:1::1", "64:ff9b::0.0.0.0"]);
        are("none", &["2002:808:808::1", "64:ff9b::8.8.8.8", "64:ff9b:1::8.8.8.8"]);
        are("none", &["2001:0:808:808::f7f7:f7f7"]);
    }

    #[test]
    fn host_names_are_no_addresses_in_disguise() {
        for name in ["orders", "orders.internal", "orders.internal.", "user_service", "1.a", "0xg"]
        {
            assert!(is_host_name(name), "{name}");
        }
        let long = format!("{}.internal", "a".repeat(64));
        for text in
            ["", ".", "a..b", "-a", "a-", "a b", "a:1", "http://a", "127.1", "a.1", "0x7f", &long]
        {
            assert!(!is_host_name(text), "{text}");
        }
    }

    #[test]
    fn a_host_is_permission_for_its_own_class() {
        use AddressClass::{LinkLocal, Loopback, Metadata};

        assert_eq!(allowed("localhost", &[]), [Loopback]);
        assert_eq!(allowed("orders.LOCALHOST.", &[]), [Loopback]);
        assert_eq!(allowed("::1", &[Loopback]), [Loopback]);
        assert_eq!(allowed("169.254.169.254", &[LinkLocal]), [LinkLocal, Metadata]);
        assert_eq!(allowed("10.0.0.1", &[]), []);
        assert_eq!(allowed("orders", &[]), []);
    }
}
