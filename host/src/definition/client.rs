//! `[clients.<name>]`: where other services are.
//!
//! Does not connect to any of them.

use super::Client;
use super::reader::{Reader, Section};

/// In the order of the file.
pub(super) fn read<'t>(reader: &mut Reader<'t>, root: &Section<'t>) -> Vec<Client> {
    let clients = root.section("clients");
    let mut list = Vec::new();
    for (name, place) in clients.names() {
        let section = clients.section_as(name, "*");
        if !section.is_present() {
            continue;
        }
        let message =
            format!("`[{}]` has no effect: this version connects no clients", section.label);
        reader.warning(place, message, None);
        list.push(Client {
            name: name.to_owned(),
            host: reader.text(&section, "host"),
            port: reader.number(&section, "port"),
        });
    }
    list
}
