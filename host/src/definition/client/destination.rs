//! Where a service is: what its table says, otherwise what the environment says of all services.
//!
//! Resolves no names.

use super::super::document::join;
use super::super::reader::{Reader, Section};
use super::super::variables::Found;
use super::super::{Environment, Origin, framework};
use super::{ClientTable, Protocol, kebab_case};

const LOCALHOST: &str = "localhost";

pub(super) struct Destination {
    pub(super) host: String,
    pub(super) port: u16,
}

/// Whether the host of any client depends on `MIKROS_COUPLED_NAMESPACE`.
pub(in crate::definition) fn needs_namespace(root: &Section<'_>) -> bool {
    tables(root).any(|client| client.value("host").is_none())
}

/// Whether the port of any client depends on `MIKROS_COUPLED_PORT`.
pub(in crate::definition) fn needs_port(root: &Section<'_>) -> bool {
    let is_http = |client: &Section<'_>| {
        let protocol = client.value("protocol").and_then(|value| value.get_ref().as_str());
        protocol == Some("http")
    };
    tables(root).any(|client| client.value("port").is_none() && !is_http(&client))
}

fn tables<'t>(root: &Section<'t>) -> impl Iterator<Item = Section<'t>> + use<'t> {
    let clients = root.section("clients");
    let names = clients.names().into_iter();
    names.map(move |(name, _)| clients.section_as(name, "*")).filter(Section::is_present)
}

/// What is not in the table is noted as a value that counts.
pub(super) fn find<'t>(
    reader: &mut Reader<'t>,
    section: &Section<'t>,
    (name, table): (&str, &ClientTable),
    environment: &Environment,
) -> Destination {
    let is_guess = table.host.is_none() && found(reader, &framework::COUPLED_NAMESPACE).is_none();
    let host = match &table.host {
        Some(host) => host.clone().into(),
        None => default_host(reader, section, name, environment),
    };
    let port = match table.port {
        Some(port) => port.get(),
        None => default_port(reader, section, table, environment),
    };
    if is_guess {
        warn_of_guess(reader, section, &host, port);
    }
    Destination { host, port }
}

fn default_host<'t>(
    reader: &mut Reader<'t>,
    section: &Section<'t>,
    name: &str,
    environment: &Environment,
) -> String {
    let host = match environment.coupled_namespace.as_str() {
        LOCALHOST | "" => LOCALHOST.to_owned(),
        namespace => format!("{}.{namespace}", kebab_case(name)),
    };
    let origin = found(reader, &framework::COUPLED_NAMESPACE).unwrap_or(Origin::Default);
    reader.note(join(&section.label, "host"), &host, origin);
    host
}

fn default_port<'t>(
    reader: &mut Reader<'t>,
    section: &Section<'t>,
    table: &ClientTable,
    environment: &Environment,
) -> u16 {
    let (port, origin) = match (table.protocol, table.tls.is_on()) {
        (Protocol::Http, true) => (443, None),
        (Protocol::Http, false) => (80, None),
        (Protocol::Grpc, _) => (environment.coupled_port, found(reader, &framework::COUPLED_PORT)),
    };
    let origin = origin.unwrap_or(Origin::Default);
    reader.note(join(&section.label, "port"), &port.to_string(), origin);
    port
}

/// The variable that is set.
fn found(reader: &Reader<'_>, variable: &framework::Framework) -> Option<Origin> {
    reader.scope().lookup(variable.name).map(|Found { name, .. }| Origin::Variable(name))
}

/// On a laptop the guess is right. Elsewhere the first call would fail, and nobody would know why.
fn warn_of_guess<'t>(reader: &mut Reader<'t>, section: &Section<'t>, host: &str, port: u16) {
    let variable = framework::COUPLED_NAMESPACE.name;
    let message = format!(
        "`[{}]` has no `host`, and `{variable}` is not set: calls go to `{host}:{port}`",
        section.label
    );
    let help = format!("write `host = \"{host}\"`, or set `{variable}`");
    reader.warning(section.place, message, Some(help));
}
