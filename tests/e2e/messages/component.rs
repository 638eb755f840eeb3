//! Components that cannot be run.
//! Does not know what a component does once it runs.

use expect_test::expect;

use super::does_not_run;
use crate::support::{Host, Service, guests};

/// A service with these bytes for a component.
fn made_of(bytes: impl AsRef<[u8]>) -> Service {
    let service = Service::with_component("component.wasm".as_ref(), "http:0");
    service.write("component.wasm", bytes);
    service
}

#[test]
fn a_component_that_is_not_there() {
    let service = Service::with_component("missing.wasm".as_ref(), "http:0");

    does_not_run(
        &service,
        &expect![[r#"
            INFO starting service
            FATAL aborting service execution reason="could not bootstrap service" error.message="cannot read component `$DIR/missing.wasm`: No such file or directory (os error 2)" error.help="build it first, with `mikros-host build` or `mikros-host run --build`"
            INFO service stopped exit.status=1
            status 1
        "#]],
    );
}

#[test]
fn a_component_that_is_a_directory() {
    let service = Service::with_component(".".as_ref(), "http:0");

    does_not_run(
        &service,
        &expect![[r#"
            INFO starting service
            FATAL aborting service execution reason="could not bootstrap service" error.message="cannot read component `$DIR/.`: Is a directory (os error 21)"
            INFO service stopped exit.status=1
            status 1
        "#]],
    );
}

#[test]
fn a_component_that_is_something_else() {
    does_not_run(
        &made_of("#!/bin/sh\n"),
        &expect![[r#"
            INFO starting service
            FATAL aborting service execution reason="could not bootstrap service" error.message="`$DIR/component.wasm` is not a WebAssembly component" error.help="let `[host] component` name the `.wasm` file of a `wasm32-wasip2` build"
            INFO service stopped exit.status=1
            status 1
        "#]],
    );
    does_not_run(
        &made_of(""),
        &expect![[r#"
            INFO starting service
            FATAL aborting service execution reason="could not bootstrap service" error.message="`$DIR/component.wasm` is not a WebAssembly component" error.help="let `[host] component` name the `.wasm` file of a `wasm32-wasip2` build"
            INFO service stopped exit.status=1
            status 1
        "#]],
    );
}

#[test]
fn a_component_that_is_cut_off() {
    let whole = std::fs::read(guests::HELLO_HTTP.component()).unwrap();
    let half = made_of(&whole[..whole.len() / 2]);

    let stopped = Host::launch(Host::command(&half)).ended();

    // Where it is cut off is different in every build.
    let outline = stopped.outline();
    let words = outline.split(|c: char| c.is_ascii_digit()).filter(|word| !word.is_empty());
    expect![[r#"
        INFO starting service
        FATAL aborting service execution reason="could not bootstrap service" error.message="`$DIR/component.wasm` is not a valid component: failed to parse WebAssembly module: wasm component contains an invalid module section: section range #..# is out of bounds (bound = #)" error.help="the file may be cut off: build it again with `mikros-host build`"
        INFO service stopped exit.status=#
        status #
    "#]].assert_eq(&words.collect::<Vec<_>>().join("#"));
    does_not_run(
        &made_of(&whole[..6]),
        &expect![[r#"
            INFO starting service
            FATAL aborting service execution reason="could not bootstrap service" error.message="`$DIR/component.wasm` is not a valid component: failed to parse WebAssembly module: unexpected end-of-file (at offset 0x4)" error.help="the file may be cut off: build it again with `mikros-host build`"
            INFO service stopped exit.status=1
            status 1
        "#]],
    );
}

#[test]
fn a_component_that_is_a_core_module() {
    // The smallest one: the magic number and version 1 (WebAssembly core specification, 5.5.16).
    does_not_run(
        &made_of(b"\0asm\x01\0\0\0"),
        &expect![[r#"
            INFO starting service
            FATAL aborting service execution reason="could not bootstrap service" error.message="`$DIR/component.wasm` is a core WebAssembly module, expected a component" error.help="build it for the target `wasm32-wasip2`"
            INFO service stopped exit.status=1
            status 1
        "#]],
    );
}

#[test]
fn a_component_that_exports_nothing() {
    // The smallest one: the magic number, version 13, layer 1.
    does_not_run(
        &made_of(b"\0asm\x0d\0\x01\0"),
        &expect![[r#"
            INFO starting service
            FATAL aborting service execution reason="could not bootstrap service" error.message="`$DIR/component.wasm` does not fit `service.toml`:\n  kind `http` is declared in `types`, but the component does not export `mikros:service/http@0.1.0`\n    help: add `http` to `mikros_sdk::export!`, or remove it from `types`"
            INFO service stopped exit.status=1
            status 1
        "#]],
    );
}

#[test]
fn a_component_that_is_a_program() {
    does_not_run(
        &Service::new(guests::PROGRAM, "native"),
        &expect![[r#"
            INFO starting service
            FATAL aborting service execution reason="could not bootstrap service" error.message="`$TARGET/wasm32-wasip2/release/program.wasm` does not fit `service.toml`:\n  it is a program with a `main` and does not export `mikros:service/native@0.1.0`\n    help: make it a library with `crate-type = [\"cdylib\"]` and use `mikros_sdk::export!`"
            INFO service stopped exit.status=1
            status 1
        "#]],
    );
}

#[test]
fn a_component_of_another_version_of_the_contract() {
    let mut bytes = std::fs::read(guests::NATIVE_TICKER.component()).unwrap();
    let version = b"@0.1.0";
    for at in 0..bytes.len() - version.len() {
        if &bytes[at..at + version.len()] == version {
            bytes[at..at + version.len()].copy_from_slice(b"@0.9.0");
        }
    }

    does_not_run(
        &made_of(bytes),
        &expect![[r#"
            INFO starting service
            FATAL aborting service execution reason="could not bootstrap service" error.message="`$DIR/component.wasm` does not fit `service.toml`:\n  it was built for `mikros:service@0.9.0`, this host speaks version 0.1.0\n    help: use the SDK of the same version as the host"
            INFO service stopped exit.status=1
            status 1
        "#]],
    );
}

#[test]
fn a_component_that_wants_files() {
    does_not_run(
        &Service::new(guests::IMPORTS_FS, "native"),
        &expect![[r#"
            INFO starting service
            FATAL aborting service execution reason="could not bootstrap service" error.message="`$TARGET/wasm32-wasip2/release/imports_fs.wasm` does not fit `service.toml`:\n  it imports `wasi:filesystem/types@0.2.6`, `wasi:filesystem/preopens@0.2.6`, which this host does not offer\n    help: it comes from files, for example `std::fs`; a service has no file system: take settings from `service.toml` and embed data with `include_bytes!`"
            INFO service stopped exit.status=1
            status 1
        "#]],
    );
}

#[test]
fn a_component_that_wants_the_network() {
    does_not_run(
        &Service::new(guests::IMPORTS_NET, "native"),
        &expect![[r#"
            INFO starting service
            FATAL aborting service execution reason="could not bootstrap service" error.message="`$TARGET/wasm32-wasip2/release/imports_net.wasm` does not fit `service.toml`:\n  it imports `wasi:sockets/network@0.2.6`, `wasi:sockets/instance-network@0.2.6`, `wasi:sockets/udp@0.2.6`, `wasi:sockets/udp-create-socket@0.2.6`, `wasi:sockets/tcp@0.2.6`, `wasi:sockets/tcp-create-socket@0.2.6`, which this host does not offer\n    help: it comes from sockets, for example `std::net` or an HTTP client; a service has no network of its own"
            INFO service stopped exit.status=1
            status 1
        "#]],
    );
}

#[test]
fn a_kind_that_the_component_does_not_export() {
    let service = Service::new(guests::HELLO_HTTP, "http:0, native");

    does_not_run(
        &service,
        &expect![[r#"
            INFO starting service
            FATAL aborting service execution reason="could not bootstrap service" error.message="`$TARGET/wasm32-wasip2/release/hello_http.wasm` does not fit `service.toml`:\n  kind `native` is declared in `types`, but the component does not export `mikros:service/native@0.1.0`\n    help: add `native` to `mikros_sdk::export!`, or remove it from `types`"
            INFO service stopped exit.status=1
            status 1
        "#]],
    );
}

#[test]
fn an_export_whose_kind_is_not_declared() {
    let service = Service::new(guests::HYBRID_HTTP_NATIVE, "http:0");

    does_not_run(
        &service,
        &expect![[r#"
            INFO starting service
            FATAL aborting service execution reason="could not bootstrap service" error.message="`$TARGET/wasm32-wasip2/release/hybrid_http_native.wasm` does not fit `service.toml`:\n  the component exports `mikros:service/native@0.1.0`, but kind `native` is not declared in `types`\n    help: add `native` to `types`, or remove it from `mikros_sdk::export!`"
            INFO service stopped exit.status=1
            status 1
        "#]],
    );
}

#[test]
fn a_component_of_another_kind_altogether() {
    let service = Service::new(guests::SCRIPT_REPORT, "http:0");

    does_not_run(
        &service,
        &expect![[r#"
            INFO starting service
            FATAL aborting service execution reason="could not bootstrap service" error.message="`$TARGET/wasm32-wasip2/release/script_report.wasm` does not fit `service.toml`:\n  kind `http` is declared in `types`, but the component does not export `mikros:service/http@0.1.0`\n    help: add `http` to `mikros_sdk::export!`, or remove it from `types`\n  the component exports `mikros:service/script@0.1.0`, but kind `script` is not declared in `types`\n    help: add `script` to `types`, or remove it from `mikros_sdk::export!`"
            INFO service stopped exit.status=1
            status 1
        "#]],
    );
}

/// The component of the greeter in which each of these bytes is replaced.
fn greeter_with(replaced: &[(&str, &str)]) -> Service {
    let mut bytes = std::fs::read(guests::GREETER_GRPC.component()).expect("it is built");
    for (from, to) in replaced {
        assert_eq!(from.len(), to.len(), "everything else stays where it is");
        let mut places = Vec::new();
        for (place, window) in bytes.windows(from.len()).enumerate() {
            if window == from.as_bytes() {
                places.push(place);
            }
        }
        assert!(!places.is_empty(), "the component holds `{from}`");
        for place in places {
            bytes[place..place + to.len()].copy_from_slice(to.as_bytes());
        }
    }
    let service = Service::with_component("component.wasm".as_ref(), "grpc:0");
    service.write("component.wasm", bytes);
    service
}

#[test]
fn a_component_that_does_not_say_what_it_serves() {
    does_not_run(
        &greeter_with(&[("mikros:grpc/services", "another:grpc/section")]),
        &expect![[r#"
        INFO starting service
        FATAL aborting service execution reason="could not bootstrap service" error.message="`$DIR/component.wasm` does not fit `service.toml`:\n  it exports `grpc`, but does not declare which services it serves\n    help: build it with `mikros_sdk_build` and `mikros_sdk::export!` of the same version; other languages add the custom sections that `wit/grpc.wit` describes"
        INFO service stopped exit.status=1
        status 1
    "#]],
    );
}

#[test]
fn a_component_that_does_not_describe_what_it_serves() {
    does_not_run(
        &greeter_with(&[("mikros:grpc/descriptors", "another:grpc/descriptor")]),
        &expect![[r#"
            INFO starting service
            FATAL aborting service execution reason="could not bootstrap service" error.message="`$DIR/component.wasm` does not fit `service.toml`:\n  it declares the gRPC service `helloworld.Greeter`, but its descriptors do not describe it\n    help: build it with `mikros_sdk_build` and `mikros_sdk::export!` of the same version; other languages add the custom sections that `wit/grpc.wit` describes"
            INFO service stopped exit.status=1
            status 1
        "#]],
    );
    does_not_run(
        &greeter_with(&[("helloworld.Greeter\n", "helloworld.Other!!\n")]),
        &expect![[r#"
        INFO starting service
        FATAL aborting service execution reason="could not bootstrap service" error.message="`$DIR/component.wasm` does not fit `service.toml`:\n  it declares the gRPC service `helloworld.Other!!`, but its descriptors do not describe it\n    help: build it with `mikros_sdk_build` and `mikros_sdk::export!` of the same version; other languages add the custom sections that `wit/grpc.wit` describes"
        INFO service stopped exit.status=1
        status 1
    "#]],
    );
}
