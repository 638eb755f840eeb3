//! Compiles protobuf services for `mikros-sdk` in a build script. You do not need `protoc`.
//!
//! `build.rs`:
//!
//! ```no_run
//! fn main() -> Result<(), mikros_sdk_build::CompileError> {
//!     mikros_sdk_build::compile_protos(&["proto/greeter.proto"], &["proto"])
//! }
//! ```
//!
//! `Cargo.toml`, with the path of a checkout of this repository, because the crates are not published yet (`mikros-host new` writes
//! these lines for you):
//!
//! ```toml
//! [dependencies]
//! mikros-sdk = { path = "../mikros-host/guest-sdk/sdk", features = ["grpc"] }
//!
//! [build-dependencies]
//! mikros-sdk-build = { path = "../mikros-host/guest-sdk/build" }
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
//! - the messages and enums as [prost](prost_build) generates them;
//! - for every service, here `Greeter`, a module `greeter_server`: the trait `Greeter` with one async method
//!   per RPC, and the type `GreeterServer`, which represents the service in
//!   `mikros_sdk::Grpc::Services`;
//! - and a module `greeter_client` with `GreeterClient`, which calls the service: `GreeterClient::connect("user")`. It has an
//!   async method per RPC. RPCs named `Connect` and `New` are `connect_` and `new_` there.
//!
//! What a service does not use adds nothing to its component. [`Builder::build_client`] and [`Builder::build_server`] leave
//! one of both out.
//!
//! # Packages
//!
//! `include_proto!` takes the name of a package as the `.proto` file writes it: `include_proto!("Acme.self.v1")`.
//! Services and messages without a package are in `include_proto!("_")`.
//!
//! A package refers to another one by `super`, so packages are included in modules of their names
//! when one refers to another: `mod a { include_proto!("a"); mod b { include_proto!("a.b"); } }`.
//! The modules are named in snake case, and keywords as prost names them: `Acme.self.type` is
//! `acme::self_::r#type`. [`Builder::include_file`] writes these modules for you.
//!
//! A package and a message may have the same module: the package `shop.order`, and the message `shop.Order` with what
//! is declared in it. If one refers to the other, `include_proto!("shop.order")` has both.
//!
//! # What is not supported
//!
//! Editions (`edition = "2023"`). Write `syntax = "proto3"` or `syntax = "proto2"`.
//!
//! # Reflection
//!
//! The descriptors of a service's file and of what it imports become part of the component, so that
//! the host can tell clients about them (server reflection).

#![warn(missing_docs)]

mod attributes;
mod builder;
mod descriptors;
mod error;
mod files;
mod layout;
mod names;
mod output;
mod service;
mod source;

use std::path::Path;

pub use builder::{Builder, configure};
pub use error::CompileError;
pub use names::NameConflict;

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
