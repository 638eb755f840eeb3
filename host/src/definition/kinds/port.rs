//! Ports of kinds: where each comes from, and that no two are the same.
//!
//! Does not know whether they are free.

use super::super::catalogue::PortUse;
use super::super::framework::{self, Framework};
use super::super::reader::Reader;
use super::super::variables::Found;
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
        let Some(port) = kind.port().map(|port| port.number).filter(|port| *port != 0) else {
            continue;
        };
        let second = kind.name();
        if let Some((_, first)) = taken.iter().find(|(other, _)| *other == port) {
            let message = format!("kinds `{first}` and `{second}` have the same port {port}");
            let help = format!("for example `{second}:{}`", port.checked_add(1).unwrap_or(1024));
            reader.problem(declared.item.place, message, Some(help));
        }
        taken.push((port, second));
    }
}

/// Scoped variable, then `service.toml`, then global variable, then default. What does not count is not
/// judged.
pub(super) fn choose(reader: &mut Reader<'_>, declared: &Declared, variable: &Framework) -> Port {
    reader.note_contradiction(variable.name);
    let scope = reader.scope();
    let (own, global) = (scope.own(variable.name), scope.global(variable.name));
    let file = from_file(reader, declared);
    let shared = global.as_ref().and_then(|global| parse_port(global.value));
    let instead = match (&file, shared) {
        (Some(file), _) => Some(format!("port `{}` of `types`", file.number)),
        (None, Some(_)) => Some(format!("the value of `{}`", variable.name)),
        (None, None) => framework::default_of(variable),
    };
    let own = own.and_then(|found| from_variable(reader, variable, found, instead));
    if let (None, Some(file), Some(shared)) = (&own, &file, shared)
        && file.number != shared
    {
        note_difference(reader, declared, variable, file.number);
    }
    let from_global = |reader: &mut Reader<'_>| {
        from_variable(reader, variable, global?, framework::default_of(variable))
    };
    let port = own.or(file).or_else(|| from_global(reader)).unwrap_or_else(|| Port {
        number: variable.default.parse().unwrap_or_default(),
        source: Origin::Default,
    });
    note(reader, declared.name.as_str(), &port);
    port
}

fn note_difference(
    reader: &mut Reader<'_>,
    declared: &Declared,
    variable: &Framework,
    number: u16,
) {
    let kind = declared.name.as_str();
    let message = format!(
        "`types` and `{}` set different ports for `{kind}`, {number} from `types` wins",
        variable.name
    );
    let own = reader.scope().exportable(variable.name);
    let help = own.map(|own| format!("set `{own}` to override the file"));
    reader.warning(declared.item.place, message, help);
}

/// `instead`: what counts without the variable.
fn from_variable(
    reader: &mut Reader<'_>,
    variable: &Framework,
    Found { name, value }: Found<'_>,
    instead: Option<String>,
) -> Option<Port> {
    if let Some(number) = parse_port(value) {
        return Some(Port { number, source: Origin::Variable(name) });
    }
    if is_service_link(value) {
        note_service_link(reader, variable, &name);
    } else {
        framework::note_malformed(reader, variable, &name, instead);
    }
    None
}

/// Kubernetes tells every pod about every Service of its namespace: one called `mikros-http` makes
/// `MIKROS_HTTP_PORT=tcp://10.43.161.118:80`.
fn is_service_link(value: &str) -> bool {
    let Some((protocol, address)) = value.split_once("://") else { return false };
    matches!(protocol, "tcp" | "udp" | "sctp")
        && address.rsplit_once(':').is_some_and(|(_, port)| parse_port(port).is_some())
}

fn note_service_link(reader: &mut Reader<'_>, variable: &Framework, name: &str) {
    let service = name.split("_PORT").next().unwrap_or(name).to_lowercase().replace('_', "-");
    let message = format!(
        "`{name}` is ignored: it is no port but the link that Kubernetes makes for a Service called `{service}`"
    );
    let own = reader.scope().exportable(variable.name).filter(|own| own != name);
    let own = own.map(|own| format!(", or set `{own}`")).unwrap_or_default();
    let help = format!(
        "write the port in `types`{own}; `enableServiceLinks: false` in the pod turns such variables off"
    );
    reader.environment_warning(message, Some(help));
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
    let source = reader.origin_at(declared.item.place);
    declared.port.map(|number| Port { number, source })
}

fn note(reader: &mut Reader<'_>, kind: &str, port: &Port) {
    reader.note(format!("{kind}.port"), &port.number.to_string(), port.source.clone());
}
