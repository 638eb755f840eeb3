//! What a service sees of gRPC; how methods are found is tested with generated code, in
//! `mikros-sdk-build`.

mod calls;
mod metadata;
mod statuses;
mod streams;
