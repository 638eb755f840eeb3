//! `[services.http]`: how the HTTP kind listens to its clients.
//!
//! Does not know where the port comes from, nor HTTP itself.

use super::document::Place;
use super::reader::{Reader, Section};
use super::{Http, HttpTimeouts, Origin, Port};

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
        },
        max_header_bytes: reader.number(section, "max_header_bytes").unwrap_or_default(),
    }
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
    if reader.switch(section, "disable_auth") == Some(false) {
        let message = format!(
            "`{}.disable_auth` must be `true`: this version has no authentication",
            section.label
        );
        let help = "without authentication the service would be open to everybody".to_owned();
        reader.problem(place("disable_auth"), message, Some(help));
    }
    if reader.switch(section, "cors_strict").is_some() {
        let message = format!(
            "`{}.cors_strict` has no effect: this version has no CORS rules",
            section.label
        );
        reader.warning(place("cors_strict"), message, None);
    }
}
