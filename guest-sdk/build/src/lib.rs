//! Compiles protobuf services for `mikros-sdk` in a build script; no `protoc` needs to be installed.
//! Deliberately knows nothing about wires and hosts: it writes Rust that `mikros_sdk::grpc` gives a
//! meaning to.
//!
//! `build.rs`:
//!
//! ```no_run
//! fn main() -> Result<(), mikros_sdk_build::CompileError> {
//!     mikros_sdk_build::compile_protos(&["proto/greeter.proto"], &["proto"])
//! }
//! ```
//!
//! `Cargo.toml`:
//!
//! ```toml
//! [dependencies]
//! mikros-sdk = { version = "0.1", features = ["grpc"] }
//!
//! [build-dependencies]
//! mikros-sdk-build = "0.1"
//! ```
//!
//! `src/lib.rs`, for `package helloworld`:
//!
//! ```ignore
//! #[allow(clippy::pedantic)]
//! pub mod proto {
//!     mikros_sdk::include_proto!("helloworld");
//! }
//! use proto::greeter_server::{Greeter, GreeterServer};
//! ```
//!
//! # What is generated
//!
//! A file per package, with
//!
//! - the messages and enums as [prost](prost_build) makes them;
//! - for every service, here `Greeter`, a module `greeter_server`: the trait `Greeter` with one async method
//!   per RPC, and the type `GreeterServer`, which stands for the service in
//!   `mikros_sdk::Grpc::Services`.
//!
//! A package refers to another one by `super`, so packages are included in modules of their names
//! when one imports another: `mod a { include_proto!("a"); mod b { include_proto!("a.b"); } }`.
//! Services and messages without a package are in `include_proto!("_")`.
//!
//! The descriptors of a service's file and of what it imports become part of the component, so that
//! the host can tell clients about them (server reflection).

#![warn(missing_docs)]

mod builder;
mod descriptors;
mod error;
mod service;

use std::path::Path;

pub use builder::{Builder, configure};
pub use error::CompileError;

/// Compiles `protos`, which are in the directories `includes`, into `OUT_DIR`.
///
/// # Errors
///
/// As [`Builder::compile_protos`].
pub fn compile_protos(
    protos: &[impl AsRef<Path>],
    includes: &[impl AsRef<Path>],
) -> Result<(), CompileError> {
    configure().compile_protos(protos, includes)
}
