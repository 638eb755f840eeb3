//! What `[clients.<name>]` says.

use std::path::PathBuf;
use std::time::Duration;

use tonic::Code;

/// `[clients.<name>]`: another service that guests may call.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Client {
    pub name: String,
    pub host: String,
    pub port: u16,
    pub protocol: Protocol,
    pub tls: Option<ClientTls>,
    pub timeout: Duration,
    pub connect_timeout: Duration,
    pub retries: Retries,
    pub circuit_breaker: Option<CircuitBreaker>,
    pub outlier_ejection: Option<OutlierEjection>,
    pub max_concurrency: usize,
    pub load_balancing: LoadBalancing,
    pub resolve_interval: Duration,
    pub keep_alive: KeepAlive,
    pub compression: Compression,
    pub max_response: u64,
    pub allow: Vec<AddressClass>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Protocol {
    Grpc,
    Http,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ClientTls {
    pub roots: Roots,
    pub certificate: Option<Certificate>,
    pub server_name: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Roots {
    System,
    File(PathBuf),
    Both(PathBuf),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Certificate {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Retries {
    pub attempts: u32,
    pub backoff: Duration,
    pub max_backoff: Duration,
    pub codes: Vec<Code>,
    pub statuses: Vec<u16>,
    pub budget: f64,
    pub max_buffer: u64,
    pub all_methods: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CircuitBreaker {
    pub failures: u32,
    pub open_for: Duration,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OutlierEjection {
    pub failures: u32,
    pub eject_for: Duration,
    pub max_ejected: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LoadBalancing {
    RoundRobin,
    LeastLoaded,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeepAlive {
    pub interval: Option<Duration>,
    pub timeout: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compression {
    Off,
    Gzip,
    Zstd,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AddressClass {
    Loopback,
    LinkLocal,
    UniqueLocal,
    Metadata,
}
