//! Calls over real sockets.

mod grpc;
mod http;
mod support;
