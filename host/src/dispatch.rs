//! One request, one call into the guest, one response; never an error.
//!
//! Knows neither files nor the lifecycle. The only place where a [`Fault`](crate::call::Fault)
//! becomes a status.

mod authority;
mod body;
mod framing;
mod grpc;
pub(crate) mod head;
mod health;
mod hooks;
mod http;
mod problem;
mod pump;
mod reply;
mod request_id;

pub(crate) use self::body::ResponseBody;
pub(crate) use self::grpc::{GrpcBody, GrpcDispatcher, GrpcRules, GrpcSettings, Routes, Standard};
pub(crate) use self::health::{Condition, Health};
pub(crate) use self::hooks::Hooks;
pub(crate) use self::http::{Dispatcher, HttpRules};
pub(crate) use self::problem::ErrorRules;
