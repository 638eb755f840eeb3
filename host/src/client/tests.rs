//! Calls over real sockets.

mod addresses;
mod connections;
mod deadlines;
mod faults;
mod grpc;
mod http;
mod retries;
mod support;
mod tls;
