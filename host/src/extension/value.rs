//! Values for the functions of a guest whose types only their extension knows.
//!
//! Does not know the functions: the types are compared when they are called.

use wasmtime::component::Val;

/// A record, with its fields in the order of its WIT:
/// `record([("id", Val::String(id)), ("body", bytes(&body))])`.
pub fn record<const N: usize>(fields: [(&str, Val); N]) -> Val {
    Val::Record(fields.map(|(name, value)| (name.to_owned(), value)).into())
}

/// A `list<u8>`. Takes several dozen times its length in memory until the call begins.
pub fn bytes(bytes: &[u8]) -> Val {
    Val::List(bytes.iter().map(|byte| Val::U8(*byte)).collect())
}
