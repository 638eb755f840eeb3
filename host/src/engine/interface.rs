//! What a component imports and exports, and whether that fits what its service declares.

use std::fmt;

use wasmtime::component::Component;
use wasmtime::component::types::ComponentItem;

use super::services::{DeclarationError, Services};
use crate::bindings::{PACKAGE, VERSION};

/// An interface of the contract that a guest may export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interface {
    Lifecycle,
    Handover,
    Http,
    Grpc,
    Native,
    Script,
}

impl Interface {
    pub const ALL: [Self; 6] =
        [Self::Lifecycle, Self::Handover, Self::Http, Self::Grpc, Self::Native, Self::Script];

    /// The name in the contract, which is also the name of the kind that needs it, if one does.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lifecycle => "lifecycle",
            Self::Handover => "handover",
            Self::Http => "http",
            Self::Grpc => "grpc",
            Self::Native => "native",
            Self::Script => "script",
        }
    }

    /// Whether a component may export it or not, whatever its service's kinds are.
    fn is_optional(self) -> bool {
        matches!(self, Self::Lifecycle | Self::Handover)
    }

    /// The name under which a component exports it.
    pub fn export(self) -> String {
        format!("{PACKAGE}/{}@{VERSION}", self.name())
    }
}

/// What a component imports and exports.
#[derive(Debug, Clone)]
pub struct Surface {
    /// Names as they stand in the component, for example `wasi:cli/environment@0.2.6`.
    pub imports: Vec<String>,
    pub exports: Vec<String>,
    /// The gRPC services that it declares; empty for a component without `grpc`.
    pub services: Result<Services, DeclarationError>,
}

/// Why a component does not fit its service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mismatch {
    /// A declared kind without its export.
    MissingExport { interface: Interface, program: bool },
    /// An export without its kind.
    UndeclaredKind { interface: Interface },
    /// Our package in a version that this host does not speak.
    OtherVersion { package: String },
    /// Imports of one package that the host does not offer, as they stand in the component.
    UnknownImports { names: Vec<String> },
    /// The component exports `grpc`, and what it declares to serve cannot be used.
    Declaration(DeclarationError),
}

impl Surface {
    /// `bytes` are what `component` was compiled from.
    pub(super) fn of(component: &Component, engine: &wasmtime::Engine, bytes: &[u8]) -> Self {
        let ty = component.component_type();
        let imports = ty.imports(engine).map(|(name, _)| name.to_owned()).collect();
        let exports: Vec<_> = ty
            .exports(engine)
            .filter(|(_, item)| !matches!(item.ty, ComponentItem::Type(_)))
            .map(|(name, _)| name.to_owned())
            .collect();
        let services = if exports.contains(&Interface::Grpc.export()) {
            Services::declared(bytes)
        } else {
            Ok(Services::default())
        };
        Self { imports, exports, services }
    }

    /// The interfaces of the contract that the component exports in a version that the host speaks.
    pub fn exported(&self) -> impl Iterator<Item = Interface> {
        Interface::ALL.into_iter().filter(|interface| self.exports.contains(&interface.export()))
    }

    /// Everything that does not fit a service with the kinds `declared`.
    pub fn mismatches(&self, declared: &[Interface]) -> Vec<Mismatch> {
        let mut mismatches = Vec::new();
        for name in self.imports.iter().chain(&self.exports).filter(|name| is_other_version(name)) {
            let version = name.split_once('@').map_or("", |(_, version)| version);
            let mismatch = Mismatch::OtherVersion { package: format!("{PACKAGE}@{version}") };
            if !mismatches.contains(&mismatch) {
                mismatches.push(mismatch);
            }
        }
        if mismatches.is_empty() {
            self.compare_exports(declared, &mut mismatches);
            mismatches.extend(self.services.clone().err().map(Mismatch::Declaration));
        }
        let unknown = |name: &&String| !is_other_version(name) && !is_offered(name);
        let unknown: Vec<_> = self.imports.iter().filter(unknown).cloned().collect();
        let by_package = unknown.chunk_by(|a, b| package(a) == package(b));
        mismatches.extend(by_package.map(|n| Mismatch::UnknownImports { names: n.to_vec() }));
        mismatches
    }

    fn compare_exports(&self, declared: &[Interface], mismatches: &mut Vec<Mismatch>) {
        let program = self.exports.iter().any(|name| name.starts_with("wasi:cli/run@"));
        for interface in Interface::ALL {
            let exported = self.exports.contains(&interface.export());
            let wanted = declared.contains(&interface);
            if wanted && !exported {
                mismatches.push(Mismatch::MissingExport { interface, program });
            } else if exported && !wanted && !interface.is_optional() {
                mismatches.push(Mismatch::UndeclaredKind { interface });
            }
        }
    }
}

/// The interfaces that the host offers, without their versions; see `capability`.
const OFFERED: [&str; 21] = [
    "mikros:service/call",
    "mikros:service/definition",
    "mikros:service/env",
    "mikros:service/errors",
    "mikros:service/health",
    "mikros:service/logger",
    "mikros:service/shutdown",
    "mikros:service/time",
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

fn is_other_version(name: &str) -> bool {
    let Some(rest) = name.strip_prefix(PACKAGE).and_then(|rest| rest.strip_prefix('/')) else {
        return false;
    };
    rest.split_once('@').is_none_or(|(_, version)| version != VERSION)
}

/// `wasi:cli` of `wasi:cli/environment@0.2.6`.
fn package(name: &str) -> &str {
    name.split(['/', '@']).next().unwrap_or(name)
}

/// Where an import that the host does not offer most likely comes from.
fn origin(name: &str) -> &'static str {
    match package(name) {
        "wasi:filesystem" => {
            "files, for example `std::fs`; a service has no file system: take settings from \
             `service.toml` and embed data with `include_bytes!`"
        }
        "wasi:sockets" => {
            "sockets, for example `std::net` or an HTTP client; a service has no network of its own"
        }
        "wasi:http" => "an HTTP client or server library; a service has no network of its own",
        "wasi:cli" | "wasi:io" | "wasi:clocks" | "wasi:random" => {
            "a WASI version that this host does not speak; build for the target `wasm32-wasip2`"
        }
        "mikros:service" => "an SDK that is newer than this host",
        "env" | "wasi_snapshot_preview1" => "C code or a library that was not built for WASI 0.2",
        _ => "a library of the service, or a feature that this host does not have",
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingExport { interface, program: true } => write!(
                f,
                "it is a program with a `main` and does not export `{}`\n    \
                 help: make it a library with `crate-type = [\"cdylib\"]` and use \
                 `mikros_sdk::export!`",
                interface.export(),
            ),
            Self::MissingExport { interface, program: false } => write!(
                f,
                "kind `{0}` is declared in `types`, but the component does not export `{1}`\n    \
                 help: add `{0}` to `mikros_sdk::export!`, or remove it from `types`",
                interface.name(),
                interface.export(),
            ),
            Self::UndeclaredKind { interface } => write!(
                f,
                "the component exports `{1}`, but kind `{0}` is not declared in `types`\n    \
                 help: add `{0}` to `types`, or remove it from `mikros_sdk::export!`",
                interface.name(),
                interface.export(),
            ),
            Self::OtherVersion { package } => write!(
                f,
                "it was built for `{package}`, this host speaks version {VERSION}\n    \
                 help: use the SDK of the same version as the host",
            ),
            Self::UnknownImports { names } => write!(
                f,
                "it imports `{}`, which this host does not offer\n    \
                 help: it comes from {}",
                names.join("`, `"),
                origin(&names[0]),
            ),
            Self::Declaration(error) => write!(
                f,
                "{error}\n    \
                 help: build it with `mikros_sdk_build` and `mikros_sdk::export!` of the same \
                 version; other languages add the custom sections that `wit/grpc.wit` describes",
            ),
        }
    }
}

/// Mismatches as the indented lines of a message.
pub(super) fn list(mismatches: &[Mismatch]) -> impl fmt::Display {
    fmt::from_fn(move |f| mismatches.iter().try_for_each(|mismatch| write!(f, "\n  {mismatch}")))
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

    #[test]
    fn what_is_no_kind_is_optional() {
        let http = "mikros:service/http@0.1.0";
        for optional in ["mikros:service/lifecycle@0.1.0", "mikros:service/handover@0.1.0"] {
            assert_eq!(surface(&[], &[http]).mismatches(&[Interface::Http]), []);
            assert_eq!(surface(&[], &[http, optional]).mismatches(&[Interface::Http]), []);
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
            &["mikros:service/native@0.1.0"],
        );

        assert_eq!(
            surface.mismatches(&[Interface::Http]),
            [
                Mismatch::MissingExport { interface: Interface::Http, program: false },
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
        let surface = surface(&["mikros:service/logger@0.2.0"], &["mikros:service/http@0.2.0"]);

        let names: Vec<_> = surface.mismatches(&[Interface::Http]);

        assert_eq!(names, [Mismatch::OtherVersion { package: "mikros:service@0.2.0".to_owned() }]);
    }
}
