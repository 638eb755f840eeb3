//! Which descriptors go with a service: those of its file and of all that this imports.
//! Deliberately without source information, which is large and serves no client.

use std::collections::{BTreeSet, HashMap};

use prost::Message as _;
use prost_types::FileDescriptorProto;

/// A `google.protobuf.FileDescriptorSet` whose files are not taken apart: prost would lose the options that
/// it does not know, which are all those that authors have defined.
#[derive(Clone, PartialEq, prost::Message)]
struct EncodedSet {
    #[prost(bytes = "vec", repeated, tag = "1")]
    file: Vec<Vec<u8>>,
}

/// The encoded descriptors of every service in `files`, by the service's full name. `encoded` is the set of
/// the same files.
pub(crate) fn of_services(
    files: &[FileDescriptorProto],
    encoded: &[u8],
) -> Result<HashMap<String, Vec<u8>>, prost::DecodeError> {
    let encoded = EncodedSet::decode(encoded)?.file;
    let declaring = files.iter().filter(|file| !file.service.is_empty());
    let described = declaring.flat_map(|file| {
        let wanted = with_imports(file, files);
        let both = files.iter().zip(&encoded);
        let wanted = both.filter(|(file, _)| wanted.contains(file.name()));
        let set = EncodedSet { file: wanted.map(|(_, encoded)| encoded.clone()).collect() };
        let set = set.encode_to_vec();
        let names = file.service.iter().map(|service| full_name(file.package(), service.name()));
        names.map(move |name| (name, set.clone()))
    });
    Ok(described.collect())
}

/// `package.Service`, or `Service` where there is no package.
pub(crate) fn full_name(package: &str, name: &str) -> String {
    if package.is_empty() { name.to_owned() } else { format!("{package}.{name}") }
}

/// The names of a file and of all that it imports.
fn with_imports<'a>(
    file: &'a FileDescriptorProto,
    files: &'a [FileDescriptorProto],
) -> BTreeSet<&'a str> {
    let mut wanted = BTreeSet::new();
    let mut next = vec![file.name()];
    while let Some(name) = next.pop() {
        if wanted.insert(name) {
            let found = files.iter().filter(|file| file.name() == name);
            next.extend(found.flat_map(|file| file.dependency.iter().map(String::as_str)));
        }
    }
    wanted
}
