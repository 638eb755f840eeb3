//! Keys that tokens are signed with, checked so that none of them can make a check of a signature fail in
//! another way than by refusing it.
//!
//! Does not know which tokens they are for beyond their algorithms and their id.

use std::io;
use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey};

use super::super::settings::{self, Secret};
use super::entry::Unusable;
use super::point;
use crate::file;

/// In bytes. Keys are far smaller.
const LARGEST_FILE: u64 = 64 * 1024;

/// Bits of an RSA modulus: RFC 7518 section 3.3, and what the library checks.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=4096;

/// A key and what it may be used for.
#[derive(Clone)]
pub(super) struct Key {
    /// The `kid` of its tokens; without one it fits all.
    pub(super) id: Option<String>,
    /// All of one family, so that a key is never used as one of another sort.
    pub(super) algorithms: Vec<Algorithm>,
    pub(super) decoding: DecodingKey,
}

/// Why a key, or a file of keys, cannot be used: the rest of a sentence that begins with the setting.
#[derive(Debug, thiserror::Error)]
pub(super) enum UseKeyError {
    #[error("cannot be read: {0}")]
    Read(io::Error),
    #[error("must have at least {least} bytes for this algorithm")]
    Short { least: usize },
    #[error("must be a secret, not a key in PEM format: write that as `public_key_file`")]
    PemAsSecret,
    #[error("must have either `secret` or `public_key_file`")]
    Neither,
    #[error("must not be used with this algorithm, which needs a `public_key_file`")]
    SecretForPublic,
    #[error("must not be used with this algorithm, which needs a `secret`")]
    PublicForSecret,
    #[error("must hold a public key in PEM format: `-----BEGIN PUBLIC KEY-----`")]
    NotPem,
    #[error("must hold a public key that fits the algorithm")]
    OtherSort,
    #[error("must hold an RSA key of 2048 to 4096 bits with an odd exponent of at most 4 bytes")]
    Rsa,
    #[error("must hold a JSON Web Key Set: {0}")]
    NotJson(serde_json::Error),
    #[error("must hold a JSON Web Key Set: an object with an array `keys`")]
    NotKeySet,
    #[error("must hold a key for signatures with an algorithm that is allowed{}", blame(.0.as_ref()))]
    NoneUsable(Option<Unusable>),
}

/// The first key that could have been one.
fn blame(unusable: Option<&Unusable>) -> String {
    unusable.map(|unusable| format!(", {unusable}")).unwrap_or_default()
}

/// Why the numbers of a key are not those of a key that can be used: a sentence of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NumberFlaw {
    #[error("its modulus `n` has {0} bits, not 2048 to 4096")]
    Bits(usize),
    #[error("its modulus `n` is even")]
    EvenModulus,
    #[error("its exponent `e` is not an odd number above 1 of at most 4 bytes")]
    Exponent,
    #[error("`x` and `y` do not have {0} bytes each")]
    Length(usize),
    #[error("`x` and `y` are no point of its curve")]
    NotOnCurve,
    #[error("`x` is no key of Ed25519")]
    NotEdwards,
}

/// # Errors
/// With the setting of the key that is to blame; an empty one for the key as a whole.
pub(super) fn from_settings(
    key: &settings::Key,
    directory: &Path,
) -> Result<Key, (&'static str, UseKeyError)> {
    let algorithm = key.algorithm.into();
    let decoding = match (&key.secret, &key.public_key_file) {
        (Some(secret), None) => of_secret(secret, algorithm).map_err(|flaw| ("secret", flaw))?,
        (None, Some(path)) => of_public_key(&directory.join(path), algorithm)
            .map_err(|flaw| ("public_key_file", flaw))?,
        _ => return Err(("", UseKeyError::Neither)),
    };
    Ok(Key { id: key.id.clone(), algorithms: vec![algorithm], decoding })
}

fn of_secret(secret: &Secret, algorithm: Algorithm) -> Result<DecodingKey, UseKeyError> {
    // RFC 7518 section 3.2: at least as long as what the hash gives.
    let least = match algorithm {
        Algorithm::HS256 => 32,
        Algorithm::HS384 => 48,
        Algorithm::HS512 => 64,
        _ => return Err(UseKeyError::SecretForPublic),
    };
    // Public keys are known to everybody: used as a secret, everybody could sign.
    if secret.0.trim_start().starts_with("-----BEGIN") {
        return Err(UseKeyError::PemAsSecret);
    }
    if secret.0.len() < least {
        return Err(UseKeyError::Short { least });
    }
    Ok(DecodingKey::from_secret(secret.0.as_bytes()))
}

fn of_public_key(path: &Path, algorithm: Algorithm) -> Result<DecodingKey, UseKeyError> {
    if algorithm.family() == AlgorithmFamily::Hmac {
        return Err(UseKeyError::PublicForSecret);
    }
    let pem = file::read(path, LARGEST_FILE).map_err(UseKeyError::Read)?;
    let start = file::without_mark(&pem).trim_ascii_start();
    // Certificates and private keys would be taken too, and not for what they are.
    let begins = ["-----BEGIN PUBLIC KEY-----", "-----BEGIN RSA PUBLIC KEY-----"];
    if !begins.iter().any(|begin| start.starts_with(begin.as_bytes())) {
        return Err(UseKeyError::NotPem);
    }
    let key = match algorithm.family() {
        AlgorithmFamily::Rsa => DecodingKey::from_rsa_pem(start),
        AlgorithmFamily::Ec => DecodingKey::from_ec_pem(start),
        _ => DecodingKey::from_ed_pem(start),
    };
    let key = key.map_err(|_malformed| UseKeyError::OtherSort)?;
    if algorithm.family() == AlgorithmFamily::Rsa {
        let (modulus, exponent) = components(&key).ok_or(UseKeyError::OtherSort)?;
        return rsa(&modulus, &exponent).map_err(|_flaw| UseKeyError::Rsa);
    }
    checked(key, algorithm).ok_or(UseKeyError::OtherSort)
}

/// Modulus and exponent of an RSA key.
fn components(key: &DecodingKey) -> Option<(Vec<u8>, Vec<u8>)> {
    let AlgorithmParameters::RSA(numbers) = Jwk::from_decoding_key(key, None).ok()?.algorithm
    else {
        return None;
    };
    let decode = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).ok();
    Some((decode(&numbers.n)?, decode(&numbers.e)?))
}

/// An RSA key; its numbers begin with their highest byte.
pub(super) fn rsa(modulus: &[u8], exponent: &[u8]) -> Result<DecodingKey, NumberFlaw> {
    let (modulus, exponent) = (without_zeros(modulus), without_zeros(exponent));
    let is_odd = |number: &[u8]| number.last().is_some_and(|byte| byte % 2 == 1);
    let unused = modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
    let bits = modulus.len() * 8 - unused;
    if !RSA_BITS.contains(&bits) {
        return Err(NumberFlaw::Bits(bits));
    }
    if !is_odd(modulus) {
        return Err(NumberFlaw::EvenModulus);
    }
    // An exponent of 1 would make everything its own signature.
    if exponent.len() > 4 || !is_odd(exponent) || exponent == [1] {
        return Err(NumberFlaw::Exponent);
    }
    Ok(DecodingKey::from_rsa_raw_components(modulus, exponent))
}

fn without_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    &number[zeros..]
}

/// A point of the curve that `algorithm` belongs to.
pub(super) fn elliptic(
    x: &[u8],
    y: &[u8],
    algorithm: Algorithm,
) -> Result<DecodingKey, NumberFlaw> {
    let length = if algorithm == Algorithm::ES256 { 32 } else { 48 };
    if x.len() != length || y.len() != length {
        return Err(NumberFlaw::Length(length));
    }
    let point = [&[4], x, y].concat();
    checked(DecodingKey::from_ec_der(&point), algorithm).ok_or(NumberFlaw::NotOnCurve)
}

/// An Ed25519 key.
pub(super) fn edwards(x: &[u8]) -> Result<DecodingKey, NumberFlaw> {
    checked(DecodingKey::from_ed_der(x), Algorithm::EdDSA).ok_or(NumberFlaw::NotEdwards)
}

/// The key, if it is a point of the curve of this algorithm.
fn checked(key: DecodingKey, algorithm: Algorithm) -> Option<DecodingKey> {
    let point = key.try_get_as_bytes().ok()?;
    let is_point = match algorithm.family() {
        AlgorithmFamily::Ec => point::is_on_nist_curve(point, algorithm),
        AlgorithmFamily::Ed => point::is_on_edwards_curve(point),
        AlgorithmFamily::Hmac | AlgorithmFamily::Rsa => false,
    };
    is_point.then_some(key)
}
