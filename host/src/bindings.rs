//! The contract of `wit/` as Rust: generated from it, plus the types of `http` and `grpc`, which are
//! spelled by hand so that bodies and messages cross as [`bytes::Bytes`] instead of being copied into
//! a `Vec` once more.
//!
//! Knows nothing else.

pub(crate) mod clients;
pub(crate) mod grpc;
pub(crate) mod http;
pub(crate) mod plugin;

mod generated {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "imports",
        // Functions that need to know which call they are made in get the store.
        imports: {
            "mikros:service/logger@0.2.0.log": store,
            "mikros:service/call@0.2.0.request-id": store,
            "mikros:service/call@0.2.0.remaining": store,
            "mikros:service/call@0.2.0.kind": store,
            "mikros:service/call@0.2.0.peer": store,
            "mikros:service/call@0.2.0.caller": store,
            "mikros:service/health@0.2.0.set-serving": trappable,
        },
    });
}

pub use generated::mikros::service::errors;
pub(crate) use generated::mikros::service::{
    call, definition, env, health, logger, routes, shutdown, time, types,
};

/// The WIT package with its version, as in import and export names: `mikros:service/http@0.2.0`.
pub(crate) const PACKAGE: &str = "mikros:service";
/// The version of the contract that this host speaks.
pub(crate) const VERSION: &str = "0.2.0";
