//! Checks of `[clients.<name>]`: whether each service has an address, and whether its files can be used.
//!
//! Connects to nothing: a service that does not run yet is no mistake.

use std::io;
use std::net::{IpAddr, ToSocketAddrs};

use super::diagnosis::{Diagnosis, Subject};
use crate::commands::clients;
use crate::definition::client::AddressPermission;
use crate::definition::{Client, Definition};
use crate::engine::Surface;

/// `services`: all that are to run in one process. `surface`: of the component, if it fits.
pub(super) fn examine(
    definition: &Definition,
    services: &[Definition],
    surface: Option<&Surface>,
) -> Vec<Diagnosis> {
    let places = definition.clients.iter().map(|client| {
        if services.iter().any(|service| client.is_served_by(service)) {
            let message = format!("`{}` is served in this process", client.name);
            return Diagnosis::ok(Subject::Client, message);
        }
        place(client)
    });
    let misuse = surface.and_then(|surface| clients::misuse(definition, surface));
    let findings = clients::unusable_files(definition).into_iter().chain(misuse);
    places.chain(findings.map(|finding| Diagnosis::of(Subject::Client, finding))).collect()
}

/// Whether the host of a client has an address, and may have it.
fn place(client: &Client) -> Diagnosis {
    let addresses = (client.host.as_str(), client.port).to_socket_addrs();
    of_addresses(client, addresses.map(|all| all.map(|address| address.ip()).collect()))
}

fn of_addresses(client: &Client, addresses: io::Result<Vec<IpAddr>>) -> Diagnosis {
    let (name, destination) = (&client.name, client.authority());
    let addresses = match addresses {
        Ok(addresses) if !addresses.is_empty() => addresses,
        Ok(_) => return unresolved(client, "it has no address"),
        Err(error) => return unresolved(client, &error.to_string()),
    };
    if let Some(address) =
        addresses.iter().find(|address| client.permission(**address) == AddressPermission::Granted)
    {
        let shown = if client.host.parse::<IpAddr>() == Ok(*address) {
            destination
        } else {
            format!("{destination} ({address})")
        };
        return Diagnosis::ok(Subject::Client, format!("`{name}` is at {shown}"));
    }
    let address = addresses[0];
    let consequence = if client.uses(address) {
        "which it uses only because `[host] egress` is `audit`"
    } else {
        "which it may not connect to"
    };
    let message = format!("`{name}` is at {destination} ({address}), {consequence}");
    let warning = Diagnosis::warning(Subject::Client, message);
    match client.permission(address) {
        AddressPermission::Missing(class) => {
            warning.help(format!("add `allow = [\"{class}\"]` to `[clients.{name}]`"))
        }
        AddressPermission::Granted | AddressPermission::Never => warning,
    }
}

/// Names of a cluster have no address on a laptop.
fn unresolved(client: &Client, reason: &str) -> Diagnosis {
    let message =
        format!("cannot resolve `{}`, the host of `{}`: {reason}", client.host, client.name);
    Diagnosis::warning(Subject::Client, message).help(
        "calls fail where the name has no address; it may have one where the service will run",
    )
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use expect_test::expect;

    use super::super::diagnosis::Record;
    use super::super::fix::Mode;
    use super::*;
    use crate::definition::{Egress, LoadContext};

    #[test]
    fn a_client_has_an_address_that_it_may_connect_to() {
        let text = "name = 'probe'\ntypes = ['native']\nversion = 'v1'\nlanguage = 'rust'\n\
                    product = 'Matrix'\n[host]\ncomponent = 'a.wasm'\n[clients]\n\
                    orders = { host = 'orders.internal' }\nloop = { host = '::1', port = 1 }\n";
        let definition =
            Definition::parse(Path::new("service.toml"), text, &LoadContext::default());
        let definition = definition.expect("it is valid");
        let [orders, own] = definition.clients.as_slice() else { panic!("there are two") };
        let addresses =
            |all: &[&str]| Ok(all.iter().map(|one| one.parse().expect("an address")).collect());
        let audited = Client { egress: Egress::Audit, ..orders.clone() };
        let mut record = Record::new(Mode::Look);

        let diagnoses = vec![
            of_addresses(orders, addresses(&["10.0.0.1"])),
            of_addresses(orders, addresses(&["127.0.0.1", "10.0.0.1"])),
            of_addresses(orders, addresses(&["169.254.169.254"])),
            of_addresses(&audited, addresses(&["169.254.169.254"])),
            of_addresses(orders, addresses(&["0.0.0.0"])),
            of_addresses(orders, addresses(&[])),
            of_addresses(orders, Err(io::Error::other("no such name"))),
            place(own),
        ];

        assert!(record.add(diagnoses).is_ok());
        expect![[r#"
            ok         client: `orders` is at orders.internal:7070 (10.0.0.1)
            ok         client: `orders` is at orders.internal:7070 (10.0.0.1)
            warning    client: `orders` is at orders.internal:7070 (169.254.169.254), which it may not connect to
                       help: add `allow = ["metadata"]` to `[clients.orders]`
            warning    client: `orders` is at orders.internal:7070 (169.254.169.254), which it uses only because `[host] egress` is `audit`
                       help: add `allow = ["metadata"]` to `[clients.orders]`
            warning    client: `orders` is at orders.internal:7070 (0.0.0.0), which it may not connect to
            warning    client: cannot resolve `orders.internal`, the host of `orders`: it has no address
                       help: calls fail where the name has no address; it may have one where the service will run
            warning    client: cannot resolve `orders.internal`, the host of `orders`: no such name
                       help: calls fail where the name has no address; it may have one where the service will run
            ok         client: `loop` is at [::1]:1
            no problems, 5 warnings
        "#]].assert_eq(&record.to_string());
    }
}
