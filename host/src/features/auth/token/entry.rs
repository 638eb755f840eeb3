//! One key of a JSON Web Key Set (RFC 7517): what it is good for, or why it is good for nothing.
//!
//! Does not know what else is in the set.

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, AlgorithmFamily};
use serde_json::Value;

use super::key::{self, Key, NumberFlaw};

/// Longest part of a `kid` that is shown, in characters.
const SHOWN: usize = 64;

/// A key that its set has to do without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unusable {
    /// Its place in the set, from 1 on.
    pub(super) number: usize,
    /// Its `kid`, fit to be shown.
    pub(super) id: Option<String>,
    pub(super) why: EntryFlaw,
}

impl Unusable {
    pub(super) fn new(entry: &Value, number: usize, why: EntryFlaw) -> Self {
        let shown = |id: &str| id.escape_debug().take(SHOWN).collect();
        Self { number, id: entry.get("kid").and_then(Value::as_str).map(shown), why }
    }
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "number {}", self.number)?;
        if let Some(id) = &self.id {
            write!(f, " (`kid` `{id}`)")?;
        }
        write!(f, ": {}", self.why)
    }
}

/// Why a key cannot be used: a sentence of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum EntryFlaw {
    #[error("it is no object")]
    NoObject,
    #[error("`{0}` is missing")]
    Missing(&'static str),
    #[error("`{0}` is not a string")]
    NoText(&'static str),
    #[error("`{0}` ends in `=`: base64url has no padding here")]
    Padded(&'static str),
    #[error("`{0}` is not base64url")]
    NotBase64(&'static str),
    #[error("it is a secret: list it under `keys`, not in a file of public keys")]
    Secret,
    #[error("`alg` is an algorithm for another sort of key")]
    OtherAlgorithm,
    #[error("{0}")]
    Numbers(NumberFlaw),
    #[error("it has no `kid`, and {0} keys before it have none either")]
    ManyWithoutId(usize),
}

/// `None` for a key of a sort or a use that is none of ours.
///
/// # Errors
/// What is wrong with one that is meant for us.
pub(super) fn read(entry: &Value) -> Result<Option<Key>, EntryFlaw> {
    if !entry.is_object() {
        return Err(EntryFlaw::NoObject);
    }
    let sort = text(entry, "kty")?;
    if sort == "oct" {
        return Err(EntryFlaw::Secret);
    }
    let curve = entry.get("crv").and_then(Value::as_str);
    let Some(mut algorithms) = algorithms(sort, curve) else { return Ok(None) };
    if !is_for_signatures(entry) {
        return Ok(None);
    }
    if entry.get("alg").is_some() {
        // The name of an algorithm that we do not have.
        let Ok(only) = text(entry, "alg")?.parse() else { return Ok(None) };
        algorithms.retain(|algorithm| *algorithm == only);
    }
    let Some(algorithm) = algorithms.first().copied() else {
        return Err(EntryFlaw::OtherAlgorithm);
    };
    let decoding = match algorithm.family() {
        AlgorithmFamily::Rsa => key::rsa(&bytes(entry, "n")?, &bytes(entry, "e")?),
        AlgorithmFamily::Ec => key::elliptic(&bytes(entry, "x")?, &bytes(entry, "y")?, algorithm),
        _ => key::edwards(&bytes(entry, "x")?),
    };
    let decoding = decoding.map_err(EntryFlaw::Numbers)?;
    let id = entry.get("kid").map(|_| text(entry, "kid")).transpose()?;
    Ok(Some(Key { id: id.map(str::to_owned), algorithms, decoding }))
}

fn text<'e>(entry: &'e Value, name: &'static str) -> Result<&'e str, EntryFlaw> {
    let value = entry.get(name).ok_or(EntryFlaw::Missing(name))?;
    value.as_str().ok_or(EntryFlaw::NoText(name))
}

fn bytes(entry: &Value, name: &'static str) -> Result<Vec<u8>, EntryFlaw> {
    let text = text(entry, name)?;
    BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_malformed| {
        let padded = text.trim_end_matches('=');
        let is_padded = padded.len() < text.len() && BASE64_URL_SAFE_NO_PAD.decode(padded).is_ok();
        if is_padded { EntryFlaw::Padded(name) } else { EntryFlaw::NotBase64(name) }
    })
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
