//! Which of the addresses that a name has may be connected to.

use std::fmt;
use std::net::IpAddr;

use super::settings::{self, AddressClass, is_never_allowed};

/// None of the addresses may be connected to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NotAllowed {
    client: String,
    address: IpAddr,
    /// `None`: no service has such an address.
    class: Option<AddressClass>,
}

impl std::error::Error for NotAllowed {}

impl fmt::Display for NotAllowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { client, address, class } = self;
        match class {
            None => write!(f, "{address} is not the address of a service"),
            Some(class) => write!(
                f,
                "{address} is a {class} address; if this is intended, add `allow = [\"{class}\"]` to \
                 `[clients.{client}]`"
            ),
        }
    }
}

/// Those that may be used, or why none may be.
pub(super) fn allowed(
    addresses: Vec<IpAddr>,
    settings: &settings::Client,
) -> Result<Vec<IpAddr>, NotAllowed> {
    let mut refused = None;
    let mut allowed = addresses;
    allowed.retain(|&address| {
        let class = AddressClass::of(address);
        let is_allowed =
            !is_never_allowed(address) && class.is_none_or(|class| settings.allow.contains(&class));
        if !is_allowed {
            let class = class.filter(|_| !is_never_allowed(address));
            refused.get_or_insert(NotAllowed { client: settings.name.clone(), address, class });
        }
        is_allowed
    });
    match refused {
        Some(refused) if allowed.is_empty() => Err(refused),
        _ => Ok(allowed),
    }
}
