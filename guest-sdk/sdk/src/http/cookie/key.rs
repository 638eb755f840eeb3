//! The key of signed and private cookies, from a variable or the settings.
//! Deliberately never shown: neither in messages nor by `Debug`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use cookie::Key;
use serde::de::{Deserialize, Deserializer, Error as _};

use crate::env::FromVariable;

/// Fewest bytes of a secret: 256 bits.
const FEWEST: usize = 32;
const EXPECTED: &str =
    "a secret of at least 32 bytes, for example what `openssl rand -base64 48` prints";

/// A key for cookies. Its text is the secret: any text of at least 32 bytes.
///
/// It comes from an [environment variable](crate::env) or the settings, where `"COOKIE_SECRET@env"` keeps it out of the
/// file. Whoever has it can make and read such cookies; with another one, all that were sent before count for nothing.
///
/// ```
/// use mikros_sdk::http::cookie::{HasSecretKey, SecretKey};
///
/// #[derive(serde::Deserialize)]
/// struct Settings {
///     cookie_secret: SecretKey,
/// }
///
/// struct Shop {
///     settings: Settings,
/// }
///
/// impl HasSecretKey for Shop {
///     fn secret_key(&self) -> &SecretKey {
///         &self.settings.cookie_secret
///     }
/// }
/// ```
#[derive(Clone)]
pub struct SecretKey(pub(super) Key);

/// A service that has a key for cookies.
pub trait HasSecretKey {
    /// The key.
    fn secret_key(&self) -> &SecretKey;
}

impl FromStr for SecretKey {
    type Err = SecretTooShort;

    fn from_str(secret: &str) -> Result<Self, SecretTooShort> {
        if secret.len() < FEWEST {
            return Err(SecretTooShort);
        }
        Ok(Self(Key::derive_from(secret.as_bytes())))
    }
}

/// The secret of a [`SecretKey`] has less than 32 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecretTooShort;

impl fmt::Display for SecretTooShort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "must be {EXPECTED}")
    }
}

impl std::error::Error for SecretTooShort {}

impl<'de> Deserialize<'de> for SecretKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[diagnostic::do_not_recommend]
impl FromVariable for SecretKey {
    fn expected() -> Cow<'static, str> {
        EXPECTED.into()
    }

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(..)")
    }
}
