//! The generated files as they are.

use std::fs;
use std::path::Path;

use expect_test::{Expect, expect, expect_file};
use mikros_sdk_build::configure;
use prost::Message as _;
use prost_types::{FileDescriptorSet, ServiceDescriptorProto};

use super::{compile, directory};

fn read(directory: &Path, file: &str) -> String {
    fs::read_to_string(directory.join(file)).expect("the file is generated")
}

/// Descriptors are kept as well, because the generated code includes them. `UPDATE_EXPECT` accepts
/// new ones.
fn check_descriptor_files(out: &Path, services: &[&str]) {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    for service in services {
        let file = format!("{service}.descriptors");
        let written = fs::read(out.join(&file)).expect("the file is generated");
        let known = fs::read(golden.join(&file)).unwrap_or_default();
        #[expect(clippy::disallowed_methods, reason = "as expect-test does it")]
        let accept = std::env::var_os("UPDATE_EXPECT").is_some();
        if accept && written != known {
            fs::write(golden.join(&file), &written).expect("the golden file can be written");
        } else {
            assert!(written == known, "`tests/golden/{file}` is not what is generated");
        }
    }
}

#[test]
fn services_of_all_shapes() {
    let out = directory("greeter");

    compile(configure(), &["greeter.proto"], &out).expect("it compiles");

    expect_file!["../golden/golden.greeter.rs"].assert_eq(&read(&out, "golden.greeter.rs"));
    check_descriptor_files(&out, &["golden.greeter.Greeter"]);
}

#[test]
fn types_of_all_sorts_and_other_packages() {
    let out = directory("types");

    compile(configure(), &["types.proto"], &out).expect("it compiles");

    expect_file!["../golden/golden.types.rs"].assert_eq(&read(&out, "golden.types.rs"));
    expect_file!["../golden/golden.types.base.rs"].assert_eq(&read(&out, "golden.types.base.rs"));
    check_descriptor_files(&out, &["golden.types.Types"]);
}

#[test]
fn several_services_without_a_package() {
    let out = directory("plain");

    compile(configure(), &["plain.proto"], &out).expect("it compiles");

    expect_file!["../golden/_.rs"].assert_eq(&read(&out, "_.rs"));
    check_descriptor_files(&out, &["Echo", "HTTPReverse", "Idle", "S"]);
}

#[test]
fn a_package_beside_a_message_of_its_name() {
    let out = directory("shop");

    compile(configure().include_file("all.rs"), &["shop.proto"], &out).expect("it compiles");

    let both = "golden.Shop.self.order.rs";
    expect_file!["../golden/all.rs"].assert_eq(&read(&out, "all.rs"));
    expect_file!["../golden/golden.Shop.self.rs"].assert_eq(&read(&out, "golden.Shop.self.rs"));
    expect_file!["../golden/golden.Shop.self.order.rs"].assert_eq(&read(&out, both));
    check_descriptor_files(&out, &["golden.Shop.self.Orders"]);
}

/// The files in the descriptors of a service, and what they declare.
#[track_caller]
fn check_descriptors(files: &[&str], service: &str, expected: &Expect) {
    let out = directory(&format!("descriptors-{service}"));
    compile(configure(), files, &out).expect("it compiles");
    let encoded = fs::read(out.join(format!("{service}.descriptors"))).expect("they are written");
    let set = FileDescriptorSet::decode(encoded.as_slice()).expect("they are descriptors");
    let lines = set.file.iter().map(|file| {
        let services: Vec<_> = file.service.iter().map(ServiceDescriptorProto::name).collect();
        let source = if file.source_code_info.is_some() { " with source" } else { "" };
        format!("{} {services:?}{source}\n", file.name())
    });
    expected.assert_eq(&lines.collect::<String>());
}

#[test]
fn descriptors_have_what_is_imported_and_no_source() {
    check_descriptors(
        &["greeter.proto", "types.proto"],
        "golden.types.Types",
        &expect![[r#"
            base.proto []
            google/protobuf/any.proto []
            google/protobuf/duration.proto []
            google/protobuf/empty.proto []
            google/protobuf/struct.proto []
            google/protobuf/timestamp.proto []
            google/protobuf/wrappers.proto []
            types.proto ["Types"]
        "#]],
    );
    check_descriptors(
        &["greeter.proto", "types.proto"],
        "golden.greeter.Greeter",
        &expect![[r#"
            greeter.proto ["Greeter"]
        "#]],
    );
    check_descriptors(
        &["plain.proto"],
        "Idle",
        &expect![[r#"
            plain.proto ["Echo", "HTTPReverse", "Idle", "S"]
        "#]],
    );
}

/// The lines of generated code in which one of `words` is.
#[track_caller]
fn check_options(
    builder: mikros_sdk_build::Builder,
    name: &str,
    words: &[&str],
    expected: &Expect,
) {
    let out = directory(name);
    compile(builder, &["types.proto"], &out).expect("it compiles");
    let code = read(&out, "golden.types.rs");
    let lines = code.lines().filter(|line| words.iter().any(|word| line.contains(word)));
    let lines: Vec<&str> = lines.map(str::trim).collect();
    expected.assert_eq(&(lines.join("\n") + "\n"));
}

#[test]
fn options_change_the_types() {
    let attributes = configure()
        .type_attribute("golden.types.Everything", "#[one]")
        .message_attribute("golden.types.Everything.Inner", "#[two]")
        .enum_attribute("golden.types.Color", "#[three]")
        .field_attribute("golden.types.Everything.maybe", "#[four]");
    check_options(
        attributes,
        "attributes",
        &["#[one]", "#[two]", "#[three]", "#[four]"],
        &expect![[r#"
            #[one]
            #[four]
            #[two]
            #[three]
        "#]],
    );

    let services = configure()
        .server_mod_attribute(".golden.types", "#[five]")
        .trait_attribute("Types", "#[six]")
        .server_attribute("Other", "#[seven]");
    check_options(
        services,
        "attributes-of-services",
        &["#[five]", "#[six]", "#[seven]"],
        &expect![[r#"
            #[five]
            #[six]
        "#]],
    );

    let types = configure()
        .bytes([".golden.types.Everything.Inner"])
        .btree_map(["."])
        .extern_path(".golden.types.base", "crate::money");
    check_options(
        types,
        "types-of-fields",
        &["Bytes", "BTreeMap", "money"],
        &expect![[r#"
            pub prices: ::mikros_sdk::prost::alloc::collections::BTreeMap<
            crate::money::Money,
            pub r#type: ::mikros_sdk::prost::bytes::Bytes,
            request: ::mikros_sdk::grpc::Request<crate::money::Money>,
            ::mikros_sdk::grpc::Response<crate::money::Basket>,
            request: ::mikros_sdk::grpc::Request<crate::money::basket::Item>,
            request: impl ::mikros_sdk::grpc::IntoRequest<crate::money::Money>,
            ::mikros_sdk::grpc::Response<crate::money::Basket>,
            request: impl ::mikros_sdk::grpc::IntoRequest<crate::money::basket::Item>,
        "#]],
    );
}

#[test]
fn options_change_names_and_what_is_implemented() {
    let names = configure()
        .retain_enum_prefix()
        .enable_type_names()
        .type_name_domain(["."], "type.example.com")
        .skip_debug([".golden.types.Everything.Inner"])
        .generate_default_stubs(true);
    check_options(
        names,
        "options-names",
        &["ColorRed", "skip_debug", "\"type.example.com/golden.types.Everything\"", "/Nothing` is"],
        &expect![[r##"
            #[prost(skip_debug)]
            "type.example.com/golden.types.Everything".into()
            ColorRed = 1,
            Self::ColorRed => "COLOR_RED",
            "COLOR_RED" => Some(Self::ColorRed),
            "`/golden.types.Types/Nothing` is not implemented",
        "##]],
    );
}

#[test]
fn descriptors_of_a_call_may_be_written() {
    let out = directory("descriptor-set");
    let path = out.join("all.binpb");

    compile(configure().file_descriptor_set_path(&path), &["types.proto"], &out)
        .expect("it compiles");

    let services = fs::read(out.join("golden.types.Types.descriptors")).expect("it is written");
    assert_eq!(fs::read(path).expect("it is written"), services);
}

#[test]
fn files_that_nobody_imports_go_with_all_services() {
    check_descriptors(
        &["options.proto", "base.proto"],
        "golden.vault.Vault",
        &expect![[r#"
        google/protobuf/descriptor.proto []
        options.proto ["Vault"]
        base.proto []
    "#]],
    );
}

#[test]
fn well_known_types_may_be_compiled() {
    let out = directory("well-known");

    compile(configure().compile_well_known_types(), &["types.proto"], &out).expect("it compiles");

    assert!(read(&out, "google.protobuf.rs").contains("pub struct Timestamp"));
    assert!(read(&out, "golden.types.rs").contains("super::super::super::google::protobuf::Empty"));
}

#[test]
fn options_of_authors_are_in_the_descriptors() {
    let out = directory("options");

    compile(configure(), &["options.proto"], &out).expect("it compiles");

    let descriptors = fs::read(out.join("golden.vault.Vault.descriptors")).expect("written");
    // Number 50001 of a method's options, with a text of ten bytes.
    let option = b"\x8a\xb5\x18\x0avault.read";
    assert!(descriptors.windows(option.len()).any(|window| window == option));
}
