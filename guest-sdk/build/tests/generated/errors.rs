//! What an author is told about a file that does not compile.

use std::fs;

use expect_test::{Expect, expect};
use mikros_sdk_build::configure;

use super::directory;
use super::scratch::Scratch;

#[track_caller]
fn check(name: &str, text: &str, expected: &Expect) {
    let directory = directory(&format!("error-{name}"));
    fs::write(directory.join("some.proto"), text).expect("the file can be written");
    let builder = configure().out_dir(&directory).emit_rerun_if_changed(false);
    let error = builder.compile_protos(&[directory.join("some.proto")], &[&directory]);
    let error = error.expect_err("the file has a mistake");
    expected.assert_eq(&error.to_string());
    // What Cargo shows.
    assert_eq!(format!("{error:?}"), error.to_string());
}

#[test]
fn mistakes_have_a_place() {
    check(
        "syntax",
        "syntax = \"proto3\";\nmessage Some { string name 1; }\n",
        &expect!["some.proto:2:28: expected '=', but found '1'"],
    );
    check(
        "type",
        "syntax = \"proto3\";\nmessage Some {\n  Other other = 1;\n}\n",
        &expect!["some.proto:3:3: name 'Other' is not defined"],
    );
    check(
        "import",
        "syntax = \"proto3\";\nimport \"other.proto\";\n",
        &expect!["some.proto:2:1: import 'other.proto' not found"],
    );
    check(
        "number",
        "syntax = \"proto3\";\nmessage Some {\n  string a = 1;\n  string b = 1;\n}\n",
        &expect!["some.proto:4:14: field number '1' is already used"],
    );
}

#[test]
fn a_missing_file_is_named() {
    let builder = configure().emit_rerun_if_changed(false);

    let error = builder.compile_protos(&["no-such.proto"], &["no-such-directory"]);

    expect!["file 'no-such.proto' is not in any include path"]
        .assert_eq(&error.expect_err("there is no file").to_string());
}

#[test]
fn a_directory_that_is_not_there_is_named() {
    let directory = directory("error-directory");
    fs::write(directory.join("some.proto"), "syntax = \"proto3\";\nservice Some {}\n")
        .expect("the file can be written");
    let builder = configure().out_dir(directory.join("missing")).emit_rerun_if_changed(false);

    let error = builder.compile_protos(&[directory.join("some.proto")], &[&directory]);

    let error = error.expect_err("there is no directory").to_string();
    assert!(error.starts_with("cannot write `") && error.contains("missing"), "{error}");
}

#[test]
fn an_include_file_does_not_replace_a_package() {
    let scratch = Scratch::new("include-package", &[("a.proto", "package shop;\nmessage A {}\n")]);

    let error = scratch.compile_with(configure().include_file("shop.rs"), &["a.proto"]);

    expect!["`shop.rs` is the file of a package: choose another name for `include_file`"]
        .assert_eq(&error.expect_err("the names are the same").to_string());
}

#[test]
fn a_file_behind_another_one_of_its_name_is_named() {
    let scratch = Scratch::new("shadow", &[("a/common.proto", ""), ("b/common.proto", "")]);
    let path = |name: &str| scratch.path().join(name);
    let builder = configure().out_dir(scratch.out()).emit_rerun_if_changed(false);

    let files = [path("a/common.proto"), path("b/common.proto")];
    let error = builder.compile_protos(&files, &[path("a"), path("b")]);

    let directory = format!("{}/", scratch.path().display());
    let error = error.expect_err("the second file cannot be imported").to_string();
    expect!["path 'b/common.proto' is shadowed by 'a/common.proto' in the include paths"]
        .assert_eq(&error.replace(&directory, ""));
}

#[test]
fn an_edition_is_answered_with_what_is_supported() {
    check(
        "edition",
        "// Comment.\nedition = \"2023\";\nmessage Some {}\n",
        &expect![[
            r#"some.proto:2:1: editions are not supported: instead of `edition`, write `syntax = "proto3"`, and `optional` where a field has explicit presence, or `syntax = "proto2"`"#
        ]],
    );
}

#[test]
fn an_attribute_that_is_none_is_an_error() {
    let scratch = Scratch::new("attribute", &[("some.proto", "message Some {}\n")]);
    let builder = configure().type_attribute(".", "#[derive(Copy");

    let error = scratch.compile_with(builder, &["some.proto"]).expect_err("it is not Rust");

    let directory = format!("{}/", scratch.path().display());
    expect!["cannot generate code: the code for `some.proto` is not valid Rust; check the attributes: cannot parse string into token stream"].assert_eq(&error.to_string().replace(&directory, ""));
}
