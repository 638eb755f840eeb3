//! `[services.http]`: how the HTTP kind listens to its clients.
//!
//! Does not know where the port comes from, nor HTTP itself.

use super::document::Place;
use super::reader::{Reader, Section};
use super::{Http, HttpTimeouts, Kind, Origin, Port};

pub(super) fn read<'t>(reader: &mut Reader<'t>, section: &Section<'t>, port: Port) -> Http {
    check_compatibility(reader, section);
    Http {
        port,
        base_path: reader.text(section, "base_path").unwrap_or_default(),
        health: reader.path(section, "health"),
        timeouts: HttpTimeouts {
            header: reader.duration(section, "header_timeout").unwrap_or_default(),
            read: reader.duration(section, "read_timeout").unwrap_or_default(),
            write: reader.duration(section, "write_timeout").unwrap_or_default(),
            idle: reader.duration(section, "idle_timeout").unwrap_or_default(),
            keepalive_interval: reader.duration(section, "keepalive_interval"),
            keepalive_timeout: reader.duration(section, "keepalive_timeout").unwrap_or_default(),
        },
        max_header_bytes: reader.number(section, "max_header_bytes").unwrap_or_default(),
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

/// Finds the problems of a table that nothing uses.
pub(super) fn check<'t>(reader: &mut Reader<'t>, section: &Section<'t>) {
    let effective = reader.effective.len();
    read(reader, section, Port { number: 0, source: Origin::Default });
    reader.effective.truncate(effective);
}

/// Keys that other hosts act upon and this one cannot.
fn check_compatibility<'t>(reader: &mut Reader<'t>, section: &Section<'t>) {
    let place = |name| section.value(name).map_or(section.place, Place::of);
    if reader.switch(section, "cors_strict").is_some() {
        let message = format!(
            "`{}.cors_strict` has no effect: mistakes in `[features.http_cors]` always keep the service from \
             starting",
            section.label
        );
        reader.warning(place("cors_strict"), message, None);
    }
}

/// Whether the table agrees with what features there are: `has_auth` says whether one finds out who calls.
pub(super) fn check_authentication<'t>(
    reader: &mut Reader<'t>,
    section: &Section<'t>,
    has_auth: bool,
) {
    let Some(value) = section.value("disable_auth") else { return };
    let label = &section.label;
    let (message, help) = match (reader.switch(section, "disable_auth"), has_auth) {
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
