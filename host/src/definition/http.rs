//! `[services.http]`: how the HTTP kind listens to its clients.
//!
//! Does not know where the port comes from, nor HTTP itself.

use std::path::Path;
use std::time::Duration;

use schemars::JsonSchema;

use super::document::Place;
use super::listener_tls::{self, ListenerTlsTable};
use super::reader::{Reader, Section};
use super::typed;
use super::valid::{
    BasePath, DurationIn, DurationOrNanoseconds, DurationOrNever, HealthPath, SizeOrBytes,
    Switchable,
};
use super::{Kind, KindTls, Port};

/// The kind `http`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Http {
    pub port: Port,
    /// Empty, or with a slash in front and none at the end.
    pub base_path: String,
    /// Path of the health check; `None` turns it off.
    pub health: Option<String>,
    pub timeouts: HttpTimeouts,
    pub max_header_bytes: usize,
    pub tls: KindTls,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HttpTimeouts {
    /// Until the whole head of a request has arrived.
    pub header: Duration,
    /// Longest silence while the body of a request arrives.
    pub read: Duration,
    /// Longest time without the client taking any of the data that waits for it.
    pub write: Duration,
    /// Longest life of a keep-alive connection without a request.
    pub idle: Duration,
    /// Silence after which an HTTP/2 client is pinged; `None` is never.
    pub keepalive_interval: Option<Duration>,
    /// How long a ping may stay without an answer.
    pub keepalive_timeout: Duration,
}

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;

#[derive(serde::Deserialize, serde::Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct HttpTable {
    /// Whether connections use TLS, and with which certificates. Default: as `[host.tls]` says, of which a table takes
    /// nothing. `false` is plaintext.
    #[schemars(example = false)]
    tls: Option<Switchable<ListenerTlsTable>>,
    /// Prefix of every route.
    #[schemars(example = "/api")]
    base_path: BasePath,
    /// Path of the health check on the service's port; `false` turns it off.
    #[schemars(example = "/healthz")]
    health: HealthPath,
    /// Maximum time until the whole head of a request has arrived.
    #[schemars(example = "5s")]
    header_timeout: DurationIn,
    /// Maximum pause while the body of a request arrives. An integer is in nanoseconds.
    #[schemars(example = "30s")]
    read_timeout: DurationOrNanoseconds,
    /// Maximum time in which the client reads none of the data that waits for it. An integer is in nanoseconds.
    #[schemars(example = "30s")]
    write_timeout: DurationOrNanoseconds,
    /// Maximum time of a keep-alive connection without a request. An integer is in nanoseconds.
    #[schemars(example = "2m")]
    idle_timeout: DurationOrNanoseconds,
    /// An HTTP/2 connection is pinged if nothing has arrived for this long.
    #[schemars(example = "10s")]
    keepalive_interval: DurationOrNever,
    /// An HTTP/2 connection is closed if a ping is not answered for this long.
    #[schemars(example = "5s")]
    keepalive_timeout: DurationIn,
    /// Maximum size of the head of a request. An integer is in bytes.
    #[schemars(example = "1MiB")]
    max_header_bytes: SizeOrBytes<{ 8 * KIB }, { 16 * MIB }>,
    /// Accepted for existing files: `true` conflicts with `[features.http_auth]`, `false` requires it.
    #[schemars(example = true)]
    disable_auth: Option<bool>,
    /// Has no effect, and is accepted with a warning: mistakes in `[features.http_cors]` always keep the service from
    /// starting.
    #[schemars(example = true)]
    cors_strict: Option<bool>,
}

impl typed::DeclaredTable for HttpTable {}

impl Default for HttpTable {
    fn default() -> Self {
        Self {
            tls: None,
            base_path: BasePath::of(String::new()),
            health: HealthPath::default(),
            header_timeout: DurationIn::seconds(10),
            read_timeout: DurationOrNanoseconds::seconds(15),
            write_timeout: DurationOrNanoseconds::seconds(15),
            idle_timeout: DurationOrNanoseconds::seconds(60),
            keepalive_interval: DurationOrNever::seconds(60),
            keepalive_timeout: DurationIn::seconds(20),
            max_header_bytes: SizeOrBytes::of(64 << 10),
            disable_auth: None,
            cors_strict: None,
        }
    }
}

pub(super) fn read<'t>(
    reader: &mut Reader<'t>,
    section: &Section<'t>,
    port: Port,
    directory: &Path,
) -> Http {
    let table: HttpTable = typed::read_host(reader, section);
    if table.cors_strict.is_some() {
        note_strictness(reader, section);
    }
    Http {
        port,
        tls: listener_tls::of_kind(reader, section, table.tls, directory),
        base_path: table.base_path.0,
        health: table.health.0,
        timeouts: HttpTimeouts {
            header: table.header_timeout.0,
            read: table.read_timeout.0,
            write: table.write_timeout.0,
            idle: table.idle_timeout.0,
            keepalive_interval: table.keepalive_interval.0,
            keepalive_timeout: table.keepalive_timeout.0,
        },
        max_header_bytes: table.max_header_bytes.0,
    }
}

/// What the path of every request of a service begins with; empty when that may be anything.
pub(super) fn base_path(kinds: &[Kind]) -> String {
    // Names of RPCs are paths too.
    if kinds.iter().any(|kind| matches!(kind, Kind::Grpc(_))) {
        return String::new();
    }
    let mut paths = kinds.iter().filter_map(|kind| match kind {
        Kind::Http(http) => Some(http.base_path.clone()),
        _ => None,
    });
    paths.next().unwrap_or_default()
}

/// Other hosts act upon the key, and this one cannot.
fn note_strictness<'t>(reader: &mut Reader<'t>, section: &Section<'t>) {
    let message = format!(
        "`{}.cors_strict` has no effect: mistakes in `[features.http_cors]` always keep the service from starting",
        section.label
    );
    let place = section.value("cors_strict").map_or(section.place, Place::of);
    reader.warning(place, message, None);
}

/// Whether the table agrees with what features there are: `has_auth` says whether one finds out who calls.
pub(super) fn check_authentication<'t>(
    reader: &mut Reader<'t>,
    section: &Section<'t>,
    has_auth: bool,
) {
    let Some(value) = section.value("disable_auth") else { return };
    let label = &section.label;
    let (message, help) = match (reader.switch(value), has_auth) {
        (Some(false), false) => (
            format!(
                "`{label}.disable_auth` asks for authentication, and `http_auth` is not enabled"
            ),
            "enable `[features.http_auth]`, or write `true`: the service is open to everybody then",
        ),
        (Some(true), true) => (
            format!("`{label}.disable_auth` turns off what `[features.http_auth]` turns on"),
            "remove one of them",
        ),
        _ => return,
    };
    reader.problem(Place::of(value), message, Some(help.to_owned()));
}
