//! A protobuf file as protox has read it.
//! Deliberately knows nothing about Rust.

use std::path::{Path, PathBuf};

use prost_types::{DescriptorProto, FileDescriptorProto};

/// The package whose types `mikros_sdk::prost_types` has.
const WELL_KNOWN: &str = ".google.protobuf";

/// A protobuf file and where it comes from.
#[derive(Debug)]
pub(crate) struct Source {
    /// Where it is, or its name in imports if protox brings it along.
    pub(crate) path: PathBuf,
    /// Whether the author has not named it.
    pub(crate) is_import: bool,
    pub(crate) descriptor: FileDescriptorProto,
}

impl Source {
    /// All files of `compiler`, each after those that it imports.
    pub(crate) fn all(compiler: &protox::Compiler) -> Vec<Self> {
        let descriptors = compiler.file_descriptor_set().file;
        let both = compiler.files().zip(descriptors);
        let sources = both.map(|(file, descriptor)| Self {
            path: file.path().unwrap_or(Path::new(file.name())).to_owned(),
            is_import: file.is_import(),
            descriptor,
        });
        sources.collect()
    }

    /// What tells it from all others: two directories may have files of one name.
    pub(crate) fn identity(&self) -> PathBuf {
        self.path.canonicalize().unwrap_or_else(|_| self.path.clone())
    }

    /// The full names of the types that it refers to.
    pub(crate) fn uses(&self) -> Vec<String> {
        let mut names = Vec::new();
        for message in &self.descriptor.message_type {
            add_uses(message, &mut names);
        }
        for method in self.descriptor.service.iter().flat_map(|service| &service.method) {
            names.extend([method.input_type(), method.output_type()]);
        }
        let names = names.into_iter().map(|name| name.trim_start_matches('.').to_owned());
        names.collect()
    }
}

fn add_uses<'a>(message: &'a DescriptorProto, names: &mut Vec<&'a str>) {
    names.extend(message.field.iter().filter_map(|field| field.type_name.as_deref()));
    for nested in &message.nested_type {
        add_uses(nested, names);
    }
}

/// `package.Service`, or `Service` where there is no package.
pub(crate) fn full_name(package: &str, name: &str) -> String {
    if package.is_empty() { name.to_owned() } else { format!("{package}.{name}") }
}

/// The protobuf types and packages that no code is generated for, because Rust has them elsewhere.
#[derive(Debug, Clone)]
pub(crate) struct Externs {
    paths: Vec<String>,
}

impl Default for Externs {
    fn default() -> Self {
        Self { paths: vec![WELL_KNOWN.to_owned()] }
    }
}

impl Externs {
    /// `path` is as in `.package.Type`.
    pub(crate) fn add(&mut self, path: String) {
        self.paths.push(path);
    }

    pub(crate) fn generate_well_known_types(&mut self) {
        self.paths.retain(|path| path != WELL_KNOWN);
    }

    /// Whether it has the type `name`, which has no dot at its beginning.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.paths.iter().any(|path| {
            let rest = path.strip_prefix('.').and_then(|path| name.strip_prefix(path));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    }
}
