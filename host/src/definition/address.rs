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

/// Who is to reach a service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reach {
    /// Whoever the definition lets in.
    #[default]
    Defined,
    /// The same, and this machine alone when the definition says nothing of it.
    DefinedOrLocal,
    /// Whoever reaches this address.
    At(IpAddr),
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
    pub(super) fn limit(&mut self, reach: Reach) {
        let is_default = self
            .effective
            .iter()
            .any(|one| one.key == "host.address" && one.origin == Origin::Default);
        match reach {
            Reach::DefinedOrLocal if is_default => self.host.address = Address::Loopback,
            Reach::Defined | Reach::DefinedOrLocal => (),
            Reach::At(address) => self.host.address = Address::Of(address),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::path::Path;

    use super::*;
    use crate::definition::Premises;

    #[track_caller]
    fn listens(key: &str, reach: Reach, expected: &str) {
        let text = format!(
            "name = 'greeter'\ntypes = ['http']\nversion = 'v1'\nlanguage = 'rust'\n\
             product = 'Matrix'\n[host]\ncomponent = 'app.wasm'\n{key}\n"
        );
        let definition = Definition::parse(Path::new("service.toml"), &text, &Premises::default());
        let mut definition = definition.unwrap();
        definition.limit(reach);
        assert_eq!(definition.host.address.to_string(), expected, "{key}, {reach:?}");
    }

    #[test]
    fn a_definition_that_names_no_address_can_be_limited() {
        let key = "address = '::'";
        let other = Reach::At(Ipv4Addr::LOCALHOST.into());

        listens("", Reach::Defined, "::");
        listens("", Reach::DefinedOrLocal, "localhost");
        listens(key, Reach::DefinedOrLocal, "::");
        listens(key, other, "127.0.0.1");
    }
}
