//! What a service sees of gRPC; how methods are found is tested with generated code, in
//! `mikros-sdk-build`.

mod calls;
#[cfg(feature = "error-details")]
mod details;
mod interceptors;
mod metadata;
mod statuses;
mod streams;
