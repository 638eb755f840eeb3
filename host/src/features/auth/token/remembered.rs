//! Tokens that were found good, so that the next request with one need not check its signature again.
//!
//! Does not know how they are checked.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::{Mutex, PoisonError};

use super::super::secret::Digest;
use crate::extension::Identity;

/// Together with the next one, what bounds the memory: some 10 MiB of tokens, all of them good.
const MOST: usize = 1024;

/// In bytes. A longer one is checked every time.
const LONGEST: usize = 4 * 1024;

/// Good tokens by the digest of their whole text, signature included. It belongs to one set of keys and goes
/// with it. Only good ones get in, so those who forge cannot fill it.
#[derive(Default)]
pub(super) struct Remembered(Mutex<HashMap<[u8; 32], Good>>);

struct Good {
    identity: Identity,
    /// In seconds since 1970.
    valid: RangeInclusive<u64>,
}

impl Remembered {
    /// Whom a token is about that was found good, if it still is `now`.
    pub(super) fn get(&self, token: &Digest, now: u64) -> Option<Identity> {
        let tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let good = tokens.get(token.bytes())?;
        good.valid.contains(&now).then(|| good.identity.clone())
    }

    pub(super) fn put(
        &self,
        token: Digest,
        length: usize,
        identity: &Identity,
        valid: RangeInclusive<u64>,
    ) {
        if length > LONGEST {
            return;
        }
        let good = Good { identity: identity.clone(), valid };
        let mut tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Who needs room most often finds the next one at once; to look for the oldest is not worth it.
        if tokens.len() >= MOST {
            tokens.clear();
        }
        tokens.insert(*token.bytes(), good);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;

    fn identity(subject: &str) -> Identity {
        Identity { subject: subject.to_owned(), scheme: "jwt".to_owned(), claims: Map::new() }
    }

    #[test]
    fn a_token_is_remembered_for_as_long_as_it_is_valid() {
        let remembered = Remembered::default();
        let token = Digest::of(b"token");

        remembered.put(token, 5, &identity("ann"), 10..=20);

        for (now, is_known) in [(9, false), (10, true), (20, true), (21, false)] {
            let known = remembered.get(&token, now);
            assert_eq!(known, is_known.then(|| identity("ann")), "at {now}");
        }
        assert_eq!(remembered.get(&Digest::of(b"tokem"), 15), None);
    }

    #[test]
    fn memory_is_bounded() {
        let remembered = Remembered::default();
        for number in 0..=MOST {
            let token = Digest::of(&number.to_le_bytes());
            remembered.put(token, 5, &identity("ann"), 0..=1);
        }

        remembered.put(Digest::of(b"long"), LONGEST + 1, &identity("ann"), 0..=1);

        assert_eq!(remembered.0.lock().unwrap().len(), 1);
        assert_eq!(remembered.get(&Digest::of(b"long"), 1), None);
    }
}
