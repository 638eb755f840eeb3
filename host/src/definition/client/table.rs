//! The keys of a client.
//!
//! Does not know how they depend on each other.

use std::num::NonZeroU16;
use std::path::Path;
use std::time::Duration;

use schemars::JsonSchema;
use tonic::Code;

use super::super::Egress;
use super::super::typed::DeclaredTable;
use super::super::valid::{DurationIn, DurationOrNever, IntegerIn, SizeIn, Switchable, Text};
use super::{
    AddressClass, Certificate, CircuitBreaker, Client, ClientTls, ClientTransport, Compression,
    KeepAlive, LoadBalancing, OutlierEjection, Protocol, Retries, Roots,
};

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

type DurationOfSeconds = DurationIn<1000>;
type Percent = IntegerIn<0, 100>;
type Failures = IntegerIn<1, 1000>;

#[derive(serde::Deserialize, serde::Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(in crate::definition) struct ClientTable {
    /// Host name or IP address of the service. Default: `<name>.<MIKROS_COUPLED_NAMESPACE>`, the name in kebab-case;
    /// `localhost`, with a warning, if that variable is not set.
    #[schemars(example = "orders.internal")]
    pub(super) host: Option<Text>,
    /// Port of the service. Default: `MIKROS_COUPLED_PORT`, then 7070. With `protocol = "http"`: 443 with TLS,
    /// otherwise 80.
    #[schemars(example = 7070)]
    pub(super) port: Option<NonZeroU16>,
    /// Protocol of the service. `http` is HTTP/1.1.
    #[schemars(example = &"http")]
    pub(super) protocol: Protocol,
    /// `auto` calls the service in process if this host runs it. `network` always uses the network.
    #[schemars(example = &"network")]
    transport: ClientTransport,
    /// Whether connections use TLS. `true` trusts the certificate authorities of the system; a table says more.
    #[schemars(example = true)]
    pub(super) tls: Switchable<TlsTable>,
    /// Maximum time of one call, retries included. The deadline of the caller also counts. Default: `[host.limits]
    /// call_timeout`.
    #[schemars(example = "2s")]
    pub(super) timeout: Option<DurationIn>,
    /// Maximum time of one attempt to connect, TLS included.
    #[schemars(example = "1s")]
    connect_timeout: DurationIn,
    /// Which failed calls are made again; `false` is none. RPCs are only retried before a response has begun, and
    /// if the guest sends a single message.
    #[schemars(example = false)]
    pub(super) retries: Switchable<RetriesTable>,
    /// Whether calls are refused for a while after many have failed. `true` takes the defaults below.
    #[schemars(example = true)]
    circuit_breaker: Switchable<BreakerTable>,
    /// Whether an address of the service is left out for a while after many calls to it have failed. `true` takes
    /// the defaults below.
    #[schemars(example = true)]
    outlier_ejection: Switchable<EjectionTable>,
    /// Maximum number of calls in flight, for each worker thread. As many again wait; further ones are refused
    /// with `unavailable`.
    #[schemars(example = 100)]
    max_concurrency: IntegerIn<1, 1_000_000>,
    /// How calls are spread over the addresses of the service.
    #[schemars(example = &"least_loaded")]
    load_balancing: LoadBalancing,
    /// Time after which the name is resolved again. A connection that breaks has the same effect. Without an answer,
    /// the old addresses stay.
    #[schemars(example = "10s")]
    resolve_interval: DurationOfSeconds,
    /// An HTTP/2 connection with calls in flight is pinged if nothing has arrived for this long.
    #[schemars(example = "30s")]
    keepalive_interval: DurationOrNever,
    /// An HTTP/2 connection is closed if a ping is not answered for this long.
    #[schemars(example = "5s")]
    keepalive_timeout: DurationIn,
    /// How messages are compressed unless the guest says otherwise. Only for gRPC. Compressed responses are always
    /// accepted.
    #[schemars(example = &"gzip")]
    compression: Compression,
    /// Maximum size of a response message, decompressed. Only for gRPC.
    #[schemars(example = "16MiB")]
    max_response: SizeIn<KIB, GIB>,
    /// Classes of addresses that the name may resolve to; connections to them are refused otherwise. A `host` that is
    /// an IP address or `localhost` is permission enough.
    #[schemars(example = ["loopback"])]
    pub(super) allow: Vec<AddressClass>,
}

impl DeclaredTable for ClientTable {}

#[derive(Default, serde::Deserialize, serde::Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct TlsTable {
    /// Certificate authorities to trust instead of those of the system: a PEM file, relative to this file.
    #[schemars(example = "certificates/ca.pem")]
    roots_file: Option<Text>,
    /// Whether the certificate authorities of the system are trusted. Default: only without `roots_file`.
    #[schemars(example = true)]
    system_roots: Option<bool>,
    /// Certificate that the host shows to the service, with those between it and the root: a PEM file, relative to
    /// this file.
    #[schemars(example = "certificates/client.pem")]
    certificate: Option<Text>,
    /// Private key of `certificate`: a PEM file, relative to this file.
    #[schemars(example = "certificates/client.key")]
    key: Option<Text>,
    /// Name that the certificate of the service must have, if that is not `host`.
    #[schemars(example = "orders.example.com")]
    server_name: Option<Text>,
}

#[derive(serde::Deserialize, serde::Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RetriesTable {
    /// Maximum number of attempts, the first one included.
    #[schemars(example = 2)]
    attempts: IntegerIn<1, 10>,
    /// Time before the first retry. It doubles with each; the wait is a random part of it.
    #[schemars(example = "10ms")]
    pub(super) backoff: DurationIn,
    /// Maximum of that time.
    #[schemars(example = "5s")]
    pub(super) max_backoff: DurationIn,
    /// Status codes after which an RPC is retried. Only for gRPC.
    #[schemars(example = ["unavailable", "resource_exhausted"])]
    codes: Vec<CodeWord>,
    /// Statuses after which a request is retried. Only for HTTP.
    #[schemars(example = [429, 503])]
    statuses: Vec<IntegerIn<400, 599>>,
    /// Percent of the calls of the last 10 seconds that may be retries. 10 retries in 10 seconds are always
    /// possible.
    #[schemars(example = 10)]
    budget: Percent,
    /// Maximum size of a request that is kept for a retry. Larger ones are not retried.
    #[schemars(example = "1MiB")]
    max_buffer: SizeIn<0, { 64 * MIB }>,
    /// Whether requests are retried whose method is not idempotent, such as POST. Only for HTTP.
    #[schemars(example = true)]
    all_methods: bool,
}

#[derive(serde::Deserialize, serde::Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct BreakerTable {
    /// Number of failed calls in a row after which further ones are refused.
    #[schemars(example = 10)]
    failures: Failures,
    /// Time after which a call is tried again.
    #[schemars(example = "30s")]
    open_for: DurationIn,
}

#[derive(serde::Deserialize, serde::Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct EjectionTable {
    /// Number of failed calls in a row after which an address is left out.
    #[schemars(example = 10)]
    failures: Failures,
    /// Time for which it is left out.
    #[schemars(example = "1m")]
    eject_for: DurationIn,
    /// Maximum percent of the addresses that are left out.
    #[schemars(example = 30)]
    max_ejected: Percent,
}

/// A gRPC status code in the words of the file.
#[derive(Clone, Copy, serde::Deserialize, serde::Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum CodeWord {
    Cancelled,
    Unknown,
    InvalidArgument,
    DeadlineExceeded,
    NotFound,
    AlreadyExists,
    PermissionDenied,
    ResourceExhausted,
    FailedPrecondition,
    Aborted,
    OutOfRange,
    Unimplemented,
    Internal,
    Unavailable,
    DataLoss,
    Unauthenticated,
}

impl From<CodeWord> for Code {
    fn from(word: CodeWord) -> Self {
        match word {
            CodeWord::Cancelled => Self::Cancelled,
            CodeWord::Unknown => Self::Unknown,
            CodeWord::InvalidArgument => Self::InvalidArgument,
            CodeWord::DeadlineExceeded => Self::DeadlineExceeded,
            CodeWord::NotFound => Self::NotFound,
            CodeWord::AlreadyExists => Self::AlreadyExists,
            CodeWord::PermissionDenied => Self::PermissionDenied,
            CodeWord::ResourceExhausted => Self::ResourceExhausted,
            CodeWord::FailedPrecondition => Self::FailedPrecondition,
            CodeWord::Aborted => Self::Aborted,
            CodeWord::OutOfRange => Self::OutOfRange,
            CodeWord::Unimplemented => Self::Unimplemented,
            CodeWord::Internal => Self::Internal,
            CodeWord::Unavailable => Self::Unavailable,
            CodeWord::DataLoss => Self::DataLoss,
            CodeWord::Unauthenticated => Self::Unauthenticated,
        }
    }
}

impl Default for ClientTable {
    fn default() -> Self {
        Self {
            host: None,
            port: None,
            protocol: Protocol::Grpc,
            transport: ClientTransport::Auto,
            tls: Switchable::Off,
            timeout: None,
            connect_timeout: DurationIn::seconds(5),
            retries: Switchable::Table(RetriesTable::default()),
            circuit_breaker: Switchable::Off,
            outlier_ejection: Switchable::Off,
            max_concurrency: IntegerIn::of(1024),
            load_balancing: LoadBalancing::RoundRobin,
            resolve_interval: DurationIn::seconds(30),
            keepalive_interval: DurationOrNever::seconds(300),
            keepalive_timeout: DurationIn::seconds(10),
            compression: Compression::Off,
            max_response: SizeIn::of(4 << 20),
            allow: Vec::new(),
        }
    }
}

impl Default for RetriesTable {
    fn default() -> Self {
        Self {
            attempts: IntegerIn::of(3),
            backoff: DurationIn::of(Duration::from_millis(50)),
            max_backoff: DurationIn::seconds(1),
            codes: vec![CodeWord::Unavailable],
            statuses: [502, 503, 504].map(IntegerIn::of).into(),
            budget: IntegerIn::of(20),
            max_buffer: SizeIn::of(64 << 10),
            all_methods: false,
        }
    }
}

impl Default for BreakerTable {
    fn default() -> Self {
        Self { failures: IntegerIn::of(5), open_for: DurationIn::seconds(10) }
    }
}

impl Default for EjectionTable {
    fn default() -> Self {
        Self {
            failures: IntegerIn::of(5),
            eject_for: DurationIn::seconds(30),
            max_ejected: IntegerIn::of(50),
        }
    }
}

impl ClientTable {
    /// What the table alone says. Paths are relative to `directory`.
    pub(super) fn into_client(self, directory: &Path) -> Client {
        Client {
            name: String::new(),
            host: String::new(),
            port: 0,
            protocol: self.protocol,
            transport: self.transport,
            tls: self.tls.into_settings().map(|tls| tls.into_tls(directory)),
            timeout: Duration::ZERO,
            connect_timeout: self.connect_timeout.0,
            retries: retries(self.retries),
            circuit_breaker: self.circuit_breaker.into_settings().map(|breaker| CircuitBreaker {
                failures: count(&breaker.failures),
                open_for: breaker.open_for.0,
            }),
            outlier_ejection: self.outlier_ejection.into_settings().map(|ejection| {
                OutlierEjection {
                    failures: count(&ejection.failures),
                    eject_for: ejection.eject_for.0,
                    max_ejected: percent(&ejection.max_ejected),
                }
            }),
            max_concurrency: self.max_concurrency.0,
            load_balancing: self.load_balancing,
            resolve_interval: self.resolve_interval.0,
            keep_alive: KeepAlive {
                interval: self.keepalive_interval.0,
                timeout: self.keepalive_timeout.0,
            },
            compression: self.compression,
            max_response: bytes(self.max_response.0),
            allow: Vec::new(),
            egress: Egress::default(),
        }
    }
}

impl TlsTable {
    fn into_tls(self, directory: &Path) -> ClientTls {
        let path = |text: Text| directory.join(String::from(text));
        let roots = match self.roots_file.map(path) {
            None => Roots::System,
            Some(file) if self.system_roots == Some(true) => Roots::Both(file),
            Some(file) => Roots::File(file),
        };
        let certificate = self.certificate.zip(self.key).map(|(certificate, key)| Certificate {
            certificate: path(certificate),
            key: path(key),
        });
        ClientTls { roots, certificate, server_name: self.server_name.map(String::from) }
    }
}

fn retries(table: Switchable<RetriesTable>) -> Retries {
    let is_off = !table.is_on();
    let table = table.into_settings().unwrap_or_default();
    Retries {
        attempts: if is_off { 1 } else { count(&table.attempts) },
        backoff: table.backoff.0,
        max_backoff: table.max_backoff.0,
        codes: table.codes.into_iter().map(Code::from).collect(),
        statuses: table.statuses.iter().filter_map(|status| status.0.try_into().ok()).collect(),
        budget: percent(&table.budget),
        max_buffer: bytes(table.max_buffer.0),
        all_methods: table.all_methods,
    }
}

fn count<const LEAST: u64, const MOST: u64>(number: &IntegerIn<LEAST, MOST>) -> u32 {
    number.0.try_into().unwrap_or(u32::MAX)
}

fn percent(number: &Percent) -> u8 {
    number.0.try_into().unwrap_or(100)
}

fn bytes(size: usize) -> u64 {
    size.try_into().unwrap_or(u64::MAX)
}
