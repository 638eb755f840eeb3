//! What nearly every service needs, for `use mikros_sdk::prelude::*`.
//! It is short, because every name in it can clash with one of yours.

// The type and its derive.
pub use crate::ServiceError;
pub use crate::error::{OrServiceError as _, Result};
pub use crate::http::Handler as _;
pub use crate::http::{
    Body, Bytes, Headers, IntoResponse, Json, Path, Query, Request, Response, Router, StatusCode,
};
pub use crate::log;
#[cfg(feature = "grpc")]
pub use crate::service::Grpc;
pub use crate::service::{Cronjob, Handover, Http, Native, Script, Service};
