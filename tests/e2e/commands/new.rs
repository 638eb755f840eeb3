//! `new`: what it writes and says. Below it what it refuses, and `init`.
//! Whether it works is tested in `kinds`.

mod init;
pub(crate) mod kinds;
mod outside;
mod questions;
mod refusals;

use std::fs;
use std::path::Path;

use expect_test::{Expect, expect};

use self::outside::Outside;
use crate::support::workspace;

/// The manifest of a library.
const LIBRARY: &str = "[package]\nname = 'say-hello'\nversion = '1.0.0'\nedition = '2024'\n";

#[track_caller]
fn tells(outside: &Outside, command: &str, expected: &Expect) {
    expected.assert_eq(&outside.outline(&outside.run(command)));
}

/// Demands that a command is refused and writes nothing.
#[track_caller]
fn refuses(outside: &Outside, command: &str, expected: &Expect) {
    let before = outside.files();

    tells(outside, command, expected);

    assert_eq!(outside.files(), before, "something was written");
}

#[test]
fn a_new_crate_is_told_with_what_comes_next() {
    let outside = Outside::new();

    tells(
        &outside,
        "new hello --kind http",
        &expect![[r#"
            status 0
            --- stdout
            created hello/Cargo.toml
            created hello/service.toml
            created hello/service.schema.json
            created hello/src/lib.rs
            created hello/src/tests.rs
            created hello/tests/service.rs
            created hello/README.md
            created hello/.gitignore

            the SDK is not published yet, it is taken from $REPOSITORY: on another machine `Cargo.toml` needs another path

            next:
              cd hello
              mikros-host dev
            --- stderr
        "#]],
    );
    tells(
        &outside,
        "new say-hello --kind grpc --path deep/er/one --product Matrix",
        &expect![[r#"
            status 0
            --- stdout
            created deep/er/one/Cargo.toml
            created deep/er/one/service.toml
            created deep/er/one/service.schema.json
            created deep/er/one/src/lib.rs
            created deep/er/one/src/tests.rs
            created deep/er/one/build.rs
            created deep/er/one/proto/greeter.proto
            created deep/er/one/README.md
            created deep/er/one/.gitignore

            the SDK is not published yet, it is taken from $REPOSITORY: on another machine `Cargo.toml` needs another path

            next:
              cd deep/er/one
              mikros-host dev
            --- stderr
        "#]],
    );
}

#[test]
fn the_definition_explains_itself() {
    let outside = Outside::new();

    outside.run("new say-hello --kind grpc --product Matrix");

    expect![[r##"
        #:schema ./service.schema.json
        #
        # What this service is, and how `mikros-host` runs it. `mikros-host check` finds mistakes; editors with
        # TOML support complete and explain all keys, of which only some are here.

        # In kebab-case everywhere, for example in log lines.
        name = "say-hello"
        # How the service is reached: each entry a kind, with a port when the kind listens.
        types = ["grpc:7070"]
        version = "v0.1.0"
        language = "rust"
        # What the service belongs to: part of every log line.
        product = "Matrix"
        # Environment variables that the service needs, and the only ones it can see.
        envs = []

        [host]
        # The compiled service.
        component = "target/wasm32-wasip2/release/say_hello.wasm"
        # What compiles it, run in this directory by `mikros-host dev`, `build` and `run --build`.
        build = "cargo build --release --target wasm32-wasip2 --target-dir target"
        # Default: every address of this machine; with `mikros-host dev` only `127.0.0.1` and `::1`.
        # address = "::"

        [host.limits]
        # Per instance; one that exceeds it is replaced.
        # memory = "256MiB"
        # Longest time one call may spend in the service.
        # call_timeout = "30s"

        [log]
        # Least level that is logged: `debug`, `info`, `warn`, `error` or `fatal`.
        # level = "info"

        # The service's own settings, handed to it as they are: `Settings` in `src/lib.rs`.
        [service]
        greeting = "hello"
    "##]].assert_eq(&outside.mask(&outside.read("say-hello/service.toml")));
}

#[test]
fn the_manifest_makes_a_workspace_of_its_own() {
    let outside = Outside::new();

    outside.run("new say-hello --kind grpc");

    expect![[r#"
        [package]
        name = "say-hello"
        version = "0.1.0"
        edition = "2024"
        rust-version = "1.95"
        publish = false

        [lib]
        # A component is a `cdylib` for `wasm32-wasip2`. Add "rlib" when tests in `tests/` use it.
        crate-type = ["cdylib"]
        # Comments of `.proto` files become those of Rust: what stands indented in them is no test.
        doctest = false

        [dependencies]
        # The SDK is not published yet: this is the checkout that `mikros-host` took it from. See README.md.
        mikros-sdk = { path = "$REPOSITORY/guest-sdk/sdk", features = ["grpc"] }
        serde = { version = "1", features = ["derive"] }

        [build-dependencies]
        mikros-sdk-build = { path = "$REPOSITORY/guest-sdk/build" }

        [profile.release]
        # Function names stay in the component, so that the backtrace of a trap can tell them.
        strip = "debuginfo"
        # Smaller and faster, for some seconds more of a build.
        lto = "fat"
        codegen-units = 1

        # A workspace of its own, wherever it lies.
        [workspace]
    "#]].assert_eq(&outside.mask(&outside.read("say-hello/Cargo.toml")));
}

#[test]
fn ports_are_where_they_are_asked_for() {
    let outside = Outside::new();

    for (command, types) in [
        ("new a --kind http --port 80", r#"["http:80"]"#),
        ("new b --kind http:81 --kind native", r#"["http:81", "native"]"#),
        ("new c --kind native --kind grpc --port 0", r#"["native", "grpc:0"]"#),
        ("new d --kind grpc --kind http", r#"["grpc:7070", "http:8080"]"#),
        ("new e --kind script", r#"["script"]"#),
    ] {
        assert_eq!(outside.run(command).status, 0, "{command}");

        let name = command.split(' ').nth(1).expect("it has a name");
        let definition = outside.read(&format!("{name}/service.toml"));
        assert!(definition.contains(&format!("\ntypes = {types}\n")), "{definition}");
    }
}

#[test]
fn other_files_are_no_obstacle() {
    let outside = Outside::new();
    outside.write("hello/notes.txt", "mine");

    assert_eq!(outside.run("new hello --kind http").status, 0);

    assert_eq!(outside.read("hello/notes.txt"), "mine");
    assert!(outside.read("hello/Cargo.toml").contains("name = \"hello\""));
}

/// The files of a checkout that make it one.
fn write_checkout(outside: &Outside, root: &str) {
    for name in ["sdk", "build"] {
        let package = if name == "sdk" { "mikros-sdk" } else { "mikros-sdk-build" };
        let manifest = format!("[package]\nname = \"{package}\"\n");
        outside.write(&format!("{root}/guest-sdk/{name}/Cargo.toml"), &manifest);
    }
    outside.write(&format!("{root}/schema/service.json"), "{}");
}

#[test]
fn what_moves_together_is_referred_to_relatively() {
    let outside = Outside::new();
    write_checkout(&outside, "checkout");
    let sdk = "--kind grpc --sdk checkout/guest-sdk";

    outside.run(&format!("new inside --path checkout/services/inside {sdk}"));
    outside.run(&format!("new beside {sdk}"));

    let shown = ["checkout/services/inside", "beside"].map(|path| {
        let manifest = outside.read(&format!("{path}/Cargo.toml"));
        let definition = outside.read(&format!("{path}/service.toml"));
        let paths = manifest.lines().filter(|line| line.contains("{ path = "));
        let paths: String =
            paths.chain(definition.lines().next()).map(|line| line.to_owned() + "\n").collect();
        outside.mask(&paths)
    });
    expect![[r#"
        mikros-sdk = { path = "../../guest-sdk/sdk", features = ["grpc"] }
        mikros-sdk-build = { path = "../../guest-sdk/build" }
        #:schema ../../schema/service.json

        mikros-sdk = { path = "../checkout/guest-sdk/sdk", features = ["grpc"] }
        mikros-sdk-build = { path = "../checkout/guest-sdk/build" }
        #:schema ./service.schema.json
    "#]]
    .assert_eq(&shown.join("\n"));
}

#[test]
fn a_project_can_be_cloned() {
    let outside = Outside::new();
    write_checkout(&outside, "checkout");
    write_checkout(&outside, "company/vendor/mikros-host");
    outside.write("company/vendor/mikros-host/.git", "gitdir: ../../.git/modules/mikros-host");
    outside.write("company/.gitmodules", "[submodule \"host\"]\n\tpath = vendor/mikros-host\n");
    outside.write("company/.git/HEAD", "");

    outside.run("new beside --kind http,grpc --sdk checkout");
    outside.run("new cart --path company/cart --kind http,grpc --sdk company/vendor/mikros-host");

    let place = outside.path().display().to_string();
    for project in ["beside", "company/cart"] {
        for file in outside.files().into_iter().filter(|path| path.is_file()) {
            let Ok(file) = file.strip_prefix(outside.path().join(project)) else { continue };
            let text = outside.read(&format!("{project}/{}", file.display()));
            assert!(!text.contains(&place), "{project}/{}:\n{text}", file.display());
        }
        assert_eq!(outside.read(&format!("{project}/.gitignore")), "/target\n");
    }
    let readme = |project: &str| {
        let text = outside.read(&format!("{project}/README.md"));
        text.split("## On another machine").nth(1).expect("it has that part").to_owned()
    };
    expect![[r#"


        This needs [rustup](https://rustup.rs) and `mikros-host`. Commit `Cargo.lock`: it keeps the versions of all dependencies.

        The SDK is not published yet. `Cargo.toml` takes it from a checkout of the mikros-host repository beside this project, `../checkout`.
        To clone this project, clone that repository to the same place, or write another path into `Cargo.toml`.
    "#]].assert_eq(&readme("beside"));
    expect![[r#"


        This needs [rustup](https://rustup.rs) and `mikros-host`. Commit `Cargo.lock`: it keeps the versions of all dependencies.

        The SDK is in the same repository: `../vendor/mikros-host`.
    "#]].assert_eq(&readme("company/cart"));
}

#[test]
fn the_sdk_need_not_be_named() {
    let outside = Outside::new();

    let finished = outside::run_in(outside.path(), "new hello --kind http");

    assert_eq!(finished.status, 0, "{}", finished.stderr);
    let manifest = outside.read("hello/Cargo.toml");
    let dependency = manifest.lines().find(|line| line.starts_with("mikros-sdk = { "));
    let dependency = dependency.expect("it depends on the SDK");
    assert!(dependency.contains("path = ") || dependency.contains("rev = "), "{dependency}");
}

#[test]
fn the_service_is_called_as_its_type() {
    let outside = Outside::new();

    outside.run("new shop-cart --kind http");
    outside.run("new greeter --kind grpc");

    assert!(outside.read("shop-cart/src/lib.rs").contains("\nstruct ShopCart {\n"));
    assert!(outside.read("greeter/src/lib.rs").ends_with("export!(GreeterService: grpc);\n"));
}

#[test]
fn the_published_schema_is_the_current_one() {
    let text = fs::read_to_string(workspace().join("schema/service.json")).expect("it is there");

    assert_eq!(text, outside::run_in(Path::new("/"), "schema").stdout);
}
