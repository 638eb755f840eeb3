//! Sets of keys: as files (RFC 7517), and as what tokens are checked with now.
//!
//! Does not know when files change.

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey};
use serde_json::Value;

use super::key::{self, Key, UseKeyError};
use super::remembered::Remembered;
use crate::file;

/// In bytes. A set for a few hundred keys.
const LARGEST_FILE: u64 = 256 * 1024;

/// How many keys of a source may be without an id. They are tried one after the other.
pub(super) const MOST_WITHOUT_ID: usize = 4;

/// How many keys a token is tried with: who sends forged tokens should not keep the host busy.
const MOST_TRIED: usize = 2 * MOST_WITHOUT_ID;

/// The keys of a moment, with the tokens that were found good with them.
pub(super) struct KeySet {
    keys: Vec<Key>,
    pub(super) remembered: Remembered,
}

impl KeySet {
    pub(super) fn new(keys: Vec<Key>) -> Self {
        Self { keys, remembered: Remembered::default() }
    }

    /// Whether there is a key for this algorithm.
    pub(super) fn knows(&self, algorithm: Algorithm) -> bool {
        self.keys.iter().any(|key| key.algorithms.contains(&algorithm))
    }

    /// The keys that a token with this header may be signed with, those with its id first. None for a token
    /// without an id that too many would fit.
    pub(super) fn fitting(&self, algorithm: Algorithm, id: Option<&str>) -> Vec<&DecodingKey> {
        let able = self.keys.iter().filter(|key| key.algorithms.contains(&algorithm));
        let Some(id) = id else {
            let all: Vec<_> = able.map(|key| &key.decoding).collect();
            return if all.len() > MOST_TRIED { Vec::new() } else { all };
        };
        let named = able.clone().filter(|key| key.id.as_deref() == Some(id));
        let nameless = able.filter(|key| key.id.is_none());
        named.chain(nameless).take(MOST_TRIED).map(|key| &key.decoding).collect()
    }
}

/// The keys of now.
pub(super) struct KeyRing(RwLock<Arc<KeySet>>);

impl KeyRing {
    pub(super) fn new(keys: KeySet) -> Self {
        Self(RwLock::new(Arc::new(keys)))
    }

    pub(super) fn current(&self) -> Arc<KeySet> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn replace(&self, keys: KeySet) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
    }
}

pub(super) fn read(path: &Path) -> Result<Vec<u8>, UseKeyError> {
    file::read(path, LARGEST_FILE).map_err(UseKeyError::Read)
}

/// The keys of a JSON Web Key Set that are for signatures with an algorithm that is `allowed`. Others may be
/// in it, of whatever sort.
pub(super) fn parse(text: &[u8], allowed: Option<&[Algorithm]>) -> Result<Vec<Key>, UseKeyError> {
    let set: Value = serde_json::from_slice(text).map_err(UseKeyError::NotJson)?;
    let entries = set.get("keys").and_then(Value::as_array).ok_or(UseKeyError::NotKeySet)?;
    let mut keys = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let Some(mut key) = entry_of(entry, index + 1)? else { continue };
        key.algorithms.retain(|algorithm| allowed.is_none_or(|all| all.contains(algorithm)));
        if !key.algorithms.is_empty() {
            keys.push(key);
        }
    }
    if keys.is_empty() {
        return Err(UseKeyError::NoneUsable);
    }
    if keys.iter().filter(|key| key.id.is_none()).count() > MOST_WITHOUT_ID {
        return Err(UseKeyError::ManyWithoutId(MOST_WITHOUT_ID));
    }
    Ok(keys)
}

/// `None` for a key of a sort or a use that is none of ours.
fn entry_of(entry: &Value, number: usize) -> Result<Option<Key>, UseKeyError> {
    let malformed = || UseKeyError::Malformed(number);
    let text = |name: &str| entry.get(name).and_then(Value::as_str);
    let sort = text("kty").ok_or_else(malformed)?;
    if sort == "oct" {
        return Err(UseKeyError::Symmetric(number));
    }
    let Some(mut algorithms) = algorithms(sort, text("crv")) else { return Ok(None) };
    if !is_for_signatures(entry) {
        return Ok(None);
    }
    if let Some(only) = entry.get("alg") {
        let only = only.as_str().ok_or_else(malformed)?;
        // The name of an algorithm that we do not have.
        let Ok(only) = only.parse() else { return Ok(None) };
        algorithms.retain(|algorithm| *algorithm == only);
    }
    let Some(algorithm) = algorithms.first().copied() else { return Err(malformed()) };
    let bytes = |name: &str| {
        text(name).and_then(|text| BASE64_URL_SAFE_NO_PAD.decode(text).ok()).ok_or_else(malformed)
    };
    let decoding = match algorithm.family() {
        AlgorithmFamily::Rsa => {
            key::rsa(&bytes("n")?, &bytes("e")?).ok_or(UseKeyError::RsaInSet(number))?
        }
        AlgorithmFamily::Ec => {
            key::elliptic(&bytes("x")?, &bytes("y")?, algorithm).ok_or_else(malformed)?
        }
        _ => key::edwards(&bytes("x")?).ok_or_else(malformed)?,
    };
    let id = match entry.get("kid") {
        None => None,
        Some(id) => Some(id.as_str().ok_or_else(malformed)?.to_owned()),
    };
    Ok(Some(Key { id, algorithms, decoding }))
}

/// What a key of this sort can be used for; `None` for a sort that we do not have.
fn algorithms(sort: &str, curve: Option<&str>) -> Option<Vec<Algorithm>> {
    match (sort, curve) {
        ("RSA", _) => Some(AlgorithmFamily::Rsa.algorithms().to_vec()),
        ("EC", Some("P-256")) => Some(vec![Algorithm::ES256]),
        ("EC", Some("P-384")) => Some(vec![Algorithm::ES384]),
        ("OKP", Some("Ed25519")) => Some(vec![Algorithm::EdDSA]),
        _ => None,
    }
}

fn is_for_signatures(entry: &Value) -> bool {
    let use_fits = entry.get("use").is_none_or(|purpose| purpose == "sig");
    let operations = entry.get("key_ops").and_then(Value::as_array);
    use_fits && operations.is_none_or(|all| all.iter().any(|operation| operation == "verify"))
}
