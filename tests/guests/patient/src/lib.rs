//! Serves one call at a time, as guests of languages without async do.
//! Deliberately has no SDK and no lifecycle. Compiles to nothing on other targets.

#[cfg(target_family = "wasm")]
mod component;
