//! What features and kinds are made of. What the host ships uses nothing else, and so can everybody.
//!
//! Knows neither workers nor sockets: who runs features and kinds is above.

mod error;
mod feature;
mod guest;
mod hook;
mod kind;
mod page;
mod registry;
mod request;
mod response;
mod start;
mod value;

pub use self::error::{Disabled, ExtensionError};
pub use self::feature::{Feature, RunningFeature};
pub use self::guest::{CallError, CallGuest, CallOptions, Export, Guest};
pub use self::hook::{AnyHook, Decision, Hook, Hooked};
pub use self::kind::{Kind, RunningKind, Stop};
pub use self::page::{Page, PageGuard, Pages};
pub use self::registry::{
    AnyFeature, AnyKind, AnyRunningFeature, AnyRunningKind, Duplicate, Extensions,
};
pub use self::request::Request;
pub(crate) use self::response::Content;
pub use self::response::{Answer, Body, BoxError, Response};
pub use self::start::Start;
pub use self::value::{bytes, record};
// The interface `mikros:service/errors` as Rust types, for `bindgen!` and its `with`.
pub use crate::bindings::errors;
pub use crate::bindings::errors::{Error as ServiceError, Kind as ErrorKind};
pub use crate::call::error::service_error;
pub use crate::call::{Fault, Identity, Transport};
pub use crate::capability::State;
pub use crate::definition::{
    ExtensionSettings, HumanDuration, HumanSize, NoSettings, PortUse, Stage, ValidationErrors,
};
pub use crate::observe::{
    ClientCall, Counter, Metric, MetricKind, MetricSource, Monitor, Observer, Phase, Readiness,
    RequestRecord, Route, Sample, Samples, ServiceAddress, ServiceStatus, Services, TimeCounter,
};
pub use crate::telemetry::{Attributes, Level, Logger};
