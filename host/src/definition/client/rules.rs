//! Rules between the keys of a client, and between clients.
//!
//! Does not know how a client calls.

use std::net::IpAddr;

use super::super::document::{Place, join};
use super::super::indirection::quoted;
use super::super::reader::{Reader, Section};
use super::address::{is_host_name, is_never_allowed};
use super::{Client, ClientTable, Protocol, kebab_case};

/// Keys that mean something for one protocol only.
const OF_ONE_PROTOCOL: [(&str, Protocol); 5] = [
    ("compression", Protocol::Grpc),
    ("max_response", Protocol::Grpc),
    ("retries.codes", Protocol::Grpc),
    ("retries.statuses", Protocol::Http),
    ("retries.all_methods", Protocol::Http),
];

/// The name is part of an address, and what guests call the client. `others` stand before it.
pub(super) fn check_name<'t>(
    reader: &mut Reader<'t>,
    section: &Section<'t>,
    (name, place): (&str, Place),
    others: &[Client],
) {
    if !is_name(name) {
        let message = format!(
            "the name of a client must consist of letters, digits, `_` and, inside, `-`, found {}",
            quoted(name)
        );
        reader.problem(place, message, Some("for example `[clients.orders]`".to_owned()));
        return;
    }
    let kebab = kebab_case(name);
    if let Some(other) = others.iter().find(|other| kebab_case(&other.name) == kebab) {
        let message = format!(
            "`[{}]` and `[clients.{}]` are the same client: both names mean `{kebab}`",
            section.label, other.name
        );
        reader.problem(place, message, Some("keep one of them".to_owned()));
    }
}

/// A label of a host name, with `_`.
fn is_name(name: &str) -> bool {
    is_host_name(&format!("{name}.x")) && !name.contains('.')
}

/// Everything that a type of one key cannot say.
pub(super) fn check<'t>(reader: &mut Reader<'t>, section: &Section<'t>, table: &ClientTable) {
    check_host(reader, section, "host");
    check_tls(reader, &section.section("tls"));
    let retries = section.section("retries");
    if let Some(retry) = table.retries.table()
        && retry.backoff.0 > retry.max_backoff.0
    {
        let key = ["max_backoff", "backoff"].into_iter().find_map(|key| retries.value(key));
        let place = key.map_or(retries.place, Place::of);
        let message =
            format!("`{0}.max_backoff` must not be less than `{0}.backoff`", retries.label);
        reader.problem(place, message, None);
    }
    for (key, protocol) in OF_ONE_PROTOCOL {
        let value = match key.split_once('.') {
            Some((_, key)) => retries.value(key),
            None => section.value(key),
        };
        if let Some(value) = value.filter(|_| protocol != table.protocol) {
            let protocols = (protocol, table.protocol);
            note_foreign_key(reader, section, (key, Place::of(value)), protocols);
        }
    }
}

/// `protocol`: which the key is for, and which the client has.
fn note_foreign_key<'t>(
    reader: &mut Reader<'t>,
    section: &Section<'t>,
    (key, place): (&str, Place),
    (protocol, found): (Protocol, Protocol),
) {
    let (needed, found) = (protocol.as_str(), found.as_str());
    let message = format!(
        "`{}` is only for `protocol = \"{needed}\"`, and this client has `\"{found}\"`",
        join(&section.label, key)
    );
    let help = match key {
        "retries.codes" => "write `statuses`".to_owned(),
        "retries.statuses" => format!("write `codes`, or `protocol = \"{needed}\"`"),
        _ => "remove it".to_owned(),
    };
    reader.problem(place, message, Some(help));
}

fn check_tls<'t>(reader: &mut Reader<'t>, section: &Section<'t>) {
    check_host(reader, section, "server_name");
    for (key, other) in [("certificate", "key"), ("key", "certificate")] {
        if let (Some(value), None) = (section.value(key), section.value(other)) {
            let message = format!("`{0}.{key}` needs `{0}.{other}`", section.label);
            let help = format!("add `{other}` to `[{}]`, or remove `{key}`", section.label);
            reader.problem(Place::of(value), message, Some(help));
        }
    }
    let trusts_system = section.value("system_roots").map(|value| (value, reader.switch(value)));
    if let (Some((value, Some(false))), None) = (trusts_system, section.value("roots_file")) {
        let message = format!("`{0}.system_roots = false` needs `{0}.roots_file`", section.label);
        let help = "without both, no certificate of the service can be valid".to_owned();
        reader.problem(Place::of(value), message, Some(help));
    }
}

/// A host name or an IP address, and nothing of the URL around it.
fn check_host<'t>(reader: &mut Reader<'t>, section: &Section<'t>, key: &str) {
    let Some(value) = section.value(key) else { return };
    let text = value.get_ref().as_str().filter(|text| !text.trim().is_empty());
    let Some(text) = text.filter(|_| !reader.indirections().is_missing(value)) else { return };
    let address = text.parse::<IpAddr>().ok();
    if address.is_some_and(|address| !is_never_allowed(address)) || is_host_name(text) {
        return;
    }
    let label = join(&section.label, key);
    let found = reader.indirections().describe(value);
    let message = match address {
        Some(_) => format!("`{label}` must be the address of one machine, found {found}"),
        None => format!("`{label}` must be a host name or an IP address, found {found}"),
    };
    let is_literal = !reader.indirections().covers(value);
    let help = host_instead(text, key).filter(|_| is_literal && address.is_none());
    reader.problem(Place::of(value), message, help);
}

/// What was meant by a URL, or by a host with a port.
fn host_instead(text: &str, key: &str) -> Option<String> {
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    let authority = rest.split(['/', '?', '#']).next()?;
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if port.parse::<u16>().is_ok() => (host, Some(port)),
        _ => (authority, None),
    };
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    if host == text || !(host.parse::<IpAddr>().is_ok() || is_host_name(host)) {
        return None;
    }
    let port = port.filter(|_| key == "host").map(|port| format!(" and `port = {port}`"));
    let tls = (scheme == "https" && key == "host").then_some(" and `tls = true`");
    Some(format!("write `{key} = \"{host}\"`{}{}", port.unwrap_or_default(), tls.unwrap_or("")))
}

/// Whether a key means nothing for the protocol of the client, so that its default does not count.
pub(super) fn means_nothing(section: &Section<'_>, protocol: Protocol, key: &str) -> bool {
    let foreign = OF_ONE_PROTOCOL.iter().filter(|(_, other)| *other != protocol);
    foreign.map(|(name, _)| join(&section.label, name)).any(|name| name == key)
}
