//! Which descriptors go with a service: those of its file and of all that this imports.
//! Deliberately without source information, which is large and serves no client.

use std::collections::{BTreeMap, BTreeSet};

use prost::Message as _;

use crate::source::{Source, full_name};

/// A `google.protobuf.FileDescriptorSet` whose files are not taken apart: prost would lose the options that
/// it does not know, which are all those that authors have defined.
#[derive(Clone, PartialEq, prost::Message)]
struct EncodedSet {
    #[prost(bytes = "vec", repeated, tag = "1")]
    file: Vec<Vec<u8>>,
}

/// The encoded descriptors of every service in `sources`, by the service's full name. `encoded` is the set of
/// the same files.
///
/// A file that the author has named but no service imports goes with all of them: it extends their messages
/// or is sent in a `google.protobuf.Any`, and clients ask for it.
pub(crate) fn of_services(
    sources: &[Source],
    encoded: &[u8],
) -> Result<BTreeMap<String, Vec<u8>>, prost::DecodeError> {
    let encoded = EncodedSet::decode(encoded)?.file;
    let declares = |source: &&Source| !source.descriptor.service.is_empty();
    let mut imported = BTreeSet::new();
    for source in sources.iter().filter(declares) {
        add_with_imports(source.descriptor.name(), sources, &mut imported);
    }
    let mut alone = BTreeSet::new();
    for source in sources.iter().filter(|source| !source.is_import) {
        let name = source.descriptor.name();
        if !imported.contains(name) {
            add_with_imports(name, sources, &mut alone);
        }
    }
    let described = sources.iter().filter(declares).flat_map(|source| {
        let file = &source.descriptor;
        let mut wanted = alone.clone();
        add_with_imports(file.name(), sources, &mut wanted);
        let both = sources.iter().zip(&encoded);
        let wanted = both.filter(|(source, _)| wanted.contains(source.descriptor.name()));
        let set = EncodedSet { file: wanted.map(|(_, encoded)| encoded.clone()).collect() };
        let set = set.encode_to_vec();
        let names = file.service.iter().map(|service| full_name(file.package(), service.name()));
        names.map(move |name| (name, set.clone()))
    });
    Ok(described.collect())
}

/// Adds the names of a file and of all that it imports.
fn add_with_imports<'a>(name: &'a str, sources: &'a [Source], wanted: &mut BTreeSet<&'a str>) {
    let mut next = vec![name];
    while let Some(name) = next.pop() {
        if wanted.insert(name) {
            let files = sources.iter().map(|source| &source.descriptor);
            let found = files.filter(|file| file.name() == name);
            next.extend(found.flat_map(|file| file.dependency.iter().map(String::as_str)));
        }
    }
}
