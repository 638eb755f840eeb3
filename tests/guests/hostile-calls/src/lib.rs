//! Tries with the contract's `clients` what no service should, without the SDK, which would not let it.
//! Deliberately compiles to nothing on other targets.

#[cfg(target_family = "wasm")]
mod component;
