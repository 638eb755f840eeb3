//! What the elements of a protobuf file are called in Rust, and which of them get the same name.
//!
//! Protobuf compares names before they are made Rust's, and rustc afterwards, in code that the author has not
//! written. So they are compared here, where both names are known. The rules are those of prost.

pub(crate) mod of_file;

use std::collections::{HashMap, HashSet};
use std::fmt;

use heck::{ToSnakeCase as _, ToUpperCamelCase as _};
use prost_build::Module;

/// What an element becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Role {
    Module,
    Type,
    Function,
    Field,
    Variant,
}

/// An element of a protobuf file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Element {
    /// As in `message`.
    pub(crate) kind: &'static str,
    /// With its package.
    pub(crate) name: String,
    /// File, line and column.
    pub(crate) place: String,
}

/// A name in generated code.
#[derive(Debug, Clone)]
pub(crate) struct Name {
    /// The path of the module, type or trait that it is in.
    pub(crate) scope: String,
    pub(crate) rust: String,
    pub(crate) role: Role,
    pub(crate) element: Element,
}

/// Two elements of protobuf files that have the same name in Rust.
#[derive(Debug, Clone)]
pub struct NameConflict {
    pub(crate) first: Element,
    pub(crate) second: Element,
    pub(crate) role: Role,
    pub(crate) rust: String,
}

/// All pairs of elements that share a name.
pub(crate) fn conflicts<'a>(names: impl IntoIterator<Item = &'a Name>) -> Vec<NameConflict> {
    let mut known = HashMap::new();
    let mut pairs = HashSet::new();
    let mut conflicts = Vec::new();
    for name in names {
        // Modules and types are of one namespace.
        let is_item = matches!(name.role, Role::Module | Role::Type);
        let role = if is_item { Role::Type } else { name.role };
        let first: &Element = known.entry((&name.scope, role, &name.rust)).or_insert(&name.element);
        let pair = (&*first.name, &*name.element.name);
        // What is in two messages of one name is the same for no other reason.
        let is_inside = pairs.contains(&(parent(pair.0), parent(pair.1)));
        if *first != name.element && pairs.insert(pair) && !is_inside {
            conflicts.push(NameConflict {
                first: first.clone(),
                second: name.element.clone(),
                role: name.role,
                rust: name.rust.clone(),
            });
        }
    }
    conflicts
}

/// The message, service or package that an element is in.
fn parent(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(parent, _)| parent)
}

/// The names of the modules that a package is in.
pub(crate) fn module(package: &str) -> Vec<String> {
    Module::from_protobuf_package_name(package).parts().map(str::to_owned).collect()
}

/// The name of a module, function or field.
pub(crate) fn snake(name: &str) -> String {
    module(name).pop().unwrap_or_default()
}

/// The name of a type or variant.
pub(crate) fn camel(name: &str) -> String {
    match name.to_upper_camel_case() {
        name if name == "Self" => "Self_".to_owned(),
        name if name.starts_with(char::is_numeric) => format!("_{name}"),
        name => name,
    }
}

/// The name of the variant for a value of an enum: `Red` for `COLOR_RED` in `Color`.
pub(crate) fn variant(type_name: &str, value: &str, strips_prefix: bool) -> String {
    let name = camel(value);
    let rest = name.strip_prefix(type_name).filter(|rest| rest.starts_with(char::is_uppercase));
    match rest.filter(|_| strips_prefix) {
        Some("Self") => "Self_".to_owned(),
        Some(rest) => rest.to_owned(),
        None => name,
    }
}

/// The name of the module that serves `service`, given as a type: `http_store_server` for `HttpStore`.
pub(crate) fn server_module(service: &str) -> String {
    // Not as `snake`: with the suffix it is no keyword.
    format!("{}_server", service.to_snake_case())
}

/// The name of the module that calls `service`.
pub(crate) fn client_module(service: &str) -> String {
    format!("{}_client", service.to_snake_case())
}

/// What a client calls the function of a method, which gives way to the client's own.
pub(crate) fn client_function(method: &str) -> String {
    let is_own = ["connect", "new"].contains(&method);
    if is_own { format!("{method}_") } else { method.to_owned() }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Module => "module",
            Self::Type => "type",
            Self::Function => "function",
            Self::Field => "field",
            Self::Variant => "variant",
        })
    }
}

impl fmt::Display for NameConflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { first, second, role, rust } = self;
        write!(
            f,
            "{}: {} `{}` and {} `{}` ({}) both become the {role} `{rust}` in Rust; rename one of them",
            second.place, second.kind, second.name, first.kind, first.name, first.place
        )
    }
}
