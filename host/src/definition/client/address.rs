//! Which addresses a client may connect to.
//!
//! A guest that could reach every address of its host could reach what trusts its neighbours: services on loopback,
//! and the metadata service of a cloud, which hands out credentials. So those classes need permission. Private networks
//! (RFC 1918) need none: that is where services are.
//!
//! Resolves no names.

use std::fmt;
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
    /// `fc00::/7`.
    UniqueLocal,
    /// Where clouds tell a machine about itself.
    Metadata,
}

/// Of AWS (machines, tasks, pods), which Google, Azure, Oracle and others share; of Alibaba; Azure's agent.
const METADATA_V4: [Ipv4Addr; 5] = [
    Ipv4Addr::new(169, 254, 169, 254),
    Ipv4Addr::new(169, 254, 170, 2),
    Ipv4Addr::new(169, 254, 170, 23),
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(168, 63, 129, 16),
];

/// Of AWS (machines, pods) and Google.
const METADATA_V6: [Ipv6Addr; 3] = [
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254),
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23),
    Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254),
];

impl AddressClass {
    /// `None`: the address needs no permission.
    pub(crate) fn of(address: IpAddr) -> Option<Self> {
        match embedded(address) {
            IpAddr::V4(address) if METADATA_V4.contains(&address) => Some(Self::Metadata),
            IpAddr::V6(address) if METADATA_V6.contains(&address) => Some(Self::Metadata),
            address if address.is_loopback() => Some(Self::Loopback),
            IpAddr::V4(address) => address.is_link_local().then_some(Self::LinkLocal),
            IpAddr::V6(address) if address.is_unicast_link_local() => Some(Self::LinkLocal),
            IpAddr::V6(address) => address.is_unique_local().then_some(Self::UniqueLocal),
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
    match embedded(address) {
        IpAddr::V4(address) => {
            address.octets()[0] == 0 || address.is_multicast() || address.is_broadcast()
        }
        IpAddr::V6(address) => address.is_unspecified() || address.is_multicast(),
    }
}

/// The IPv4 address that an IPv6 address stands for (RFC 4291, RFC 6052), or the address itself.
fn embedded(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    match v6.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
            Ipv4Addr::new(a, b, c, d).into()
        }
        _ => address.to_canonical(),
    }
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

    #[test]
    fn addresses_have_classes() {
        for (class_of_all, addresses) in [
            ("loopback", &["127.0.0.1", "127.255.0.3", "::1", "::ffff:127.0.0.1"][..]),
            ("link_local", &["169.254.0.1", "fe80::1", "::ffff:169.254.1.1"]),
            ("unique_local", &["fc00::1", "fd12:3456::1"]),
            (
                "metadata",
                &[
                    "169.254.169.254",
                    "::ffff:169.254.169.254",
                    "64:ff9b::a9fe:a9fe",
                    "fd00:ec2::254",
                    "100.100.100.200",
                ],
            ),
            ("never", &["0.0.0.0", "0.1.2.3", "::", "224.0.0.1", "ff02::1", "255.255.255.255"]),
            ("none", &["10.0.0.1", "172.16.0.1", "192.168.1.1", "8.8.8.8", "2001:db8::1"]),
        ] {
            for address in addresses {
                assert_eq!(class(address), class_of_all, "{address}");
            }
        }
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
