//! Sets of descriptors as several crates of one component bring them along.

use prost_types::{FileDescriptorSet, ServiceDescriptorProto};

use super::*;

fn file(name: &str, package: &str, message: &str, imports: &[&str]) -> FileDescriptorProto {
    FileDescriptorProto {
        name: Some(name.to_owned()),
        package: Some(package.to_owned()),
        dependency: imports.iter().map(|&name| name.to_owned()).collect(),
        message_type: vec![DescriptorProto {
            name: Some(message.to_owned()),
            ..DescriptorProto::default()
        }],
        ..FileDescriptorProto::default()
    }
}

fn set(files: &[FileDescriptorProto]) -> Vec<u8> {
    FileDescriptorSet { file: files.to_vec() }.encode_to_vec()
}

/// Name and imports of the file that has a symbol.
#[track_caller]
fn found(index: &Index, symbol: &str) -> (String, Vec<String>) {
    let file = index.symbol(symbol).expect("it is known");
    let file = FileDescriptorProto::decode(&*file).expect("it is a descriptor");
    let name = file.name().to_owned();
    assert_eq!(index.file(&name), index.symbol(symbol));
    (name, file.dependency)
}

#[test]
fn different_files_of_one_name_are_all_found_and_imported_as_they_were_meant() {
    let mut index = Index::default();
    let a = [file("common.proto", "a", "Thing", &[]), file("a.proto", "a", "A", &["common.proto"])];
    let b = [file("common.proto", "b", "Thing", &[]), file("b.proto", "b", "B", &["common.proto"])];

    // The sets of a component follow each other as one.
    let both = [set(&a), set(&b), set(&a), set(&b)].concat();
    index.add(&both).unwrap();

    let imports = |name: &str| vec![name.to_owned()];
    assert_eq!(found(&index, "a.Thing").0, "common.proto");
    assert_eq!(found(&index, "b.Thing").0, "common.proto~2");
    assert_eq!(found(&index, "a.A"), ("a.proto".to_owned(), imports("common.proto")));
    assert_eq!(found(&index, "b.B"), ("b.proto".to_owned(), imports("common.proto~2")));
    assert_eq!(index.files.len(), 4);
}

#[test]
fn the_hosts_files_have_names_of_their_own() {
    let mut index = Index::default();
    let own = set(&[file("health.proto", "grpc.health.v1", "Check", &[])]);

    index.add_own(&own, "grpc/health/v1/health.proto").unwrap();
    index.add(&set(&[file("health.proto", "clinic", "Patient", &[])])).unwrap();

    assert_eq!(found(&index, "grpc.health.v1.Check").0, "grpc/health/v1/health.proto");
    assert_eq!(found(&index, "clinic.Patient").0, "health.proto");
}

#[test]
fn another_edition_of_a_file_is_that_file() {
    let mut index = Index::default();
    let first = file("google/protobuf/any.proto", "google.protobuf", "Any", &[]);
    let mut second = first.clone();
    second.syntax = Some("proto3".to_owned());

    index.add(&[set(&[first]), set(&[second])].concat()).unwrap();

    assert_eq!(found(&index, "google.protobuf.Any").0, "google/protobuf/any.proto");
    assert_eq!(index.files.len(), 1);
}

#[test]
fn extensions_are_found_by_the_type_that_they_extend() {
    let extension = |number| FieldDescriptorProto {
        name: Some(format!("option_{number}")),
        number: Some(number),
        extendee: Some(".google.protobuf.MethodOptions".to_owned()),
        ..FieldDescriptorProto::default()
    };
    let mut options = file("options.proto", "acme", "Nothing", &[]);
    options.extension = vec![extension(50_002), extension(50_001)];
    let extended =
        file("google/protobuf/descriptor.proto", "google.protobuf", "MethodOptions", &[]);
    let mut index = Index::default();

    index.add(&set(&[extended, options])).unwrap();

    let name = "google.protobuf.MethodOptions";
    assert_eq!(index.extensions(name), Some(vec![50_001, 50_002]));
    assert_eq!(index.extensions("acme.Nothing"), Some(vec![]));
    assert_eq!(index.extensions("acme.Missing"), None);
    assert_eq!(index.extension(name, 50_001), index.file("options.proto"));
    assert_eq!(index.extension(name, 50_003), None);
    assert_eq!(found(&index, "acme.option_50001").0, "options.proto");
}

#[test]
fn what_prost_does_not_know_is_passed_on() {
    let service =
        ServiceDescriptorProto { name: Some("S".to_owned()), ..ServiceDescriptorProto::default() };
    let mut described = file("s.proto", "s", "M", &["common.proto"]);
    described.service = vec![service];
    // Field 50001 with the text `scope`, of a file that is renamed and whose import is.
    let mut encoded = described.encode_to_vec();
    let unknown = b"\x8a\xb5\x18\x05scope";
    encoded.extend(unknown);
    let with_unknown = EncodedSet { file: vec![encoded.into()] }.encode_to_vec();
    let mut index = Index::default();
    index
        .add(&set(&[file("common.proto", "a", "A", &[]), file("s.proto", "t", "T", &[])]))
        .unwrap();

    let common = set(&[file("common.proto", "b", "B", &[])]);
    index.add(&[common, with_unknown].concat()).unwrap();

    assert_eq!(found(&index, "s.S"), ("s.proto~2".to_owned(), vec!["common.proto~2".to_owned()]));
    assert!(index.symbol("s.M").unwrap().ends_with(unknown));
}
