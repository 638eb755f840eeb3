//! `init`: what it adds to a crate and says about the rest, and what it refuses.
//! Whether a service works is tested in `kinds`.

use expect_test::expect;

use super::outside::Outside;
use super::{LIBRARY, refuses, tells};

#[test]
fn an_existing_crate_gets_what_it_lacks() {
    let outside = Outside::new();
    outside.write("Cargo.toml", LIBRARY);

    tells(
        &outside,
        "init --kind http",
        &expect![[r#"
            status 0
            --- stdout
            created service.toml
            created service.schema.json
            created .gitignore
            created src/lib.rs
            created src/tests.rs
            created tests/service.rs
            created README.md

            add to Cargo.toml:

            [lib]
            crate-type = ["cdylib"]

            [dependencies]
            mikros-sdk = { path = "$REPOSITORY/guest-sdk/sdk" }
            serde = { version = "1", features = ["derive"] }

            the SDK is not published yet, it is taken from $REPOSITORY: on another machine `Cargo.toml` needs another path

            after these edits:
              mikros-host dev
            --- stderr
        "#]],
    );
    // Again: all is there, but for the manifest.
    tells(
        &outside,
        "init --kind http",
        &expect![[r#"
            status 0
            --- stdout
            kept service.toml
            kept .gitignore
            kept src

            add to Cargo.toml:

            [lib]
            crate-type = ["cdylib"]

            [dependencies]
            mikros-sdk = { path = "$REPOSITORY/guest-sdk/sdk" }
            serde = { version = "1", features = ["derive"] }

            the SDK is not published yet, it is taken from $REPOSITORY: on another machine `Cargo.toml` needs another path

            after these edits:
              mikros-host dev
            --- stderr
        "#]],
    );
    assert_eq!(outside.read("Cargo.toml"), LIBRARY);
}

#[test]
fn the_source_of_an_existing_crate_stays_as_it_is() {
    let outside = Outside::new();
    let manifest = "[lib]\ncrate-type = ['cdylib']\n[dependencies]\nmikros-sdk = '0.1'\n\
                    serde = { workspace = true }\n";
    outside.write("one/Cargo.toml", &format!("{LIBRARY}{manifest}"));
    outside.write("one/src/lib.rs", "// mine");

    tells(
        &outside,
        "init one --kind grpc",
        &expect![[r#"
            status 0
            --- stdout
            created one/service.toml
            created one/service.schema.json
            created one/.gitignore
            kept src

            write into src/lib.rs: a service and `mikros_sdk::export!`; `mikros-host new` makes one to look at

            add to Cargo.toml:

            [lib]
            doctest = false

            [dependencies]
            mikros-sdk = { path = "$REPOSITORY/guest-sdk/sdk", features = ["grpc"] }

            [build-dependencies]
            mikros-sdk-build = { path = "$REPOSITORY/guest-sdk/build" }

            the SDK is not published yet, it is taken from $REPOSITORY: on another machine `Cargo.toml` needs another path

            after these edits:
              cd one
              mikros-host dev
            --- stderr
        "#]],
    );

    assert_eq!(outside.read("one/src/lib.rs"), "// mine");
    assert!(!outside.path().join("one/build.rs").exists());
}

#[test]
fn a_member_of_a_workspace_is_built_where_its_workspace_is() {
    let outside = Outside::new();
    outside.write("Cargo.toml", "[workspace]\nmembers = ['services/*']");
    outside.write("services/one/Cargo.toml", LIBRARY);

    assert_eq!(outside.run("init services/one --kind native").status, 0);

    let definition = outside.read("services/one/service.toml");
    let component = "component = \"../../target/wasm32-wasip2/release/say_hello.wasm\"";
    assert!(definition.contains(component), "{definition}");
    assert!(definition.contains("--target-dir ../../target"), "{definition}");
}

#[test]
fn what_is_no_crate_is_told() {
    let outside = Outside::new();
    refuses(
        &outside,
        "init --kind http",
        &expect![[r#"
        status 2
        --- stdout
        --- stderr
        error: there is no crate in `.`
         help: make a whole crate with `mikros-host new NAME`
    "#]],
    );
    outside.write("Cargo.toml", "[workspace]");
    refuses(
        &outside,
        "init --kind http",
        &expect![[r#"
        status 2
        --- stdout
        --- stderr
        error: `./Cargo.toml` is not the manifest of a crate: it has no `name` in `[package]`
    "#]],
    );
    outside.write("Cargo.toml", "[package");
    refuses(
        &outside,
        "init --kind http",
        &expect![[r#"
        status 2
        --- stdout
        --- stderr
        error: `./Cargo.toml` is not the manifest of a crate: unclosed table, expected `]`
    "#]],
    );
}

#[test]
fn a_whole_service_lacks_nothing() {
    let outside = Outside::new();
    outside.run("new hello --kind grpc --kind http");

    tells(
        &outside,
        "init hello --kind grpc",
        &expect![[r#"
            status 0
            --- stdout
            kept hello/service.toml
            kept hello/.gitignore
            kept src

            next:
              cd hello
              mikros-host dev
            --- stderr
        "#]],
    );
}
