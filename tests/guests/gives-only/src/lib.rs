//! Exports one half of `handover`, which is against the contract.
//! Does nothing else. Compiles to nothing on other targets.

#[cfg(target_family = "wasm")]
mod component;
