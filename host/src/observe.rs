//! What the host tells of requests, of calls to other services, and of a service as a whole to those who look from
//! outside: metrics, the access log, the admin listener.
//!
//! ```text
//! dispatcher ─▶ Observation ─▶ RequestRecord ─▶ Observer    pushed, once per request
//! supervisor ─▶ Monitor ◀─ who asks: phase, readiness, level of the log
//! workers, clients ─▶ MetricSource ◀─ who asks: Samples           pulled
//! ```
//!
//! Without observers a request pays for one comparison. Does not know who observes.

mod body;
mod counter;
mod monitor;
mod observer;
mod request;
mod routes;
mod sample;

pub(crate) use self::body::ObservedBody;
pub use self::counter::{Counter, TimeCounter};
pub(crate) use self::monitor::LevelChanges;
pub use self::monitor::{Monitor, Phase, Readiness, ServiceAddress, ServiceStatus, Services};
pub(crate) use self::observer::ObserveContext;
pub(crate) use self::observer::Observers;
pub use self::observer::{ClientCall, Observer};
pub use self::request::RequestRecord;
pub(crate) use self::request::{Observation, RequestDetails};
pub use self::routes::Route;
pub(crate) use self::routes::{DeclaredRoutes, RouteTable};
pub use self::sample::{Metric, MetricKind, MetricSource, Sample, Samples};
