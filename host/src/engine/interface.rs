//! What a component imports and exports, and whether that fits what its service declares.

use wasmtime::component::Component;
use wasmtime::component::types::ComponentItem;

use super::contract::{self, Relation};
use super::mismatch::Mismatch;
use super::services::{DeclarationError, Services};
use crate::bindings::{PACKAGE, VERSION, plugin};

/// An interface of the contract that a guest may export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interface {
    Lifecycle,
    Handover,
    Http,
    Grpc,
    Native,
    Script,
    /// Of a kind that is not built in.
    Custom {
        kind: &'static str,
        /// For example `acme:queue/consumer@0.1.0`.
        name: &'static str,
    },
    /// Of a plug-in, as the two that follow.
    PluginLifecycle,
    RequestHook,
    ResponseHook,
}

impl Interface {
    /// Those of services that are built in.
    pub(crate) const ALL: [Self; 6] =
        [Self::Lifecycle, Self::Handover, Self::Http, Self::Grpc, Self::Native, Self::Script];

    /// Those of plug-ins.
    pub(crate) const PLUGIN: [Self; 3] =
        [Self::PluginLifecycle, Self::RequestHook, Self::ResponseHook];

    /// The name in the contract, which is also the name of the kind that needs it, if one does.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Lifecycle | Self::PluginLifecycle => "lifecycle",
            Self::Handover => "handover",
            Self::Http => "http",
            Self::Grpc => "grpc",
            Self::Native => "native",
            Self::Script => "script",
            Self::Custom { kind, .. } => kind,
            Self::RequestHook => "request-hook",
            Self::ResponseHook => "response-hook",
        }
    }

    fn package(self) -> &'static str {
        if Self::PLUGIN.contains(&self) { plugin::PACKAGE } else { PACKAGE }
    }

    /// Whether a component may export it or not, whatever its service's kinds are.
    fn is_optional(self) -> bool {
        matches!(self, Self::Lifecycle | Self::Handover)
    }

    /// The name under which a component exports it.
    pub(crate) fn export(self) -> String {
        match self {
            Self::Custom { name, .. } => name.to_owned(),
            _ => format!("{}/{}@{VERSION}", self.package(), self.name()),
        }
    }

    /// Whether this is the name of a component's export of it, in any version that the host speaks.
    fn is_exported_as(self, name: &str) -> bool {
        if let Self::Custom { name: own, .. } = self {
            return contract::is_compatible(name, own);
        }
        contract::parse_in(self.package(), name).is_some_and(|(interface, version)| {
            interface == self.name() && Relation::of(version) == Relation::Spoken
        })
    }
}

/// What a service wants of its component.
#[derive(Debug, Default)]
pub(super) struct Wanted<'a> {
    pub(super) declared: &'a [Interface],
    /// Those of all kinds that are not built in.
    pub(super) kinds: Vec<Interface>,
    /// Interfaces that are offered beside the host's own.
    pub(super) offered: Vec<&'a str>,
}

/// What a component imports and exports.
#[derive(Debug, Clone)]
pub(crate) struct Surface {
    /// Names as they stand in the component, for example `wasi:cli/environment@0.2.6`.
    pub imports: Vec<String>,
    pub exports: Vec<String>,
    /// The gRPC services that it declares; empty for a component without `grpc`.
    pub services: Result<Services, DeclarationError>,
}

impl Surface {
    /// `bytes` are what `component` was compiled from.
    pub(super) fn of(component: &Component, engine: &wasmtime::Engine, bytes: &[u8]) -> Self {
        let ty = component.component_type();
        let imports = ty.imports(engine).map(|(name, _)| name.to_owned()).collect();
        let exports = ty
            .exports(engine)
            .filter(|(_, item)| !matches!(item.ty, ComponentItem::Type(_)))
            .map(|(name, _)| name.to_owned())
            .collect();
        let mut surface = Self { imports, exports, services: Ok(Services::default()) };
        if surface.has(Interface::Grpc) {
            surface.services = Services::declared(bytes);
        }
        surface
    }

    fn has(&self, interface: Interface) -> bool {
        self.exports.iter().any(|name| interface.is_exported_as(name))
    }

    /// Whether it can call other services.
    pub(crate) fn imports_clients(&self) -> bool {
        let mut interfaces = self.imports.iter().filter_map(|name| contract::parse(name));
        interfaces.any(|(interface, _version)| interface == "clients")
    }

    /// The interfaces of the contract that the component exports in a version that the host speaks.
    pub(crate) fn exported(&self) -> impl Iterator<Item = Interface> {
        let all = Interface::ALL.into_iter().chain(Interface::PLUGIN);
        all.filter(|interface| self.has(*interface))
    }

    /// Everything that does not fit a service.
    pub(super) fn mismatches(&self, wanted: &Wanted<'_>) -> Vec<Mismatch> {
        let mut mismatches = self.other_versions();
        if mismatches.is_empty() {
            if let Some(foreign) = self.foreign(wanted) {
                // What it imports is a consequence.
                return vec![foreign];
            }
            self.compare_exports(wanted, &mut mismatches);
            mismatches.extend(self.services.clone().err().map(Mismatch::Declaration));
        }
        mismatches.extend(self.unknown_imports(&wanted.offered));
        mismatches
    }

    /// Imports that nobody offers; `further` are the interfaces beside the host's own.
    pub(super) fn unknown_imports(&self, further: &[&str]) -> Vec<Mismatch> {
        let unknown = |name: &&String| {
            contract_version(name).is_none()
                && !is_offered(name)
                && !further.iter().any(|offered| contract::is_compatible(name, offered))
        };
        let unknown: Vec<_> = self.imports.iter().filter(unknown).cloned().collect();
        let by_package = unknown.chunk_by(|a, b| package(a) == package(b));
        by_package.map(|n| Mismatch::UnknownImports { names: n.to_vec() }).collect()
    }

    /// The versions of the contract that the host does not speak, each once.
    pub(super) fn other_versions(&self) -> Vec<Mismatch> {
        let mut mismatches = Vec::new();
        for name in self.imports.iter().chain(&self.exports) {
            let Some(version) = contract_version(name) else { continue };
            let mismatch = Mismatch::OtherVersion { version: version.to_owned() };
            if !mismatches.contains(&mismatch) {
                mismatches.push(mismatch);
            }
        }
        mismatches
    }

    /// Exports of which none is of the contract.
    fn foreign(&self, wanted: &Wanted<'_>) -> Option<Mismatch> {
        let is_own = |name: &String| {
            contract::parse(name).is_some()
                || wanted.kinds.iter().any(|custom| custom.is_exported_as(name))
        };
        let is_foreign =
            !self.exports.is_empty() && !self.is_program() && !self.exports.iter().any(is_own);
        is_foreign.then(|| Mismatch::Foreign { exports: self.sorted_exports() })
    }

    /// The exports in an order that no toolchain decides.
    pub(crate) fn sorted_exports(&self) -> Vec<String> {
        let mut exports = self.exports.clone();
        exports.sort_unstable();
        exports
    }

    /// Whether it has a `main`.
    fn is_program(&self) -> bool {
        self.exports.iter().any(|name| name.starts_with("wasi:cli/run@"))
    }

    fn compare_exports(&self, wanted: &Wanted<'_>, mismatches: &mut Vec<Mismatch>) {
        let Wanted { declared, kinds, .. } = wanted;
        let missing = declared.iter().copied().filter(|interface| !self.has(*interface));
        let missing: Vec<_> = missing.collect();
        if self.is_program() && !missing.is_empty() {
            mismatches.push(Mismatch::Program { missing });
        } else {
            mismatches
                .extend(missing.into_iter().map(|i| Mismatch::MissingExport { interface: i }));
        }
        let customs = kinds.iter().copied().filter(|custom| self.has(*custom));
        let services = self.exported().filter(|interface| Interface::ALL.contains(interface));
        let undeclared = services
            .chain(customs)
            .filter(|interface| !declared.contains(interface) && !interface.is_optional());
        mismatches.extend(undeclared.map(|interface| Mismatch::UndeclaredKind { interface }));
    }
}

/// The interfaces that the host offers, without their versions; see `capability`.
const OFFERED: [&str; 24] = [
    "mikros:service/call",
    "mikros:service/clients",
    "mikros:service/definition",
    "mikros:service/env",
    "mikros:service/errors",
    "mikros:service/health",
    "mikros:service/logger",
    "mikros:service/routes",
    "mikros:service/shutdown",
    "mikros:service/time",
    "mikros:service/types",
    "wasi:cli/environment",
    "wasi:cli/exit",
    "wasi:cli/stderr",
    "wasi:cli/stdin",
    "wasi:cli/stdout",
    "wasi:clocks/monotonic-clock",
    "wasi:clocks/wall-clock",
    "wasi:io/error",
    "wasi:io/poll",
    "wasi:io/streams",
    "wasi:random/insecure",
    "wasi:random/insecure-seed",
    "wasi:random/random",
];

fn is_offered(name: &str) -> bool {
    let bare = name.split('@').next().unwrap_or(name);
    OFFERED.contains(&bare) || bare.starts_with("wasi:cli/terminal-")
}

/// The version of a name of the contract that the host does not speak.
fn contract_version(name: &str) -> Option<&str> {
    let (_, version) = contract::parse(name)?;
    (Relation::of(version) != Relation::Spoken).then_some(version)
}

/// `wasi:cli` of `wasi:cli/environment@0.2.6`.
pub(super) fn package(name: &str) -> &str {
    name.split(['/', '@']).next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn surface(imports: &[&str], exports: &[&str]) -> Surface {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Surface {
            imports: owned(imports),
            exports: owned(exports),
            services: Ok(Services::default()),
        }
    }

    fn wanted(declared: &[Interface]) -> Wanted<'_> {
        Wanted { declared, ..Wanted::default() }
    }

    #[test]
    fn what_is_no_kind_is_optional() {
        let http = "mikros:service/http@0.2.0";
        for optional in ["mikros:service/lifecycle@0.2.0", "mikros:service/handover@0.2.0"] {
            assert_eq!(surface(&[], &[http]).mismatches(&wanted(&[Interface::Http])), []);
            assert_eq!(surface(&[], &[http, optional]).mismatches(&wanted(&[Interface::Http])), []);
        }
    }

    #[test]
    fn every_mismatch_is_reported_at_once() {
        let surface = surface(
            &[
                "wasi:cli/environment@0.2.6",
                "wasi:filesystem/types@0.2.6",
                "wasi:filesystem/preopens@0.2.6",
                "acme:flags/flags",
            ],
            &["mikros:service/native@0.2.0"],
        );

        assert_eq!(
            surface.mismatches(&wanted(&[Interface::Http])),
            [
                Mismatch::MissingExport { interface: Interface::Http },
                Mismatch::UndeclaredKind { interface: Interface::Native },
                Mismatch::UnknownImports {
                    names: vec![
                        "wasi:filesystem/types@0.2.6".to_owned(),
                        "wasi:filesystem/preopens@0.2.6".to_owned(),
                    ]
                },
                Mismatch::UnknownImports { names: vec!["acme:flags/flags".to_owned()] },
            ]
        );
    }

    #[test]
    fn another_version_of_the_contract_is_named_instead_of_its_consequences() {
        let surface = surface(&["mikros:service/logger@0.3.0"], &["mikros:service/http@0.3.0"]);

        let mismatches = surface.mismatches(&wanted(&[Interface::Http]));

        assert_eq!(mismatches, [Mismatch::OtherVersion { version: "0.3.0".to_owned() }]);
    }

    #[test]
    fn another_version_of_the_same_track_is_spoken() {
        let surface = surface(&["mikros:service/logger@0.2.7"], &["mikros:service/http@0.2.7"]);

        assert_eq!(surface.mismatches(&wanted(&[Interface::Http])), []);
        assert_eq!(surface.exported().collect::<Vec<_>>(), [Interface::Http]);
    }

    #[test]
    fn a_program_is_told_once() {
        let surface = surface(&[], &["wasi:cli/run@0.2.6"]);

        assert_eq!(
            surface.mismatches(&wanted(&[Interface::Http, Interface::Native])),
            [Mismatch::Program { missing: vec![Interface::Http, Interface::Native] }]
        );
    }

    #[test]
    fn a_component_of_another_host_is_told_without_its_imports() {
        let exports = ["wasi:http/incoming-handler@0.2.6"];
        let surface = surface(&["wasi:http/types@0.2.6"], &exports);

        assert_eq!(
            surface.mismatches(&wanted(&[Interface::Http])),
            [Mismatch::Foreign { exports: exports.map(str::to_owned).to_vec() }]
        );
    }
}
