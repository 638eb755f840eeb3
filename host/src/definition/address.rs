//! The addresses that a service is reached at.
//!
//! Does not know which of them the machine has.

use std::fmt;
use std::net::IpAddr;

use super::{Definition, Origin};

/// Where all kinds listen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Address {
    Of(IpAddr),
    /// `127.0.0.1` and `::1`, as far as the machine has them.
    Loopback,
}

/// Which addresses a service listens on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AddressPolicy {
    /// Those of the definition.
    #[default]
    Configured,
    /// Those of the definition; loopback only if it names none.
    ConfiguredOrLoopback,
    /// This one, whatever the definition says.
    Fixed(IpAddr),
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Of(address) => address.fmt(f),
            Self::Loopback => f.write_str("localhost"),
        }
    }
}

impl Definition {
    pub(super) fn limit(&mut self, address_policy: AddressPolicy) {
        let is_default = self
            .effective
            .iter()
            .any(|one| one.key == "host.address" && one.origin == Origin::Default);
        match address_policy {
            AddressPolicy::ConfiguredOrLoopback if is_default => {
                self.host.address = Address::Loopback;
            }
            AddressPolicy::Configured | AddressPolicy::ConfiguredOrLoopback => (),
            AddressPolicy::Fixed(address) => self.host.address = Address::Of(address),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::path::Path;

    use super::*;
    use crate::definition::LoadContext;

    #[track_caller]
    fn listens(key: &str, address_policy: AddressPolicy, expected: &str) {
        let text = format!(
            "name = 'greeter'\ntypes = ['http']\nversion = 'v1'\nlanguage = 'rust'\n\
             product = 'Matrix'\n[host]\ncomponent = 'app.wasm'\n{key}\n"
        );
        let definition =
            Definition::parse(Path::new("service.toml"), &text, &LoadContext::default());
        let mut definition = definition.unwrap();
        definition.limit(address_policy);
        assert_eq!(definition.host.address.to_string(), expected, "{key}, {address_policy:?}");
    }

    #[test]
    fn a_definition_that_names_no_address_can_be_limited() {
        let key = "address = '::'";
        let other = AddressPolicy::Fixed(Ipv4Addr::LOCALHOST.into());

        listens("", AddressPolicy::Configured, "::");
        listens("", AddressPolicy::ConfiguredOrLoopback, "localhost");
        listens(key, AddressPolicy::ConfiguredOrLoopback, "::");
        listens(key, other, "127.0.0.1");
    }
}
