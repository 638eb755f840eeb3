//! Compiled functions, kept in memory so that the next version of a component compiles only what has
//! changed in it.
//!
//! Does not know what a function is: the compiler makes the keys.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use wasmtime::CacheStore;

/// Most bytes that are kept of one generation; two are.
const GENERATION: usize = 64 * 1024 * 1024;

/// The functions of components that were compiled lately.
///
/// In two generations: what is used moves into the young one, and when that is full the old one goes.
#[derive(Debug, Default)]
pub(super) struct Functions(Mutex<Generations>);

#[derive(Debug, Default)]
struct Generations {
    young: HashMap<Vec<u8>, Vec<u8>>,
    old: HashMap<Vec<u8>, Vec<u8>>,
    /// Bytes in the young one.
    size: usize,
}

impl Functions {
    fn generations(&self) -> MutexGuard<'_, Generations> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Generations {
    fn add(&mut self, key: Vec<u8>, value: Vec<u8>) {
        let size = key.len() + value.len();
        if self.size + size > GENERATION {
            self.old = std::mem::take(&mut self.young);
            self.size = 0;
        }
        self.size += size;
        self.young.insert(key, value);
    }
}

impl CacheStore for Functions {
    fn get(&self, key: &[u8]) -> Option<Cow<'_, [u8]>> {
        let mut generations = self.generations();
        if let Some((key, value)) = generations.old.remove_entry(key) {
            generations.add(key, value);
        }
        generations.young.get(key).map(|value| Cow::Owned(value.clone()))
    }

    fn insert(&self, key: &[u8], value: Vec<u8>) -> bool {
        self.generations().add(key.to_owned(), value);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(functions: &Functions, key: &[u8]) -> Option<Vec<u8>> {
        functions.get(key).map(Cow::into_owned)
    }

    #[test]
    fn what_was_inserted_is_found() {
        let functions = Functions::default();

        assert!(functions.insert(b"key", b"value".to_vec()));

        assert_eq!(get(&functions, b"key"), Some(b"value".to_vec()));
        assert_eq!(get(&functions, b"other"), None);
    }

    #[test]
    fn what_is_not_used_goes_when_there_is_too_much() {
        let functions = Functions::default();
        let third = vec![0; GENERATION / 3];
        functions.insert(b"used", third.clone());
        functions.insert(b"unused", third.clone());

        for number in 0..10_u8 {
            functions.insert(&[number], third.clone());
            assert!(get(&functions, b"used").is_some());
        }

        assert_eq!(get(&functions, b"unused"), None);
        let generations = functions.generations();
        assert!(generations.young.len() + generations.old.len() <= 6);
    }
}
