//! `[clients.<name>]`: where other services are.
//!
//! Does not connect to any of them.

use std::num::NonZeroU16;

use schemars::JsonSchema;

use super::Client;
use super::reader::{Reader, Section};
use super::typed;
use super::valid::Text;

#[derive(Default, serde::Deserialize, serde::Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ClientTable {
    /// Host of another service. This version connects no clients.
    #[schemars(example = "orders.internal")]
    host: Option<Text>,
    /// Port of another service. This version connects no clients.
    #[schemars(example = 7070)]
    port: Option<NonZeroU16>,
}

impl typed::DeclaredTable for ClientTable {}

/// In the order of the file.
pub(super) fn read<'t>(reader: &mut Reader<'t>, root: &Section<'t>) -> Vec<Client> {
    let clients = root.section("clients");
    let mut list = Vec::new();
    for (name, place) in reader.tables(&clients) {
        let section = clients.section_as(name, "*");
        let message =
            format!("`[{}]` has no effect: this version connects no clients", section.label);
        reader.warning(place, message, None);
        let table: ClientTable = typed::read_host(reader, &section);
        list.push(Client {
            name: name.to_owned(),
            host: table.host.map(String::from),
            port: table.port.map(NonZeroU16::get),
        });
    }
    list
}
