//! `[services.grpc]`: how the gRPC kind treats its clients.
//!
//! Does not know where the port comes from, nor gRPC itself.

use std::time::Duration;

use super::reader::{Reader, Section};
use super::shape::Checked;
use super::{Origin, Port};

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
}

/// What the message of an error's status is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

pub(super) fn read<'t>(reader: &mut Reader<'t>, section: &Section<'t>, port: Port) -> Grpc {
    Grpc {
        port,
        health: reader.switch(section, "health").unwrap_or_default(),
        reflection: reader.switch(section, "reflection").unwrap_or_default(),
        compresses: is(reader, section, "compression", "on"),
        status_message: if is(reader, section, "status_message", "json") {
            StatusMessage::Json
        } else {
            StatusMessage::Text
        },
        maps_codes: is(reader, section, "error_codes", "mapped"),
        max_request: reader.number(section, "max_request").unwrap_or_default(),
        max_response: reader.number(section, "max_response").unwrap_or_default(),
        max_metadata: reader.number(section, "max_metadata").unwrap_or_default(),
        connections: GrpcConnections {
            max_streams: reader.number(section, "max_streams").unwrap_or_default(),
            keepalive_interval: reader.duration(section, "keepalive_interval"),
            keepalive_timeout: reader.duration(section, "keepalive_timeout").unwrap_or_default(),
            max_age: reader.duration(section, "max_connection_age"),
            max_age_grace: reader.duration(section, "max_connection_age_grace"),
            idle_timeout: reader.duration(section, "idle_timeout"),
            write_timeout: reader.duration(section, "write_timeout"),
        },
    }
}

fn is<'t>(reader: &mut Reader<'t>, section: &Section<'t>, name: &str, word: &str) -> bool {
    matches!(reader.read(section, name), Some(Checked::Text(text)) if text == word)
}

/// Finds the problems of a table that nothing uses.
pub(super) fn check<'t>(reader: &mut Reader<'t>, section: &Section<'t>) {
    let effective = reader.effective.len();
    read(reader, section, Port { number: 0, source: Origin::Default });
    reader.effective.truncate(effective);
}
