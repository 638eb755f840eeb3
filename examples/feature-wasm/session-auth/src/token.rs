//! Sessions as text: `user.expires.signature`, such as `ada.1893456000.mk2…`.
//! Deliberately pure: it is told the time.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

/// What a session says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) user: &'a str,
    /// Seconds since 1970.
    pub(crate) expires: u64,
}

/// What the session says, if `key` has signed it and it is still valid; or else why not.
pub(crate) fn check<'a>(text: &'a str, key: &[u8], now: u64) -> Result<Token<'a>, &'static str> {
    let (signed, signature) = text.rsplit_once('.').ok_or("it has no signature")?;
    let signature = BASE64_URL_SAFE_NO_PAD.decode(signature);
    let signature = signature.map_err(|_invalid| "its signature is no base64url")?;
    // Compares in constant time. Nothing of the session is believed before it.
    mac(signed, key).verify_slice(&signature).map_err(|_different| "its signature is not ours")?;
    let (user, expires) = signed.split_once('.').ok_or("it has no time")?;
    let expires = expires.parse().map_err(|_invalid| "its time is no number")?;
    if user.is_empty() {
        return Err("it has no user");
    }
    if expires <= now { Err("it has expired") } else { Ok(Token { user, expires }) }
}

fn mac(signed: &str, key: &[u8]) -> Hmac<Sha256> {
    let mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of HMAC may have any length");
    mac.chain_update(signed)
}

/// A session as the service that lets users sign in would make it.
#[cfg(test)]
pub(crate) fn sign(user: &str, expires: u64, key: &[u8]) -> String {
    let signed = format!("{user}.{expires}");
    let signature = mac(&signed, key).finalize().into_bytes();
    format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}
