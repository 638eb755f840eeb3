//! Components that cannot be run.
//! Does not know what a component does once it runs.

use expect_test::expect;

use super::does_not_run;
use crate::support::{Host, Service, guests, http};

/// A service with these bytes for a component.
fn made_of(bytes: impl AsRef<[u8]>) -> Service {
    service_of(bytes, "http:0")
}

fn service_of(bytes: impl AsRef<[u8]>, types: &str) -> Service {
    let service = Service::with_component("component.wasm".as_ref(), types);
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
            FATAL aborting service execution reason="could not bootstrap service" error.message="cannot read component `$DIR/missing.wasm`: No such file or directory (os error 2)" error.help="build it with `mikros-host build`, or put there what was built elsewhere"
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
            FATAL aborting service execution reason="could not bootstrap service" error.message="cannot read component `$DIR/.`: Is a directory (os error 21)" error.help="let `[host] component` name the `.wasm` file in it"
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
            FATAL aborting service execution reason="could not bootstrap service" error.message="`$DIR/component.wasm` is a text, expected a WebAssembly component" error.help="let `[host] component` name the `.wasm` file of a `wasm32-wasip2` build"
            INFO service stopped exit.status=1
            status 1
        "#]],
    );
    does_not_run(
        &made_of(""),
        &expect![[r#"
            INFO starting service
            FATAL aborting service execution reason="could not bootstrap service" error.message="`$DIR/component.wasm` is empty" error.help="the file is not complete: build it again with `mikros-host build`"
            INFO service stopped exit.status=1
            status 1
        "#]],
    );
}

#[test]
fn a_component_that_was_compiled_for_a_machine() {
    let program = std::fs::read(env!("CARGO_BIN_EXE_mikros-host")).expect("it runs the tests");

    does_not_run(
        &made_of(&program[..100]),
        &expect![[r#"
        INFO starting service
        FATAL aborting service execution reason="could not bootstrap service" error.message="`$DIR/component.wasm` is native code, expected a WebAssembly component" error.help="it was compiled for a machine: let `[host] build` say `--target wasm32-wasip2`, and `[host] component` name the `.wasm` file that it writes"
        INFO service stopped exit.status=1
        status 1
    "#]],
    );
}

#[test]
fn a_component_in_the_text_format() {
    does_not_run(
        &made_of("(component)"),
        &expect![[r#"
        INFO starting service
        FATAL aborting service execution reason="could not bootstrap service" error.message="`$DIR/component.wasm` is WebAssembly as text, expected a component in binary form" error.help="turn it into bytes with `wasm-tools parse FILE -o FILE.wasm`"
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
        FATAL aborting service execution reason="could not bootstrap service" error.message="`$DIR/component.wasm` is truncated after # bytes" error.help="build it again with `mikros-host build`"
        INFO service stopped exit.status=#
        status #
    "#]].assert_eq(&words.collect::<Vec<_>>().join("#"));
    does_not_run(
        &made_of(&whole[..6]),
        &expect![[r#"
            INFO starting service
            FATAL aborting service execution reason="could not bootstrap service" error.message="`$DIR/component.wasm` is cut off: it holds not even the first eight bytes of a component" error.help="the file is not complete: build it again with `mikros-host build`"
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
            FATAL aborting service execution reason="could not bootstrap service" error.message="`$DIR/component.wasm` is a core WebAssembly module, as builds for `wasm32-unknown-unknown` are, expected a component" error.help="build it for the target `wasm32-wasip2`: change `--target` in `[host] build`, and the directory of the target in `[host] component`"
            INFO service stopped exit.status=1
            status 1
        "#]],
    );
}

#[test]
fn a_component_that_was_built_for_the_target_before() {
    // One type, `func()`, and the import of one such function (core specification, 5.5).
    let import = b"\x02\x1c\x01\x16wasi_snapshot_preview1\x01f\0\0";
    let module = [b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0", &import[..]].concat();

    does_not_run(
        &made_of(module),
        &expect![[r#"
        INFO starting service
        FATAL aborting service execution reason="could not bootstrap service" error.message="`$DIR/component.wasm` is a core WebAssembly module built for `wasm32-wasip1`, expected a component" error.help="build it for the target `wasm32-wasip2`: change `--target` in `[host] build`, and the directory of the target in `[host] component`"
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
            FATAL aborting service execution reason="could not bootstrap service" error.message="`$DIR/component.wasm` does not fit `service.toml`:\n  kind `http` is declared in `types`, but the component does not export `mikros:service/http@0.2.0`\n    help: add `http` to `mikros_sdk::export!`, or remove it from `types`"
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
            FATAL aborting service execution reason="could not bootstrap service" error.message="`$TARGET/wasm32-wasip2/release/program.wasm` does not fit `service.toml`:\n  it is a program with a `main` and does not export `mikros:service/native@0.2.0`\n    help: make it a library: rename `src/main.rs` to `src/lib.rs`, add `crate-type = [\"cdylib\"]` to `[lib]` in `Cargo.toml` and use `mikros_sdk::export!`"
            INFO service stopped exit.status=1
            status 1
        "#]],
    );
}

/// The component of a guest in which all of these bytes are replaced by others.
fn patched(guest: guests::Guest, replaced: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = std::fs::read(guest.component()).expect("it is built");
    for (from, to) in replaced {
        assert_eq!(from.len(), to.len(), "everything else stays where it is");
        let windows = bytes.windows(from.len()).enumerate();
        let found = windows.filter(|(_, window)| *window == from.as_bytes());
        let places: Vec<_> = found.map(|(place, _)| place).collect();
        assert!(!places.is_empty(), "the component holds `{from}`");
        for place in places {
            bytes[place..place + to.len()].copy_from_slice(to.as_bytes());
        }
    }
    bytes
}

#[test]
fn a_component_of_a_newer_contract() {
    does_not_run(
        &made_of(patched(guests::NATIVE_TICKER, &[("@0.2.0", "@0.9.0")])),
        &expect![[r#"
            INFO starting service
            FATAL aborting service execution reason="could not bootstrap service" error.message="`$DIR/component.wasm` does not fit `service.toml`:\n  it was built for `mikros:service@0.9.0`, and this host speaks the older `mikros:service@0.2.0`\n    help: update mikros-host to one that speaks `mikros:service@0.9.0`, or let `mikros-sdk` in `Cargo.toml` be one for 0.2.0 and build the service again"
            INFO service stopped exit.status=1
            status 1
        "#]],
    );
}

#[test]
fn a_component_of_an_older_contract() {
    does_not_run(
        &made_of(patched(guests::NATIVE_TICKER, &[("@0.2.0", "@0.1.0")])),
        &expect![[r#"
            INFO starting service
            FATAL aborting service execution reason="could not bootstrap service" error.message="`$DIR/component.wasm` does not fit `service.toml`:\n  it was built for `mikros:service@0.1.0`, and this host speaks the newer `mikros:service@0.2.0`\n    help: let `mikros-sdk` in `Cargo.toml` be one for 0.2.0 and build the service again, or run it with an older mikros-host"
            INFO service stopped exit.status=1
            status 1
        "#]],
    );
}

#[test]
fn a_component_that_uses_what_a_newer_contract_added() {
    let newer = [("@0.2.0", "@0.2.9"), ("get-level", "new-level")];

    does_not_run(
        &service_of(patched(guests::NATIVE_TICKER, &newer), "native"),
        &expect![[r#"
        INFO starting service
        FATAL aborting service execution reason="could not bootstrap service" error.message="`$DIR/component.wasm` was built for `mikros:service@0.2.9` and needs what is not in `mikros:service@0.2.0` of this host: component imports instance `mikros:service/logger@0.2.9`, but a matching implementation was not found in the linker: instance export `new-level` has the wrong type: function implementation is missing" error.help="update mikros-host, or let `mikros-sdk` in `Cargo.toml` be the one of this host and build the service again"
        INFO service stopped exit.status=1
        status 1
    "#]],
    );
}

#[test]
fn a_component_of_a_newer_contract_runs_when_it_uses_nothing_new() {
    let component = patched(guests::HELLO_HTTP, &[("@0.2.0", "@0.2.9")]);
    let service = service_of(component, "http:0").tables("[service]\ngreeting = 'hi'");
    let host = Host::running(&service, Host::command(&service));

    let answer = http::get(host.port(), "/hello/Ada");

    assert_eq!(answer.text(), "hi Ada");
    host.stop();
}

/// A component that exports one empty instance.
fn exporting(name: &str) -> Vec<u8> {
    let length = |length: usize| u8::try_from(length).expect("it is short");
    // Magic number, version 13, layer 1; an instance without exports; its export (Component Model,
    // binary format).
    let mut bytes = b"\0asm\x0d\0\x01\0\x05\x03\x01\x01\0".to_vec();
    bytes.extend([11, length(name.len() + 6), 1, 0, length(name.len())]);
    bytes.extend(name.as_bytes());
    bytes.extend([5, 0, 0]);
    bytes
}

#[test]
fn a_component_of_another_host() {
    does_not_run(
        &made_of(exporting("wasi:http/incoming-handler@0.2.6")),
        &expect![[r#"
        INFO starting service
        FATAL aborting service execution reason="could not bootstrap service" error.message="`$DIR/component.wasm` does not fit `service.toml`:\n  it was built for another host: it exports `wasi:http/incoming-handler@0.2.6`, and nothing of `mikros:service`\n    help: hosts for `wasi:http`, such as `wasmtime serve`, can run it as it is; for this host write it with `mikros-sdk` and `mikros_sdk::export!`"
        INFO service stopped exit.status=1
        status 1
    "#]],
    );
    does_not_run(
        &made_of(exporting("acme:plugin/run")),
        &expect![[r#"
        INFO starting service
        FATAL aborting service execution reason="could not bootstrap service" error.message="`$DIR/component.wasm` does not fit `service.toml`:\n  it was built for another host: it exports `acme:plugin/run`, and nothing of `mikros:service`\n    help: let `[host] component` name a component that was written with `mikros-sdk` and `mikros_sdk::export!`, or for the contract in `wit`"
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
            FATAL aborting service execution reason="could not bootstrap service" error.message="`$TARGET/wasm32-wasip2/release/imports_net.wasm` does not fit `service.toml`:\n  it imports `wasi:sockets/network@0.2.6`, `wasi:sockets/instance-network@0.2.6`, `wasi:sockets/udp@0.2.6`, `wasi:sockets/udp-create-socket@0.2.6`, `wasi:sockets/tcp@0.2.6`, `wasi:sockets/tcp-create-socket@0.2.6`, which this host does not offer\n    help: it comes from sockets, for example `std::net` or an HTTP client; a service reaches other services only through its clients: add `[clients.<name>]` with `host`, `port` and `protocol` to `service.toml`, and call it with `mikros_sdk::clients`"
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
            FATAL aborting service execution reason="could not bootstrap service" error.message="`$TARGET/wasm32-wasip2/release/hello_http.wasm` does not fit `service.toml`:\n  kind `native` is declared in `types`, but the component does not export `mikros:service/native@0.2.0`\n    help: add `native` to `mikros_sdk::export!`, or remove it from `types`"
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
            FATAL aborting service execution reason="could not bootstrap service" error.message="`$TARGET/wasm32-wasip2/release/hybrid_http_native.wasm` does not fit `service.toml`:\n  the component exports `mikros:service/native@0.2.0`, but kind `native` is not declared in `types`\n    help: add `native` to `types`, or remove it from `mikros_sdk::export!`"
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
            FATAL aborting service execution reason="could not bootstrap service" error.message="`$TARGET/wasm32-wasip2/release/script_report.wasm` does not fit `service.toml`:\n  kind `http` is declared in `types`, but the component does not export `mikros:service/http@0.2.0`\n    help: add `http` to `mikros_sdk::export!`, or remove it from `types`\n  the component exports `mikros:service/script@0.2.0`, but kind `script` is not declared in `types`\n    help: add `script` to `types`, or remove it from `mikros_sdk::export!`"
            INFO service stopped exit.status=1
            status 1
        "#]],
    );
}

/// The greeter with a patched component.
fn greeter_with(replaced: &[(&str, &str)]) -> Service {
    service_of(patched(guests::GREETER_GRPC, replaced), "grpc:0")
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
