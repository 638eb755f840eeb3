//! Which of the addresses that a name has may be connected to.

use std::fmt;
use std::net::IpAddr;

use super::settings::{self, AddressClass, AddressPermission};

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

/// The addresses of a name, as the rules see them.
#[derive(Debug)]
pub(super) struct Judged {
    /// Those that may be used.
    pub(super) allowed: Vec<IpAddr>,
    /// The first of those that may not, or that are used only because the host audits.
    pub(super) refused: Option<NotAllowed>,
}

/// Which of them may be used.
pub(super) fn judge(addresses: Vec<IpAddr>, settings: &settings::Client) -> Judged {
    let mut refused = None;
    let mut allowed = addresses;
    allowed.retain(|&address| {
        let class = match settings.permission(address) {
            AddressPermission::Granted => return true,
            AddressPermission::Missing(class) => Some(class),
            AddressPermission::Never => None,
        };
        refused.get_or_insert(NotAllowed { client: settings.name.clone(), address, class });
        settings.uses(address)
    });
    Judged { allowed, refused }
}
