//! What several services of one process cannot have in common: names, and ports on the same addresses.
//!
//! Does not know what else uses a port.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use super::{Address, Definition, Kind, Origin, Port, Position};

/// Definitions that cannot be served by one process.
#[derive(Debug, thiserror::Error)]
#[error("the services cannot run in one process:{}", list(.0))]
pub(crate) struct CollisionError(Vec<Collision>);

/// Two services that want the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Collision {
    /// The later one of the two files.
    path: PathBuf,
    /// Where it says what collides.
    position: Option<Position>,
    message: String,
    help: &'static str,
}

impl CollisionError {
    pub(crate) fn help(&self) -> Option<&'static str> {
        self.0.first().map(|collision| collision.help)
    }

    pub(crate) fn collisions(&self) -> &[Collision] {
        &self.0
    }
}

impl Collision {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn position(&self) -> Option<Position> {
        self.position
    }

    pub(crate) fn help(&self) -> &'static str {
        self.help
    }

    fn of_names(one: &Definition, other: &Definition) -> Option<Self> {
        if one.path == other.path {
            let message = format!("`{}` is given twice", one.path.display());
            let help = "name each service once";
            return Some(Self { path: other.path.clone(), position: None, message, help });
        }
        let name = &one.identity.name;
        let message = format!(
            "{} and {} are both named `{name}`",
            place(one, one.origin_of("name")),
            place(other, other.origin_of("name"))
        );
        let help = "give one of the services another `name`";
        let (path, position) = (other.path.clone(), other.position_of("name"));
        (*name == other.identity.name).then_some(Self { path, position, message, help })
    }

    fn of_ports(one: &Definition, other: &Definition) -> Vec<Self> {
        if !overlap(one.host.address, other.host.address) {
            return Vec::new();
        }
        let pairs = ports(one).flat_map(|own| ports(other).map(move |port| (own, port)));
        let same = pairs.filter(|(own, port)| own.number == port.number && own.number != 0);
        let collision = |(own, port): (&Port, &Port)| Self {
            path: other.path.clone(),
            position: match &port.source {
                Origin::File(position) => Some(*position),
                Origin::Default | Origin::Test => other.position_of("types"),
                Origin::Variable(_) => None,
            },
            message: format!(
                "{} and {} both listen on port {}",
                place(one, &own.source),
                place(other, &port.source),
                own.number
            ),
            help: "choose another port in `types` of one of them, for example `http:8081`",
        };
        same.map(collision).collect()
    }
}

impl fmt::Display for Collision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Checks that one process can serve all of these.
///
/// # Errors
/// All that collides.
pub(crate) fn check_together(definitions: &[Definition]) -> Result<(), CollisionError> {
    let mut collisions = Vec::new();
    for (index, other) in definitions.iter().enumerate() {
        for one in &definitions[..index] {
            match Collision::of_names(one, other) {
                Some(collision) => collisions.push(collision),
                None => collisions.extend(Collision::of_ports(one, other)),
            }
        }
    }
    if collisions.is_empty() { Ok(()) } else { Err(CollisionError(collisions)) }
}

fn list(collisions: &[Collision]) -> String {
    collisions.iter().fold(String::new(), |list, collision| list + "\n  " + &collision.message)
}

fn ports(definition: &Definition) -> impl Iterator<Item = &Port> {
    definition.kinds.iter().filter_map(Kind::port)
}

/// Whether a port of one is a port of the other.
fn overlap(one: Address, other: Address) -> bool {
    let is_loopback = |address: Address| match address {
        Address::Loopback => true,
        Address::Of(ip) => ip.is_loopback(),
    };
    match (one, other) {
        (Address::Of(one), Address::Of(other)) => {
            one == other || includes(one, other) || includes(other, one)
        }
        (Address::Of(ip), other) | (other, Address::Of(ip)) => {
            ip.is_unspecified() || is_loopback(other) && ip.is_loopback()
        }
        (Address::Loopback, Address::Loopback) => true,
    }
}

/// Whether who listens on `wide` also listens on `ip`; `::` takes IPv4 as well.
fn includes(wide: IpAddr, ip: IpAddr) -> bool {
    wide.is_unspecified() && (wide.is_ipv6() || ip.is_ipv4())
}

fn place(definition: &Definition, origin: &Origin) -> String {
    let path = definition.path.display();
    match origin {
        Origin::File(Position { line, column }) => format!("`{path}:{line}:{column}`"),
        Origin::Variable(name) => format!("`{path}` (variable `{name}`)"),
        Origin::Default | Origin::Test => format!("`{path}` (by default)"),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use expect_test::{Expect, expect};

    use super::*;
    use crate::definition::LoadContext;

    fn definition(path: &str, name: &str, types: &str, host: &str) -> Definition {
        let text = format!(
            "name = '{name}'\ntypes = [{types}]\nversion = 'v1'\nlanguage = 'rust'\n\
             product = 'Matrix'\n[host]\ncomponent = 'app.wasm'\n{host}\n"
        );
        Definition::parse(Path::new(path), &text, &LoadContext::default()).unwrap()
    }

    #[track_caller]
    fn collides(definitions: &[Definition], expected: &Expect) {
        let error = check_together(definitions).unwrap_err();
        expected.assert_eq(&error.to_string());
    }

    #[test]
    fn a_name_and_a_port_are_for_one_service() {
        let user = || definition("user/service.toml", "user", "'http:8081', 'grpc:7071'", "");

        collides(
            &[user(), definition("other/service.toml", "user", "'http:8082'", "")],
            &expect![[r"
                the services cannot run in one process:
                  `user/service.toml:1:8` and `other/service.toml:1:8` are both named `user`"]],
        );
        collides(
            &[user(), definition("bff/service.toml", "bff", "'http:7071', 'native'", "")],
            &expect![[r"
                the services cannot run in one process:
                  `user/service.toml:2:23` and `bff/service.toml:2:10` both listen on port 7071"]],
        );
        collides(
            &[user(), user()],
            &expect![[r"
                the services cannot run in one process:
                  `user/service.toml` is given twice"]],
        );
        collides(
            &[
                definition("a/service.toml", "a", "'http'", ""),
                definition("b/service.toml", "b", "'http'", ""),
                definition("c/service.toml", "c", "'http'", "address = '127.0.0.1'"),
            ],
            &expect![[r"
                the services cannot run in one process:
                  `a/service.toml` (by default) and `b/service.toml` (by default) both listen on port 8080
                  `a/service.toml` (by default) and `c/service.toml` (by default) both listen on port 8080
                  `b/service.toml` (by default) and `c/service.toml` (by default) both listen on port 8080"]],
        );
    }

    #[test]
    fn what_is_not_the_same_goes_together() {
        let any = |name| definition(name, name, "'http:0', 'grpc:0'", "");
        let at = |name, ip: &str| definition(name, name, "'http'", &format!("address = '{ip}'"));

        assert!(check_together(&[any("a"), any("b")]).is_ok());
        assert!(check_together(&[at("a", "127.0.0.1"), at("b", "127.0.0.2")]).is_ok());
        assert!(check_together(&[at("a", "0.0.0.0"), at("b", "::1")]).is_ok());
        assert!(check_together(&[]).is_ok());
    }

    #[test]
    fn loopback_is_all_of_its_addresses() {
        assert!(overlap(Address::Loopback, Address::Of([127, 0, 0, 1].into())));
        assert!(overlap(Address::Of([0, 0, 0, 0].into()), Address::Loopback));
        assert!(!overlap(Address::Loopback, Address::Of([10, 0, 0, 1].into())));
    }
}
