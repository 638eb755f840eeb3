//! `[features.geo]`: what may be written there, and what is wrong with it.
//!
//! Does not know what the values are good for.

use mikros_host::extension::{ExtensionSettings, ValidationErrors};
use mikros_host::http::HeaderName;
use mikros_host::schemars::{self, JsonSchema};
use serde::Deserialize;

use super::network::Network;

/// Headers that are about the connection or the body, which nobody may take for something else.
const RESERVED: [&str; 8] = [
    "connection",
    "content-length",
    "content-type",
    "host",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Where callers are.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(crate = "schemars")]
pub(crate) struct Settings {
    /// Networks and the countries they are in. Of several that hold an address the smallest counts.
    pub(super) networks: Vec<Entry>,
    /// Countries whose requests are refused.
    #[serde(default)]
    pub(super) blocked: Vec<Country>,
    /// The header of a request that tells the service its country. What callers write into it is removed.
    #[serde(default = "default_header")]
    pub(super) header: String,
    /// Behind a proxy: the header to whose end it adds the caller's address, for example `x-forwarded-for`.
    /// Without one callers could write into it what they like. Default: the address of the connection.
    pub(super) address_header: Option<String>,
}

/// `[[features.geo.networks]]`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(crate = "schemars")]
pub(super) struct Entry {
    /// For example `192.0.2.0/24` or `2001:db8::/32`.
    pub(super) network: Network,
    /// For example `DE`.
    pub(super) country: Country,
}

/// A country: two capital letters of ISO 3166-1.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(crate = "schemars")]
pub(super) struct Country(String);

impl Country {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text is no country. Displays as the rest of a sentence that begins with the key.
#[derive(Debug, thiserror::Error)]
#[error("must be two capital letters, for example `DE`")]
pub(super) struct ParseCountryError;

impl TryFrom<String> for Country {
    type Error = ParseCountryError;

    fn try_from(text: String) -> Result<Self, ParseCountryError> {
        let is_country = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase());
        is_country.then_some(Self(text)).ok_or(ParseCountryError)
    }
}

fn default_header() -> String {
    "x-country".to_owned()
}

/// What the types above cannot say.
impl ExtensionSettings for Settings {
    fn check(&self, errors: &mut ValidationErrors<'_>) {
        for (index, blocked) in self.blocked.iter().enumerate() {
            if !self.networks.iter().any(|entry| entry.country == *blocked) {
                let path = format!("blocked[{index}]");
                let help = "add a network of that country to `networks`, or remove it";
                errors.note_with_help(path, "is the country of no network", help);
            }
        }
        for (index, entry) in self.networks.iter().enumerate() {
            if self.networks[..index].iter().any(|earlier| earlier.network == entry.network) {
                errors.note(format!("networks[{index}].network"), "is there twice");
            }
        }
        let of_callers = self.address_header.as_ref();
        for (key, name) in [("header", Some(&self.header)), ("address_header", of_callers)] {
            if name.is_some_and(|name| HeaderName::try_from(name.as_str()).is_err()) {
                errors.note(key, "must be the name of a header, for example `x-country`");
            }
        }
        let is_header = |name: &str| name.eq_ignore_ascii_case(&self.header);
        if RESERVED.into_iter().any(is_header) {
            errors.note("header", "must not be a header that HTTP itself needs");
        }
        if of_callers.is_some_and(|name| is_header(name)) {
            errors.note("address_header", "must not be the same as `header`");
        }
    }
}
