//! Which descriptors go with a service: those of its file and of all that this imports.
//! Deliberately without source information, which is large and serves no client.

use std::collections::{BTreeSet, HashMap};

use prost::Message as _;
use prost_types::{FileDescriptorProto, FileDescriptorSet};

/// The encoded descriptors of every service in `files`, by the service's full name.
pub(crate) fn of_services(files: &[FileDescriptorProto]) -> HashMap<String, Vec<u8>> {
    let declaring = files.iter().filter(|file| !file.service.is_empty());
    declaring
        .flat_map(|file| {
            let encoded = FileDescriptorSet { file: with_imports(file, files) }.encode_to_vec();
            let names =
                file.service.iter().map(|service| full_name(file.package(), service.name()));
            names.map(move |name| (name, encoded.clone()))
        })
        .collect()
}

/// `package.Service`, or `Service` where there is no package.
pub(crate) fn full_name(package: &str, name: &str) -> String {
    if package.is_empty() { name.to_owned() } else { format!("{package}.{name}") }
}

/// Imports come before what imports them, as `files` has them.
fn with_imports(
    file: &FileDescriptorProto,
    files: &[FileDescriptorProto],
) -> Vec<FileDescriptorProto> {
    let mut wanted = BTreeSet::new();
    let mut next = vec![file.name()];
    while let Some(name) = next.pop() {
        if wanted.insert(name) {
            let found = files.iter().filter(|file| file.name() == name);
            next.extend(found.flat_map(|file| file.dependency.iter().map(String::as_str)));
        }
    }
    let files = files.iter().filter(|file| wanted.contains(file.name()));
    files.map(|file| FileDescriptorProto { source_code_info: None, ..file.clone() }).collect()
}
