//! Speaks the contract without the SDK, to break the rules that the SDK keeps.
//! Deliberately has no lifecycle: it is optional. Compiles to nothing on other targets.

#[cfg(target_family = "wasm")]
mod component;
