//! Ports of kinds: where each comes from, and that no two are the same.
//!
//! Does not know whether they are free.

use super::super::catalogue::PortUse;
use super::super::framework::{self, Framework};
use super::super::reader::Reader;
use super::super::{Kind, Origin, Port};
use super::{Declared, KindName};

/// Digits only: `u16::from_str` would accept `+80`.
pub(in crate::definition) fn parse_port(text: &str) -> Option<u16> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// Whether a kind has a port.
pub(super) fn listens(reader: &Reader<'_>, name: KindName) -> bool {
    match name {
        KindName::Grpc | KindName::Http => true,
        KindName::Native | KindName::Script => false,
        KindName::Custom(name) => {
            reader.kind(name).is_some_and(|entry| entry.port != PortUse::None)
        }
    }
}

/// Two kinds cannot listen on one port, unless the system chooses.
pub(super) fn check_they_differ(reader: &mut Reader<'_>, kinds: &[Kind], declared: &[Declared]) {
    let mut taken: Vec<(u16, &str)> = Vec::new();
    for (kind, declared) in kinds.iter().zip(declared) {
        let Some(port) = number(kind).filter(|port| *port != 0) else { continue };
        let second = kind.name();
        if let Some((_, first)) = taken.iter().find(|(other, _)| *other == port) {
            let message = format!("kinds `{first}` and `{second}` have the same port {port}");
            let help = format!("for example `{second}:{}`", port.checked_add(1).unwrap_or(1024));
            reader.problem(declared.item.place, message, Some(help));
        }
        taken.push((port, second));
    }
}

fn number(kind: &Kind) -> Option<u16> {
    match kind {
        Kind::Http(http) => Some(http.port.number),
        Kind::Grpc(grpc) => Some(grpc.port.number),
        Kind::Custom(custom) => custom.port.as_ref().map(|port| port.number),
        Kind::Native | Kind::Script => None,
    }
}

/// Scoped variable, then `service.toml`, then global variable, then default.
pub(super) fn choose(reader: &mut Reader<'_>, declared: &Declared, variable: &Framework) -> Port {
    let (kind, place) = (declared.name.as_str(), declared.item.place);
    reader.note_contradiction(variable.name);
    let from_variable = |(number, name)| Port { number, source: Origin::Variable(name) };
    let own = framework::parse_own(reader, variable, parse_port).map(from_variable);
    let global = framework::parse_global(reader, variable, parse_port).map(from_variable);
    let file = from_file(reader, declared);
    if let (None, Some(file), Some(global)) = (&own, &file, &global)
        && file.number != global.number
    {
        let message = format!(
            "`types` and `{}` set different ports for `{kind}`, {} from `types` wins",
            variable.name, file.number
        );
        let own = reader.scope().exportable(variable.name);
        reader.warning(place, message, own.map(|own| format!("set `{own}` to override the file")));
    }
    let port = own.or(file).or(global).unwrap_or_else(|| Port {
        number: variable.default.parse().unwrap_or_default(),
        source: Origin::Default,
    });
    note(reader, kind, &port);
    port
}

/// The same for a kind that no variable of the framework knows.
pub(super) fn choose_custom(
    reader: &mut Reader<'_>,
    declared: &Declared,
    usage: PortUse,
) -> Option<Port> {
    let PortUse::Default(number) = usage else { return None };
    let default = || Port { number, source: Origin::Default };
    let port = from_file(reader, declared).unwrap_or_else(default);
    note(reader, declared.name.as_str(), &port);
    Some(port)
}

fn from_file(reader: &Reader<'_>, declared: &Declared) -> Option<Port> {
    let source = reader.line_of(declared.item.place);
    declared.port.map(|number| Port { number, source })
}

fn note(reader: &mut Reader<'_>, kind: &str, port: &Port) {
    reader.note(format!("{kind}.port"), &port.number.to_string(), port.source.clone());
}
