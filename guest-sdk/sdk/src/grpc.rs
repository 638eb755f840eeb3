//! The kind `grpc`: requests, responses, streams, metadata and statuses.
//! The host handles HTTP/2, framing, compression, and deadlines.
//!
//! Needs the feature `grpc` of this crate. The services themselves are written in protobuf and
//! compiled by `mikros-sdk-build` in the guest's build script; nothing else has to be installed:
//!
//! ```proto
//! syntax = "proto3";
//! package helloworld;
//!
//! service Greeter {
//!   rpc SayHello(HelloRequest) returns (HelloReply);
//! }
//! message HelloRequest { string name = 1; }
//! message HelloReply { string message = 1; }
//! ```
//!
//! ```ignore
//! // build.rs
//! fn main() -> Result<(), mikros_sdk_build::CompileError> {
//!     mikros_sdk_build::compile_protos(&["proto/greeter.proto"], &["proto"])
//! }
//!
//! // src/lib.rs
//! use mikros_sdk::grpc::{Request, Response, Status};
//! use mikros_sdk::prelude::*;
//! use proto::greeter_server::{Greeter, GreeterServer};
//! use proto::{HelloReply, HelloRequest};
//!
//! mod proto {
//!     mikros_sdk::include_proto!("helloworld");
//! }
//!
//! struct Hello;
//!
//! impl Service for Hello {
//!     async fn on_start() -> Result<Self> {
//!         Ok(Self)
//!     }
//! }
//!
//! impl Grpc for Hello {
//!     type Services = GreeterServer<Self>;
//! }
//!
//! impl Greeter for Hello {
//!     async fn say_hello(
//!         &self,
//!         request: Request<HelloRequest>,
//!     ) -> Result<Response<HelloReply>, Status> {
//!         let name = request.into_inner().name;
//!         Ok(Response::new(HelloReply { message: format!("Hello {name}") }))
//!     }
//! }
//!
//! mikros_sdk::export!(Hello: grpc);
//! ```
//!
//! # Shapes
//!
//! A method whose request is a stream takes [`Request<Streaming<A>>`](Streaming); one whose
//! response is a stream returns [`Response<ReplyStream<B>>`](ReplyStream), or, where the stream borrows from `&self`,
//! [`Response<BoxReplyStream<'_, B>>`](BoxReplyStream). Both hold one message at a time: who writes waits for who reads,
//! over the network.
//!
//! # Failures
//!
//! See [`Status`]; with the feature `error-details` it has the messages of `google.rpc`. A message that does not decode
//! is answered `INVALID_ARGUMENT` before the method is called, and a method that is not there `UNIMPLEMENTED`.
//!
//! # Interceptors
//!
//! `InterceptedService<GreeterServer<Self>, Authenticated>` in place of `GreeterServer<Self>` lets an
//! [`Interceptor`] see the calls of that service first.
//!
//! # Cancellation
//!
//! When the client goes away or its deadline passes, the future of the method and the streams are
//! dropped where they wait. [`Request::remaining`] tells how long that is.
//!
//! # Clients
//!
//! From the same files come clients of the services, such as `greeter_client::GreeterClient`. See
//! [`clients`](crate::clients).

pub(crate) mod call;
pub(crate) mod client;
mod code;
mod convert;
#[cfg(feature = "error-details")]
mod details;
mod interceptor;
mod metadata;
pub(crate) mod reply_stream;
mod request;
mod response;
pub(crate) mod sections;
pub(crate) mod services;
mod status;
mod streaming;

pub use ::http::Extensions;
pub use client::{Channel, IntoRequest, IntoStreamingRequest};
pub use code::Code;
#[cfg(feature = "error-details")]
pub use details::{
    BadRequest, DebugInfo, ErrorDetail, ErrorDetails, ErrorInfo, FieldViolation, Help, HelpLink,
    LocalizedMessage, PreconditionFailure, PreconditionViolation, QuotaFailure, QuotaViolation,
    RequestInfo, ResourceInfo, RetryInfo,
};
pub use interceptor::{InterceptedService, Interceptor};
pub use metadata::{InvalidMetadata, Metadata};
pub use reply_stream::{BoxReplyStream, Reply, ReplyStream};
pub use request::Request;
pub use response::{Compression, Response};
pub use services::{AsPart, Services};
pub use status::Status;
pub use streaming::{Received, Streaming};

pub(crate) use convert::service_error;
pub(crate) use reply_stream::ReplyBytes;
#[cfg(not(target_family = "wasm"))]
pub(crate) use request::with_timeout;
pub(crate) use status::Reason;
pub(crate) use streaming::RequestBytes;

/// Includes what `mikros-sdk-build` has made of a protobuf package: `include_proto!("helloworld")`, or
/// `include_proto!("_")` for files without a package. The name is that of the `.proto` file: `Acme.self.V1`.
///
/// Write it in a module of its own. Packages that import others refer to them by `super`, so the
/// modules have to be nested as the packages are.
#[macro_export]
macro_rules! include_proto {
    ($package:literal) => {
        ::core::include!(::core::concat!(::core::env!("OUT_DIR"), "/", $package, ".rs"));
    };
}
