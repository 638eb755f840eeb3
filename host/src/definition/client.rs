//! `[clients.<name>]`: other services that guests may call, where they are and how they are called.
//!
//! Does not connect to any of them, and resolves no name.

mod address;
mod destination;
mod rules;
mod table;

use std::path::{Path, PathBuf};
use std::time::Duration;

use tonic::Code;

pub(crate) use self::address::{AddressClass, AddressPermission};
use self::destination::Destination;
pub(super) use self::destination::{needs_namespace, needs_port};
pub(super) use self::table::ClientTable;
use super::document::join;
use super::identity::kebab_case;
use super::quantity::format_duration;
use super::reader::{Reader, Section};
use super::{Definition, Egress, Environment, Kind, Origin, typed};

/// `[clients.<name>]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// As in the file.
    pub name: String,
    /// A host name or an IP address, without brackets.
    pub host: String,
    pub port: u16,
    pub protocol: Protocol,
    pub transport: ClientTransport,
    /// `None` is plaintext.
    pub tls: Option<ClientTls>,
    pub timeout: Duration,
    /// Of one attempt to connect, TLS included.
    pub connect_timeout: Duration,
    pub retries: Retries,
    pub circuit_breaker: Option<CircuitBreaker>,
    pub outlier_ejection: Option<OutlierEjection>,
    /// Calls in flight, on each worker thread.
    pub max_concurrency: usize,
    pub load_balancing: LoadBalancing,
    pub resolve_interval: Duration,
    pub keep_alive: KeepAlive,
    /// Of messages that the guest says nothing about.
    pub compression: Compression,
    /// Bytes of one gRPC message.
    pub max_response: u64,
    /// Classes of addresses that may be connected to, besides those that need no permission.
    pub allow: Vec<AddressClass>,
    /// Of the host: what becomes of other addresses.
    pub egress: Egress,
}

#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    serde::Deserialize,
    serde::Serialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    Grpc,
    Http,
}

#[derive(
    Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ClientTransport {
    Auto,
    Network,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientTls {
    pub roots: Roots,
    pub certificate: Option<Certificate>,
    /// The name that the certificate of the service must have, if that is not the host.
    pub server_name: Option<String>,
}

/// Certificate authorities that are trusted. A file is PEM, resolved against the directory of the definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Roots {
    System,
    File(PathBuf),
    Both(PathBuf),
}

impl Roots {
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::System => None,
            Self::File(path) | Self::Both(path) => Some(path),
        }
    }
}

/// The certificate that the client shows: PEM files, resolved against the directory of the definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retries {
    /// The first one included; 1 is no retry.
    pub attempts: u32,
    /// Before the first retry. It doubles with each, up to `max_backoff`.
    pub backoff: Duration,
    pub max_backoff: Duration,
    /// For gRPC.
    pub codes: Vec<Code>,
    /// For HTTP.
    pub statuses: Vec<u16>,
    /// Percent of calls that may be retries.
    pub budget: u8,
    /// Bytes of a request that are kept for a retry.
    pub max_buffer: u64,
    /// For HTTP: whether methods are retried that are not idempotent.
    pub all_methods: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CircuitBreaker {
    /// Failed calls in a row.
    pub failures: u32,
    pub open_for: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutlierEjection {
    /// Failed calls in a row at one address.
    pub failures: u32,
    pub eject_for: Duration,
    /// Percent of the addresses.
    pub max_ejected: u8,
}

#[derive(
    Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum LoadBalancing {
    RoundRobin,
    LeastLoaded,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeepAlive {
    /// Silence after which the service is pinged; `None` is never.
    pub interval: Option<Duration>,
    /// How long a ping may stay without an answer.
    pub timeout: Duration,
}

#[derive(
    Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Compression {
    Off,
    Gzip,
    Zstd,
}

impl Protocol {
    /// As written in `service.toml`.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Grpc => "grpc",
            Self::Http => "http",
        }
    }
}

impl Client {
    /// Whether calls stay in the process when it also runs this service.
    pub(crate) fn is_served_by(&self, service: &Definition) -> bool {
        let speaks = |kind: &Kind| match self.protocol {
            Protocol::Grpc => matches!(kind, Kind::Grpc(_)),
            Protocol::Http => matches!(kind, Kind::Http(_)),
        };
        self.transport == ClientTransport::Auto
            && kebab_case(&self.name) == service.identity.name
            && service.kinds.iter().any(speaks)
    }

    /// Its host and port, as a URL has them.
    pub(crate) fn authority(&self) -> String {
        let Self { host, port, .. } = self;
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }
}

/// What a client takes from the rest of the file.
pub(super) struct Inherited<'d> {
    /// `[host.limits]`.
    pub(super) call_timeout: Duration,
    /// `[host]`.
    pub(super) egress: Egress,
    pub(super) environment: &'d Environment,
    /// Of the file.
    pub(super) directory: &'d Path,
}

/// In the order of the file.
pub(super) fn read<'t>(
    reader: &mut Reader<'t>,
    root: &Section<'t>,
    inherited: &Inherited<'_>,
) -> Vec<Client> {
    let clients = root.section("clients");
    let mut list = Vec::new();
    for (name, place) in reader.tables(&clients) {
        let section = clients.section_as(name, "*");
        rules::check_name(reader, &section, (name, place), &list);
        list.push(client(reader, &section, name, inherited));
    }
    list
}

fn client<'t>(
    reader: &mut Reader<'t>,
    section: &Section<'t>,
    name: &str,
    inherited: &Inherited<'_>,
) -> Client {
    let counted = reader.effective.len();
    let table: ClientTable = typed::read_host(reader, section);
    let mut values = reader.effective.split_off(counted);
    values.retain(|one| !rules::means_nothing(section, table.protocol, &one.key));
    rules::check(reader, section, &table);
    let destination = destination::find(reader, section, (name, &table), inherited.environment);
    let timeout = table.timeout.as_ref().map(|timeout| timeout.0);
    let timeout = timeout.unwrap_or_else(|| {
        let key = join(&section.label, "timeout");
        reader.note(key, &format_duration(inherited.call_timeout), Origin::Default);
        inherited.call_timeout
    });
    reader.effective.append(&mut values);
    let Destination { host, port } = destination;
    Client {
        name: name.to_owned(),
        allow: address::allowed(&host, &table.allow),
        host,
        port,
        timeout,
        egress: inherited.egress,
        ..table.into_client(inherited.directory)
    }
}
