//! The types of the WIT package `mikros:plugin`. What they mean stands in `wit/plugin`.

use std::sync::Arc;

use bytes::Bytes;
use wasmtime::component::{ComponentType, Lift};

use super::errors::Error as ServiceError;
use super::types::Identity;

/// The WIT package of plug-ins; its version is that of the contract.
pub(crate) const PACKAGE: &str = "mikros:plugin";

#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift)]
#[component(record)]
pub(crate) struct Problem {
    pub path: String,
    pub message: String,
}

#[derive(Debug, Clone, ComponentType, Lift)]
#[component(variant)]
pub(crate) enum StartRefusal {
    #[component(name = "settings")]
    Settings(Vec<Problem>),
    #[component(name = "error")]
    Error(ServiceError),
}

/// Parameters of `lifecycle.on-start`.
pub(crate) type StartParameters = (Arc<str>,);
/// Results of `lifecycle.on-start`.
pub(crate) type StartResults = (Result<(), StartRefusal>,);

#[derive(Debug, ComponentType, Lift)]
#[component(record)]
pub(crate) struct RequestChanges {
    pub set: Bytes,
    pub remove: Bytes,
    pub identity: Option<Identity>,
    pub attributes: String,
}

#[derive(Debug, ComponentType, Lift)]
#[component(record)]
pub(crate) struct Refusal {
    pub error: ServiceError,
    pub headers: Bytes,
}

#[derive(Debug, ComponentType, Lift)]
#[component(record)]
pub(crate) struct Response {
    pub status: u16,
    pub headers: Bytes,
    pub body: Bytes,
}

#[derive(Debug, ComponentType, Lift)]
#[component(variant)]
pub(crate) enum RequestDecision {
    #[component(name = "pass")]
    Pass,
    #[component(name = "change")]
    Change(RequestChanges),
    #[component(name = "refuse")]
    Refuse(Refusal),
    #[component(name = "answer")]
    Answer(Response),
}

#[derive(Debug, ComponentType, Lift)]
#[component(record)]
pub(crate) struct ResponseChanges {
    pub set: Bytes,
    pub remove: Bytes,
    pub attributes: String,
}

#[derive(Debug, ComponentType, Lift)]
#[component(variant)]
pub(crate) enum ResponseDecision {
    #[component(name = "pass")]
    Pass,
    #[component(name = "change")]
    Change(ResponseChanges),
}
