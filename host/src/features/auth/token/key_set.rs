//! Sets of keys: as files (RFC 7517), and as what tokens are checked with now.
//!
//! Does not know when files change.

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::Value;

use super::entry::{self, EntryFlaw, Unusable};
use super::key::{Key, UseKeyError};
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

    /// Whether there is a key of this id.
    pub(super) fn has(&self, id: &str) -> bool {
        self.keys.iter().any(|key| key.id.as_deref() == Some(id))
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

/// What a file holds.
pub(super) struct Found {
    /// At least one.
    pub(super) keys: Vec<Key>,
    /// Keys that are meant for signatures and cannot be used.
    pub(super) unusable: Vec<Unusable>,
}

/// The keys of a JSON Web Key Set that are for signatures with an algorithm that is `allowed`. Others may be
/// in it, of whatever sort, and those that are broken cost nothing but themselves: who issues tokens adds and
/// removes keys while others are in use.
pub(super) fn parse(text: &[u8], allowed: Option<&[Algorithm]>) -> Result<Found, UseKeyError> {
    let set: Value =
        serde_json::from_slice(file::without_mark(text)).map_err(UseKeyError::NotJson)?;
    let entries = set.get("keys").and_then(Value::as_array).ok_or(UseKeyError::NotKeySet)?;
    let (mut keys, mut unusable) = (Vec::new(), Vec::new());
    let mut without_id = 0;
    for (index, entry) in entries.iter().enumerate() {
        let read = entry::read(entry).and_then(|key| {
            let Some(mut key) = key else { return Ok(None) };
            key.algorithms.retain(|algorithm| allowed.is_none_or(|all| all.contains(algorithm)));
            if key.algorithms.is_empty() {
                return Ok(None);
            }
            without_id += usize::from(key.id.is_none());
            let is_one_too_many = key.id.is_none() && without_id > MOST_WITHOUT_ID;
            if is_one_too_many {
                Err(EntryFlaw::ManyWithoutId(MOST_WITHOUT_ID))
            } else {
                Ok(Some(key))
            }
        });
        match read {
            Ok(key) => keys.extend(key),
            Err(why) => unusable.push(Unusable::new(entry, index + 1, why)),
        }
    }
    if keys.is_empty() {
        return Err(UseKeyError::NoneUsable(unusable.into_iter().next()));
    }
    Ok(Found { keys, unusable })
}
