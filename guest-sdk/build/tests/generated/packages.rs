//! Packages of all sorts of names, alone and beside messages, in one call and in several.

use std::fs;

use expect_test::expect;
use mikros_sdk_build::configure;

use super::scratch::Scratch;

#[test]
fn the_file_of_a_package_has_its_name_as_it_is_written() {
    for package in [
        "Acme.BillingAPI.V1",
        "acme.self.v1",
        "acme.v1Beta1",
        "acme.http2Api",
        "demo.type.v1",
        "my__pkg.v1",
        "_internal.v1",
    ] {
        let text = format!("package {package};\nmessage Some {{}}\n");
        let scratch = Scratch::new(&format!("written-{package}"), &[("some.proto", &text)]);

        scratch.compile(&["some.proto"]).expect("it compiles");

        let code = scratch.read(&format!("{package}.rs"));
        assert!(code.contains("pub struct Some"), "{package}: {code}");
    }
}

#[test]
fn a_package_is_also_found_by_the_name_that_tonic_expects() {
    let text = "package Acme.type.V1;\nmessage Some {}\n";
    let scratch = Scratch::new("written-for-tonic", &[("some.proto", text)]);

    scratch.compile(&["some.proto"]).expect("it compiles");

    assert_eq!(scratch.files(), ["Acme.type.V1.rs", "acme.r#type.v1.rs"]);
    assert_eq!(scratch.read("Acme.type.V1.rs"), scratch.read("acme.r#type.v1.rs"));
}

#[test]
fn packages_that_are_one_module_are_in_one_file() {
    let scratch = Scratch::new(
        "one-module",
        &[
            ("a.proto", "package shop.v1Beta;\nmessage A {}\n"),
            (
                "b.proto",
                "package shop.v1_beta;\nimport \"a.proto\";\nmessage B { v1Beta.A a = 1; }\n",
            ),
        ],
    );

    scratch
        .compile_with(configure().include_file("all.rs"), &["a.proto", "b.proto"])
        .expect("it compiles");

    assert_eq!(scratch.read("shop.v1Beta.rs"), scratch.read("shop.v1_beta.rs"));
    expect![[r#"
        pub mod shop {
            pub mod v1_beta {
                include!("shop.v1Beta.rs");
    "#]]
    .assert_eq(&scratch.outline("all.rs"));
}

#[test]
fn an_include_file_finds_packages_of_all_names() {
    let scratch = Scratch::new(
        "include-names",
        &[
            ("money.proto", "package google.type;\nmessage Money {}\n"),
            ("plain.proto", "message Plain {}\n"),
            (
                "shop.proto",
                "package Acme.self;\nimport \"money.proto\";\nmessage Price { google.type.Money money = 1; }\n",
            ),
        ],
    );
    let builder = configure().include_file("all.rs");

    scratch.compile_with(builder, &["shop.proto", "plain.proto"]).expect("it compiles");

    expect![[r#"
        include!("_.rs");
        pub mod acme {
            pub mod self_ {
                include!("Acme.self.rs");
        pub mod google {
            pub mod r#type {
                include!("google.r#type.rs");
    "#]]
    .assert_eq(&scratch.outline("all.rs"));
}

const SHOP: (&str, &str) = (
    "shop.proto",
    "package shop;
import \"order.proto\";
service Shop { rpc Place(Order) returns (order.Receipt); }
message Order {
  oneof how { string courier = 1; bool pickup = 2; }
  message Item { enum Size { SMALL = 0; } Size size = 1; }
  repeated Item items = 3;
}
",
);
const ORDER: (&str, &str) =
    ("order.proto", "package shop.order;\nmessage Receipt { string number = 1; }\n");

#[test]
fn a_package_and_a_message_of_one_name_are_one_module() {
    let scratch = Scratch::new("package-and-message", &[SHOP, ORDER]);

    scratch.compile_with(configure().include_file("all.rs"), &["shop.proto"]).expect("it compiles");

    expect![[r#"
        pub mod shop {
            include!("shop.rs");
            pub mod order {
                include!("shop.order.rs");
    "#]]
    .assert_eq(&scratch.outline("all.rs"));
    expect![[r#"
        pub struct Order {
        pub mod shop_server {
            pub trait Shop: ::core::marker::Sized + 'static {
            pub struct ShopServer<S>(::core::marker::PhantomData<S>);
        pub mod shop_client {
            pub struct ShopClient(::mikros_sdk::grpc::Channel);
    "#]]
    .assert_eq(&scratch.outline("shop.rs"));
    expect![[r#"
        pub struct Receipt {
            pub struct Item {
            pub mod item {
                pub enum Size {
            pub enum How {
    "#]]
    .assert_eq(&scratch.outline("shop.order.rs"));
}

#[test]
fn packages_below_a_message_of_their_name_are_in_its_module() {
    let scratch = Scratch::new(
        "packages-below-messages",
        &[
            (
                "shop.proto",
                "package shop;\nmessage Order { enum How { FAST = 0; } How how = 1; }\n",
            ),
            (
                "item.proto",
                "package shop.order.item;\nimport \"shop.proto\";\nmessage Wrap { shop.Order order = 1; }\n",
            ),
        ],
    );

    scratch.compile_with(configure().include_file("all.rs"), &["item.proto"]).expect("it compiles");

    expect![[r#"
        pub mod shop {
            include!("shop.rs");
            pub mod order {
                include!("shop.order.rs");
                pub mod item {
                    include!("shop.order.item.rs");
    "#]]
    .assert_eq(&scratch.outline("all.rs"));
    assert_eq!(scratch.outline("shop.order.rs"), "    pub enum How {\n");
}

#[test]
fn a_package_that_is_apart_from_a_message_of_its_name_may_be_included_elsewhere() {
    let scratch = Scratch::new(
        "package-apart",
        &[
            ORDER,
            (
                "shop.proto",
                "package shop;\nmessage Order { enum How { FAST = 0; } How how = 1; }\n",
            ),
        ],
    );

    scratch.compile(&["shop.proto", "order.proto"]).expect("it compiles");

    expect![[r#"
        pub struct Order {
        pub mod order { // package `shop.order` is separate: include it elsewhere
            pub enum How {
    "#]]
    .assert_eq(&scratch.outline("shop.rs"));
    assert_eq!(scratch.outline("shop.order.rs"), "pub struct Receipt {\n");
}

#[test]
fn calls_for_one_package_add_up() {
    let scratch = Scratch::new(
        "several-calls",
        &[
            (
                "orders.proto",
                "package shop.v1;\nservice Orders { rpc Place(Place) returns (Place); }\nmessage Place {}\n",
            ),
            (
                "extra.proto",
                "package shop.v1;\nimport \"orders.proto\";\nmessage Extra { Place place = 1; }\n",
            ),
            (
                "stock.proto",
                "package shop.v1;\nservice Stock { rpc Count(Count) returns (Count); }\nmessage Count {}\n",
            ),
        ],
    );

    for file in ["extra.proto", "orders.proto", "stock.proto", "orders.proto"] {
        let builder = configure().include_file("all.rs");
        scratch.compile_with(builder, &[file]).expect("it compiles");
    }

    expect![[r#"
        pub struct Place {}
        pub mod orders_server {
            pub trait Orders: ::core::marker::Sized + 'static {
            pub struct OrdersServer<S>(::core::marker::PhantomData<S>);
        pub mod orders_client {
            pub struct OrdersClient(::mikros_sdk::grpc::Channel);
        pub struct Extra {
        pub struct Count {}
        pub mod stock_server {
            pub trait Stock: ::core::marker::Sized + 'static {
            pub struct StockServer<S>(::core::marker::PhantomData<S>);
        pub mod stock_client {
            pub struct StockClient(::mikros_sdk::grpc::Channel);
    "#]]
    .assert_eq(&scratch.outline("shop.v1.rs"));
    assert_eq!(
        scratch.files(),
        ["all.rs", "shop.v1.Orders.descriptors", "shop.v1.Stock.descriptors", "shop.v1.rs"]
    );
}

#[test]
fn settings_count_for_the_files_that_are_named_with_them() {
    let scratch = Scratch::new(
        "settings-of-calls",
        &[
            ("money.proto", "package money;\nmessage Money {}\n"),
            (
                "shop.proto",
                "package shop;\nimport \"money.proto\";\nmessage Price { money.Money money = 1; }\n",
            ),
        ],
    );
    let builder = configure().type_attribute(".", "#[marked]");

    scratch.compile_with(builder, &["money.proto"]).expect("it compiles");
    scratch.compile(&["shop.proto"]).expect("it compiles");

    assert!(scratch.read("money.rs").contains("#[marked]"));
    assert!(!scratch.read("shop.rs").contains("#[marked]"));
}

#[test]
fn files_of_one_name_in_two_directories_are_two() {
    let scratch = Scratch::new(
        "files-of-one-name",
        &[
            ("a/common.proto", "package shop;\nmessage A {}\n"),
            (
                "b/common.proto",
                "package shop;\nmessage B {}\nservice S { rpc Do(B) returns (B); }\n",
            ),
        ],
    );

    for directory in ["a", "b"] {
        let directory = scratch.path().join(directory);
        let builder = configure().out_dir(scratch.out()).emit_rerun_if_changed(false);
        let files = [directory.join("common.proto")];
        builder.compile_protos(&files, &[directory]).expect("it compiles");
    }

    let code = scratch.read("shop.rs");
    assert!(code.contains("pub struct A") && code.contains("pub struct B"), "{code}");
}

#[test]
fn files_of_others_are_left_alone() {
    let text = "package ping;\nmessage Ping {}\n";
    let scratch = Scratch::new("files-of-others", &[("ping.proto", text)]);
    let others = ["x.r#y.txt", "pong.rs", "pong.descriptors"];
    for file in others {
        fs::write(scratch.out().join(file), "somebody else's").expect("it can be written");
    }

    scratch.compile(&["ping.proto"]).expect("it compiles");

    assert_eq!(scratch.files(), ["ping.rs", "pong.descriptors", "pong.rs", "x.r#y.txt"]);
    assert!(others.map(|file| scratch.read(file)).iter().all(|text| text == "somebody else's"));
}
