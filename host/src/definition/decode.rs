//! A value of the file, by serde into a type.
//!
//! Does not know which table the value is from, nor what becomes of mistakes.

mod mismatch;
mod node;

use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use serde_path_to_error::Path as Tracked;

pub(super) use self::mismatch::Mismatch;
use self::node::Node;

/// Why a value does not fit a type.
pub(super) struct Failure {
    pub(super) path: Tracked,
    pub(super) mismatch: Mismatch,
}

/// Reads a value into a type.
pub(super) fn attempt<T: DeserializeOwned>(json: &Json) -> Result<T, Failure> {
    serde_path_to_error::deserialize(Node(json)).map_err(|error| {
        let path = error.path().clone();
        Failure { path, mismatch: error.into_inner() }
    })
}
