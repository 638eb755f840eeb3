//! Names that are different in protobuf and the same in Rust.

use expect_test::{Expect, expect};
use mikros_sdk_build::configure;

use super::scratch::Scratch;

/// What is said about a file that begins with `package store;` and two messages.
#[track_caller]
fn check_names(name: &str, text: &str, expected: &Expect) {
    let text = format!("package store;\nmessage Key {{}}\nmessage Value {{}}\n{text}");
    let scratch = Scratch::new(&format!("names-{name}"), &[("store.proto", &text)]);
    let error = scratch.compile(&["store.proto"]).expect_err("names are the same");
    let directory = format!("{}/", scratch.path().display());
    expected.assert_eq(&error.to_string().replace(&directory, ""));
    assert_eq!(scratch.files(), [""; 0]);
}

#[test]
fn names_that_are_the_same_in_rust_are_both_named() {
    check_names(
        "rpcs",
        "service Store {\n  rpc GetURL(Key) returns (Value);\n  rpc GetUrl(Key) returns (Value);\n}\n",
        &expect![
            "store.proto:7:3: RPC `store.Store.GetUrl` and RPC `store.Store.GetURL` (store.proto:6:3) both become the function `get_url` in Rust; rename one of them"
        ],
    );
    check_names(
        "services",
        "service HTTPStore {}\nservice HttpStore {}\n",
        &expect![
            "store.proto:6:1: service `store.HttpStore` and service `store.HTTPStore` (store.proto:5:1) both become the module `http_store_server` in Rust; rename one of them"
        ],
    );
    check_names(
        "service-and-message",
        "service Echo {}\nmessage EchoServer { message Address {} }\n",
        &expect![
            "store.proto:5:1: service `store.Echo` and message `store.EchoServer` (store.proto:6:1) both become the module `echo_server` in Rust; rename one of them"
        ],
    );
    check_names(
        "messages",
        "message Foo { string a = 1; }\nmessage foo { string a = 1; }\n\
         message HTTPReply { message A {} }\nmessage HttpReply { message B {} }\n",
        &expect![[r#"
            store.proto:6:1: message `store.foo` and message `store.Foo` (store.proto:5:1) both become the type `Foo` in Rust; rename one of them
            store.proto:8:1: message `store.HttpReply` and message `store.HTTPReply` (store.proto:7:1) both become the type `HttpReply` in Rust; rename one of them"#]],
    );
    check_names(
        "message-and-enum",
        "message Kind {}\nenum kind { A = 0; }\n",
        &expect![
            "store.proto:6:1: enum `store.kind` and message `store.Kind` (store.proto:5:1) both become the type `Kind` in Rust; rename one of them"
        ],
    );
}

#[test]
fn names_inside_of_types_that_are_the_same_in_rust_are_both_named() {
    check_names(
        "enum-values",
        "message M { enum Kind { KIND_X = 0; X = 1; } }\n",
        &expect![
            "store.proto:5:37: enum value `store.M.Kind.X` and enum value `store.M.Kind.KIND_X` (store.proto:5:25) both become the variant `X` in Rust; rename one of them"
        ],
    );
    check_names(
        "oneofs",
        "message M {\n  oneof some { Key a_b = 1; }\n  oneof Some { Key c = 2; }\n}\n",
        &expect![
            "store.proto:7:3: oneof `store.M.Some` and oneof `store.M.some` (store.proto:6:3) both become the field `some` in Rust; rename one of them"
        ],
    );
    check_names(
        "fields",
        "message M {\n  string how = 1;\n  oneof How { Key a = 2; }\n}\n",
        &expect![
            "store.proto:7:3: oneof `store.M.How` and field `store.M.how` (store.proto:6:3) both become the field `how` in Rust; rename one of them"
        ],
    );
    check_names(
        "functions",
        "enum Kind { NONE = 0; }\nmessage M {\n  Kind kind = 1;\n  Kind set_kind = 2;\n}\n",
        &expect![
            "store.proto:8:3: field `store.M.set_kind` and field `store.M.kind` (store.proto:7:3) both become the function `set_kind` in Rust; rename one of them"
        ],
    );
}

#[test]
fn names_that_differ_in_rust_may_be_alike() {
    let text = "package store;
message Echo {}
message EchoServer {}
service Echo_ { rpc Self(Echo) returns (Echo); rpc Type(Echo) returns (Echo); }
message M {
  message Some { enum Kind { option allow_alias = true; KIND_X = 0; X = 0; kind_y = 1; } }
  enum Other { NONE = 0; }
  oneof some { string a = 1; }
  map<string, Other> others = 2;
  optional string name = 3;
}
";
    let scratch = Scratch::new("names-alike", &[("store.proto", text)]);

    scratch.compile(&["store.proto"]).expect("it compiles");
}

#[test]
fn names_of_types_that_are_elsewhere_do_not_count() {
    let text = "package store;\nmessage Foo {}\nmessage foo {}\n";
    let scratch = Scratch::new("names-elsewhere", &[("store.proto", text)]);
    let builder = configure().extern_path(".store.foo", "crate::Other");

    scratch.compile_with(builder, &["store.proto"]).expect("it compiles");
}

#[test]
fn names_of_all_calls_count() {
    let scratch = Scratch::new(
        "names-of-calls",
        &[
            ("a.proto", "package store;\nmessage Foo {}\n"),
            ("b.proto", "package store;\nmessage foo {}\n"),
        ],
    );
    scratch.compile(&["a.proto"]).expect("it compiles");

    let error = scratch.compile(&["b.proto"]).expect_err("names are the same");

    let directory = format!("{}/", scratch.path().display());
    expect!["b.proto:3:1: message `store.foo` and message `store.Foo` (a.proto:3:1) both become the type `Foo` in Rust; rename one of them"].assert_eq(&error.to_string().replace(&directory, ""));
}

#[test]
fn a_service_and_a_package_of_one_name_are_both_named() {
    let scratch = Scratch::new(
        "service-and-package",
        &[
            (
                "a.proto",
                "package shop;\nimport \"b.proto\";\nservice Order { rpc Do(order_server.B) returns (order_server.B); }\n",
            ),
            ("b.proto", "package shop.order_server;\nmessage B {}\n"),
        ],
    );

    let error = scratch.compile(&["a.proto"]).expect_err("names are the same");

    let directory = format!("{}/", scratch.path().display());
    expect!["b.proto: package `shop.order_server` and service `shop.Order` (a.proto:4:1) both become the module `order_server` in Rust; rename one of them"].assert_eq(&error.to_string().replace(&directory, ""));
}
