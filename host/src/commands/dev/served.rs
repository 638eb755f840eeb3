//! What the user knows of the version that serves, and what tells it from the next one.
//!
//! Does not know how a version comes to serve.

use std::path::Path;

use jiff::civil::Time;
use sha2::{Digest, Sha256};

use super::status::Address;
use crate::definition::Definition;
use crate::file;
use crate::lifecycle::Endpoint;

/// Larger components, in bytes, always count as different.
const MOST_COMPARED: u64 = 256 << 20;

/// What the user knows of the version that serves.
#[derive(Default)]
pub(super) struct Served {
    pub(super) since: Option<Time>,
    /// Of the version that was handed over last.
    pub(super) print: Option<Vec<u8>>,
    pub(super) addresses: Vec<Address>,
    /// Whether the version that was handed over last listens for this machine alone, because nobody has
    /// said anything else.
    pub(super) is_local: bool,
    pub(super) knows_keys: bool,
}

impl Served {
    /// Returns the addresses that the user does not know yet.
    pub(super) fn note_addresses(&mut self, endpoints: &[Endpoint]) -> Vec<Address> {
        let address = |one: &Endpoint| Address {
            kind: one.kind,
            socket: one.addresses[0],
            is_local: self.is_local,
            is_secured: one.is_secured,
        };
        let addresses = endpoints.iter().map(address).collect::<Vec<_>>();
        let known = std::mem::replace(&mut self.addresses, addresses);
        self.addresses.iter().filter(|one| !known.contains(one)).cloned().collect()
    }
}

/// What is the same when two versions are.
pub(super) fn fingerprint(path: &Path, definition: &Definition) -> Option<Vec<u8>> {
    let mut hash = Sha256::new();
    for path in std::iter::once(path).chain(definition.components()) {
        let bytes = file::read(path, MOST_COMPARED).ok()?;
        hash.update(bytes.len().to_le_bytes());
        hash.update(bytes);
    }
    Some(hash.finalize().to_vec())
}
