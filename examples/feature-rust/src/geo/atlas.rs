//! Which country an address is in, and which address a caller has.
//!
//! Does not know what becomes of the caller.

use std::net::IpAddr;

use mikros_host::extension::{Attributes, ExtensionError, Request};
use mikros_host::http::{HeaderMap, HeaderName, HeaderValue};

use super::network::Network;
use super::settings::{Country, Settings};

/// The settings, ready for use.
#[derive(Debug)]
pub(super) struct Atlas {
    /// The smallest networks first, so that the first one that fits is the one that counts.
    networks: Vec<(Network, Place)>,
    header: HeaderName,
    address_header: Option<HeaderName>,
}

/// What is known of an address.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) country: Country,
    /// The country as a header.
    pub(super) value: HeaderValue,
    pub(super) is_blocked: bool,
}

impl Atlas {
    /// # Errors
    /// When a header's name is none, which the check of the settings has ruled out.
    pub(super) fn new(settings: &Settings) -> Result<Self, ExtensionError> {
        let mut networks = Vec::new();
        for entry in &settings.networks {
            let country = entry.country.clone();
            let value = HeaderValue::from_str(country.as_str())
                .map_err(|error| unusable("networks", error))?;
            let is_blocked = settings.blocked.contains(&country);
            networks.push((entry.network, Place { country, value, is_blocked }));
        }
        networks.sort_by_key(|(network, _)| std::cmp::Reverse(network.prefix));
        let address_header = settings.address_header.as_deref();
        let address_header =
            address_header.map(|name| header("address_header", name)).transpose()?;
        Ok(Self { networks, header: header("header", &settings.header)?, address_header })
    }

    pub(super) fn header(&self) -> &HeaderName {
        &self.header
    }

    /// Where an address is. Looks through the table, which is fine for hundreds of networks.
    pub(super) fn place(&self, address: IpAddr) -> Option<&Place> {
        // A socket for both families tells IPv4 addresses as those of IPv6.
        let address = address.to_canonical();
        let found = self.networks.iter().find(|(network, _)| network.contains(address));
        found.map(|(_, place)| place)
    }

    /// The address of whoever sent the request.
    pub(super) fn caller(&self, request: &Request<'_>) -> IpAddr {
        let told = self.address_header.as_ref().and_then(|name| last(request.headers(), name));
        told.unwrap_or(request.peer().ip())
    }

    pub(super) fn describe(&self) -> Attributes {
        Attributes::from_iter([
            ("geo.networks".to_owned(), self.networks.len().into()),
            ("geo.header".to_owned(), self.header.as_str().into()),
        ])
    }
}

/// The address at the end of a header: what stands before it was there before the proxy added its own.
fn last(headers: &HeaderMap, name: &HeaderName) -> Option<IpAddr> {
    let line = headers.get_all(name).iter().next_back()?.to_str().ok()?;
    line.rsplit(',').next()?.trim().parse().ok()
}

fn header(key: &str, name: &str) -> Result<HeaderName, ExtensionError> {
    HeaderName::try_from(name).map_err(|error| unusable(key, error))
}

fn unusable(
    key: &str,
    error: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> ExtensionError {
    ExtensionError::new(format!("`{key}` cannot be used")).at(key).caused_by(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An atlas of these networks, of which `XX` is blocked.
    fn atlas(networks: &[(&str, &str)]) -> Atlas {
        let mut all = Vec::new();
        for (network, country) in networks {
            let network = Network::try_from((*network).to_owned()).expect("it is a network");
            let country = Country::try_from((*country).to_owned()).expect("it is a country");
            all.push(super::super::settings::Entry { network, country });
        }
        let blocked = vec![Country::try_from("XX".to_owned()).expect("it is a country")];
        let header = "x-country".to_owned();
        let address_header = Some("x-forwarded-for".to_owned());
        let settings = Settings { networks: all, blocked, header, address_header };
        Atlas::new(&settings).expect("the settings are right")
    }

    #[track_caller]
    fn is_in(atlas: &Atlas, address: &str, expected: Option<&str>) {
        let place = atlas.place(address.parse().expect("it is an address"));
        assert_eq!(place.map(|place| place.country.as_str()), expected, "{address}");
    }

    #[test]
    fn the_smallest_network_counts() {
        let atlas = atlas(&[("10.0.0.0/8", "DE"), ("10.1.0.0/16", "XX"), ("0.0.0.0/1", "FR")]);

        is_in(&atlas, "10.2.0.1", Some("DE"));
        is_in(&atlas, "10.1.0.1", Some("XX"));
        is_in(&atlas, "11.0.0.1", Some("FR"));
        is_in(&atlas, "::ffff:10.1.0.1", Some("XX"));
        is_in(&atlas, "192.0.2.1", None);
    }

    #[test]
    fn only_the_last_address_of_a_header_is_from_the_proxy() {
        let name = HeaderName::from_static("x-forwarded-for");
        let mut headers = HeaderMap::new();
        assert_eq!(last(&headers, &name), None);

        headers.append(&name, HeaderValue::from_static("10.0.0.1, 10.0.0.2"));
        headers.append(&name, HeaderValue::from_static("10.0.0.3,10.0.0.4 "));
        assert_eq!(last(&headers, &name), Some("10.0.0.4".parse().expect("it is an address")));

        headers.append(&name, HeaderValue::from_static("unknown"));
        assert_eq!(last(&headers, &name), None);
    }
}
