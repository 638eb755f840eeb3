//! Why a component does not fit its service, in words, and what to do about it.
//!
//! Does not know how it was found out.

use std::fmt;

use super::contract::Relation;
use super::interface::{Interface, package};
use super::services::DeclarationError;
use crate::bindings::{PACKAGE, VERSION, plugin};

/// Why a component does not fit its service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Mismatch {
    /// A declared kind without its export.
    MissingExport { interface: Interface },
    /// It has a `main` instead of these exports.
    Program { missing: Vec<Interface> },
    /// Its exports, none of which is of the contract.
    Foreign { exports: Vec<String> },
    /// An export without its kind.
    UndeclaredKind { interface: Interface },
    /// Our package in a version that this host does not speak; empty when it has none.
    OtherVersion { version: String },
    /// Imports of one package that the host does not offer, as they stand in the component.
    UnknownImports { names: Vec<String> },
    /// A function that a plug-in cannot provide.
    Unprovidable { function: String, reason: &'static str },
    /// A function that a kind cannot call.
    Uncallable { function: String, reason: &'static str },
    /// A function that is imported with another type than the one that is provided.
    ProvidedOtherwise { function: String, feature: String },
    /// Two features provide the same.
    ProvidedTwice { interface: String, features: [String; 2] },
    /// A plug-in that neither decides nor provides anything.
    NoPlugin { exports: Vec<String> },
    /// The component exports `grpc`, and what it declares to serve cannot be used.
    Declaration(DeclarationError),
}

impl Mismatch {
    /// What to do about it.
    pub(crate) fn help(&self) -> String {
        match self {
            Self::MissingExport { interface } => format!(
                "add `{}` to `mikros_sdk::export!`, or remove it from `types`",
                interface.name()
            ),
            Self::Program { .. } => "make it a library: rename `src/main.rs` to `src/lib.rs`, add \
                 `crate-type = [\"cdylib\"]` to `[lib]` in `Cargo.toml` and use `mikros_sdk::export!`"
                .to_owned(),
            Self::Foreign { exports } => foreign_help(exports).to_owned(),
            Self::UndeclaredKind { interface } => format!(
                "add `{}` to `types`, or remove it from `mikros_sdk::export!`",
                interface.name()
            ),
            Self::OtherVersion { version } => other_version_help(version),
            Self::UnknownImports { names } => format!("it comes from {}", origin(&names[0])),
            Self::Unprovidable { .. } => {
                "change the function in the WIT of the interface, and build the plug-in and all services \
                 that use it again"
                    .to_owned()
            }
            Self::Uncallable { .. } => {
                "build the service for the WIT that the kind comes with".to_owned()
            }
            Self::ProvidedOtherwise { .. } => {
                "build the service and the plug-in with the same WIT".to_owned()
            }
            Self::ProvidedTwice { .. } => "disable one of the two features".to_owned(),
            Self::NoPlugin { exports } if exports.iter().any(|e| package(e) == PACKAGE) => {
                "it is a service: name it in `[host] component`".to_owned()
            }
            Self::NoPlugin { .. } => "write it with `mikros_sdk::export_plugin!`, or for the contract in \
                 `wit/plugin`"
                .to_owned(),
            Self::Declaration(_) => "build it with `mikros_sdk_build` and `mikros_sdk::export!` of \
                 the same version; other languages add the custom sections that `wit/grpc.wit` \
                 describes"
                .to_owned(),
        }
    }
}

fn other_version_help(version: &str) -> String {
    let sdk = "`mikros-sdk` in `Cargo.toml`";
    match Relation::of(version) {
        Relation::Newer => format!(
            "update mikros-host to one that speaks `{PACKAGE}@{version}`, or let {sdk} be one for \
             {VERSION} and build the service again"
        ),
        Relation::Older => format!(
            "let {sdk} be one for {VERSION} and build the service again, or run it with an older \
             mikros-host"
        ),
        Relation::Spoken | Relation::Unknown => {
            format!("let {sdk} be one for {VERSION} and build the service again")
        }
    }
}

fn foreign_help(exports: &[String]) -> &'static str {
    if exports.iter().any(|name| package(name) == "wasi:http") {
        return "hosts for `wasi:http`, such as `wasmtime serve`, can run it as it is; for this host \
                write it with `mikros-sdk` and `mikros_sdk::export!`";
    }
    if exports.iter().any(|name| package(name) == plugin::PACKAGE) {
        return "it is a plug-in: name it in `[features.<name>] component`, and a service in \
                `[host] component`";
    }
    "let `[host] component` name a component that was written with `mikros-sdk` and \
     `mikros_sdk::export!`, or for the contract in `wit`"
}

/// Where an import that the host does not offer most likely comes from.
fn origin(name: &str) -> &'static str {
    match package(name) {
        "wasi:filesystem" => {
            "files, for example `std::fs`; a service has no file system: take settings from \
             `service.toml` and embed data with `include_bytes!`"
        }
        "wasi:sockets" => {
            "sockets, for example `std::net` or an HTTP client; a service reaches other services only through \
             its clients: add `[clients.<name>]` with `host`, `port` and `protocol` to `service.toml`, and call \
             it with `mikros_sdk::clients`"
        }
        "wasi:http" => {
            "an HTTP client or server library; a service reaches other services only through its clients: add \
             `[clients.<name>]` with `host`, `port` and `protocol = \"http\"` to `service.toml`, and call it \
             with `mikros_sdk::clients`"
        }
        "wasi:cli" | "wasi:io" | "wasi:clocks" | "wasi:random" => {
            "a WASI version that this host does not speak; build for the target `wasm32-wasip2`"
        }
        "mikros:service" => "an SDK that is newer than this host",
        "env" | "wasi_snapshot_preview1" => "C code or a library that was not built for WASI 0.2",
        _ => {
            "a library of the service, or a feature: one that provides it has to stand in `service.toml`, \
             `[features.<name>] component = \"..\"`, or be part of this host"
        }
    }
}

/// What is wrong, without the help.
impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingExport { interface } => write!(
                f,
                "kind `{}` is declared in `types`, but the component does not export `{}`",
                interface.name(),
                interface.export(),
            ),
            Self::Program { missing } => {
                let missing: Vec<_> = missing.iter().map(|interface| interface.export()).collect();
                let missing = missing.join("`, `");
                write!(f, "it is a program with a `main` and does not export `{missing}`")
            }
            Self::Foreign { exports } => write!(
                f,
                "it was built for another host: it exports `{}`, and nothing of `{PACKAGE}`",
                exports.join("`, `"),
            ),
            Self::UndeclaredKind { interface } => write!(
                f,
                "the component exports `{}`, but kind `{}` is not declared in `types`",
                interface.export(),
                interface.name(),
            ),
            Self::OtherVersion { version } => write_other_version(f, version),
            Self::UnknownImports { names } => {
                write!(f, "it imports `{}`, which this host does not offer", names.join("`, `"))
            }
            Self::Unprovidable { function, reason } => {
                write!(f, "it cannot provide `{function}`: {reason}")
            }
            Self::Uncallable { function, reason } => {
                write!(f, "its kind cannot call `{function}`: {reason}")
            }
            Self::ProvidedOtherwise { function, feature } => write!(
                f,
                "it imports `{function}`, which feature `{feature}` provides with another type or not at \
                 all"
            ),
            Self::ProvidedTwice { interface, features: [first, second] } => write!(
                f,
                "features `{first}` and `{second}` both provide `{interface}`, which it imports"
            ),
            Self::NoPlugin { exports } => {
                write!(f, "it is no plug-in: it exports ")?;
                match &exports[..] {
                    [] => write!(f, "nothing"),
                    exports => write!(f, "`{}`", exports.join("`, `")),
                }
            }
            Self::Declaration(error) => write!(f, "{error}"),
        }
    }
}

fn write_other_version(f: &mut fmt::Formatter<'_>, version: &str) -> fmt::Result {
    let at = if version.is_empty() { "" } else { "@" };
    let age = match Relation::of(version) {
        Relation::Newer => " the older",
        Relation::Older => " the newer",
        Relation::Spoken | Relation::Unknown => "",
    };
    write!(
        f,
        "it was built for `{PACKAGE}{at}{version}`, and this host speaks{age} `{PACKAGE}@{VERSION}`"
    )
}

/// Mismatches as the indented lines of a message, each with its help.
pub(super) fn list(mismatches: &[Mismatch]) -> impl fmt::Display {
    fmt::from_fn(move |f| {
        mismatches
            .iter()
            .try_for_each(|mismatch| write!(f, "\n  {mismatch}\n    help: {}", mismatch.help()))
    })
}
