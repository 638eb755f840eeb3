//! `[services.grpc]`: how the gRPC kind treats its clients.
//!
//! Does not know where the port comes from, nor gRPC itself.

use std::num::NonZeroU16;
use std::path::Path;
use std::time::Duration;

use schemars::JsonSchema;

use super::listener_tls::{self, ListenerTlsTable};
use super::reader::{Reader, Section};
use super::typed;
use super::valid::{DurationIn, DurationOrNever, SizeIn, Switchable};
use super::{KindTls, Port};

/// The kind `grpc`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of the table")]
pub struct Grpc {
    pub port: Port,
    pub health: bool,
    pub reflection: bool,
    /// Whether messages are compressed when the service does not say.
    pub compresses: bool,
    /// Whether an error's code follows its kind; otherwise it is always `UNKNOWN`.
    pub maps_codes: bool,
    pub status_message: StatusMessage,
    /// Largest message of a client, in bytes.
    pub max_request: usize,
    /// Largest message of the service, in bytes.
    pub max_response: usize,
    /// Bytes.
    pub max_metadata: usize,
    pub connections: GrpcConnections,
    pub tls: KindTls,
}

/// What the message of an error's status is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum StatusMessage {
    /// Its sentence.
    Text,
    /// Its JSON.
    Json,
}

/// Rules of connections; `None` is never.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GrpcConnections {
    /// RPCs at a time.
    pub max_streams: u32,
    /// Silence after which the client is pinged.
    pub keepalive_interval: Option<Duration>,
    /// How long a ping may stay without an answer.
    pub keepalive_timeout: Duration,
    pub max_age: Option<Duration>,
    /// How long RPCs may go on after that.
    pub max_age_grace: Option<Duration>,
    pub idle_timeout: Option<Duration>,
    /// Longest time without the client taking any of the data that waits for it.
    pub write_timeout: Option<Duration>,
}

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

#[derive(serde::Deserialize, serde::Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct GrpcTable {
    /// Whether connections use TLS, and with which certificates. Default: as `[host.tls]` says, of which a table takes
    /// nothing. `false` is plaintext.
    #[schemars(example = false)]
    tls: Option<Switchable<ListenerTlsTable>>,
    /// Whether the host serves `grpc.health.v1.Health` (`Check`, `List`, `Watch`), for the whole server and each
    /// service.
    #[schemars(example = false)]
    health: bool,
    /// Whether the host serves reflection, `v1` and `v1alpha`, from the descriptors in the component.
    #[schemars(example = false)]
    reflection: bool,
    /// Whether messages are sent compressed (gzip or zstd, as the client prefers) unless the service says
    /// otherwise. Compressed requests are always accepted.
    #[schemars(example = &"on")]
    compression: Compression,
    /// Status code of errors that the service returns: by their kind, or always `UNKNOWN`, which older clients
    /// expect.
    #[schemars(example = &"unknown")]
    error_codes: ErrorCodes,
    /// Status message of errors that the service returns: `text` is the sentence, with the JSON in the details.
    /// `json` is the JSON, which clients of the other Mikros frameworks decode.
    #[schemars(example = &"json")]
    status_message: StatusMessage,
    /// Maximum size of a client's message, decompressed. Larger ones get `RESOURCE_EXHAUSTED`.
    #[schemars(example = "16MiB")]
    max_request: SizeIn<KIB, GIB>,
    /// Maximum size of the service's message, uncompressed. Larger ones become `RESOURCE_EXHAUSTED`.
    #[schemars(example = "16MiB")]
    max_response: SizeIn<KIB, GIB>,
    /// Maximum size of the metadata of a request. Above twice this size the answer is HTTP 431.
    #[schemars(example = "64KiB")]
    max_metadata: SizeIn<{ 8 * KIB }, MIB>,
    /// Maximum number of concurrent RPCs on one connection; clients delay further ones. All connections share
    /// `[host.limits] max_concurrency`.
    #[schemars(example = 1000)]
    max_streams: NonZeroU16,
    /// A connection is pinged if nothing has arrived for this long.
    #[schemars(example = "10s")]
    keepalive_interval: DurationOrNever,
    /// A connection is closed if a ping is not answered for this long.
    #[schemars(example = "5s")]
    keepalive_timeout: DurationIn,
    /// Maximum age of a connection before GOAWAY is sent (±10 % jitter), so that clients rebalance.
    #[schemars(example = "30m")]
    max_connection_age: DurationOrNever,
    /// RPCs that are still in flight this long after that are cut off.
    #[schemars(example = "1m")]
    max_connection_age_grace: DurationOrNever,
    /// GOAWAY is sent after this long without an RPC.
    #[schemars(example = "5m")]
    idle_timeout: DurationOrNever,
    /// A connection is closed if the client reads none of the data that waits for it for this long.
    #[schemars(example = "30s")]
    write_timeout: DurationOrNever,
}

impl typed::DeclaredTable for GrpcTable {}

#[derive(Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Compression {
    Off,
    On,
}

#[derive(Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum ErrorCodes {
    Mapped,
    Unknown,
}

impl Default for GrpcTable {
    fn default() -> Self {
        const STREAMS: NonZeroU16 = NonZeroU16::new(128).expect("it is not zero");
        Self {
            tls: None,
            health: true,
            reflection: true,
            compression: Compression::Off,
            error_codes: ErrorCodes::Mapped,
            status_message: StatusMessage::Text,
            max_request: SizeIn::of(4 << 20),
            max_response: SizeIn::of(4 << 20),
            max_metadata: SizeIn::of(16 << 10),
            max_streams: STREAMS,
            keepalive_interval: DurationOrNever::seconds(60),
            keepalive_timeout: DurationIn::seconds(20),
            max_connection_age: DurationOrNever::of(None),
            max_connection_age_grace: DurationOrNever::of(None),
            idle_timeout: DurationOrNever::seconds(15 * 60),
            write_timeout: DurationOrNever::seconds(5 * 60),
        }
    }
}

pub(super) fn read<'t>(
    reader: &mut Reader<'t>,
    section: &Section<'t>,
    port: Port,
    directory: &Path,
) -> Grpc {
    let table: GrpcTable = typed::read_host(reader, section);
    Grpc {
        port,
        tls: listener_tls::of_kind(reader, section, table.tls, directory),
        health: table.health,
        reflection: table.reflection,
        compresses: table.compression == Compression::On,
        status_message: table.status_message,
        maps_codes: table.error_codes == ErrorCodes::Mapped,
        max_request: table.max_request.0,
        max_response: table.max_response.0,
        max_metadata: table.max_metadata.0,
        connections: GrpcConnections {
            max_streams: table.max_streams.get().into(),
            keepalive_interval: table.keepalive_interval.0,
            keepalive_timeout: table.keepalive_timeout.0,
            max_age: table.max_connection_age.0,
            max_age_grace: table.max_connection_age_grace.0,
            idle_timeout: table.idle_timeout.0,
            write_timeout: table.write_timeout.0,
        },
    }
}
