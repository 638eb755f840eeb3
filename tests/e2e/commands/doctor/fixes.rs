//! What `doctor --fix` changes, and that `--dry-run` says exactly that and does nothing.
//! Does not know what is not fixed.

use std::fs;

use expect_test::expect;
use serde_json::Value;

use super::{check, examine, toolchain};
use crate::support::{Service, mask};

/// A service with everything wrong that can be fixed.
fn fixable() -> Service {
    let service = Service::with_component("target/probe.wasm".as_ref(), "native")
        .host("build = 'cargo build --release --target wasm32-wasip2'");
    let manifest = "[package]\nname = 'pro-be'\nversion = '1.0.0'\nedition = '2024'\n\
                    # kept\n[lib]\nname = 'pro_be'\n[workspace]\n";
    service.write("Cargo.toml", manifest);
    for directory in ["src", "library"] {
        fs::create_dir(service.directory().join(directory)).expect("the directory is ours");
    }
    service.write("src/lib.rs", "");
    toolchain(&service);
    service
}

/// The files of a service that a doctor might change, and what is in its directory.
fn contents(service: &Service) -> (String, String, Vec<String>) {
    let read = |name| fs::read_to_string(service.directory().join(name)).expect("it is there");
    let entries = service.directory().read_dir().expect("the directory is ours").flatten();
    let mut names: Vec<_> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    (read("Cargo.toml"), read("service.toml"), names)
}

#[test]
fn what_can_be_fixed_is_told() {
    let service = fixable();

    check(
        &examine(&service, &[]),
        &expect![[r#"
        status 2
        --- stdout
        ok         rust: rustc 1.95.0, cargo 1.95.0
        ok         rustup: version 1.29.0
        problem    target: `wasm32-wasip2` is not installed
                   help: run `rustup target add wasm32-wasip2` in `$DIR`
        warning    cache: `$DIR/cache` is missing
                   help: it is made when a component is compiled, if that is possible
        ok         service.toml: `probe`, kind `native`
        ok         environment: every variable that `service.toml` asks for is set
        ok         build: `cargo build --release --target wasm32-wasip2`
        problem    crate: `$DIR/Cargo.toml` has no `crate-type = ["cdylib"]`
                   help: add it to `[lib]`
        warning    sdk: `$DIR/Cargo.toml` does not depend on `mikros-sdk`
                   help: `mikros-host init` tells what to add; without the SDK a crate must keep to the contract in `wit` by itself
        problem    component: `[host] component` names `$DIR/target/probe.wasm`, and `cargo build --release --target wasm32-wasip2` writes `$DIR/target/wasm32-wasip2/release/pro_be.wasm`
                   help: let `[host] component` name what the build writes
        warning    component: there is no `$DIR/target/probe.wasm`
                   help: build it with `mikros-host build`, or let `mikros-host run --build` do it
        3 problems, 3 warnings
        4 can be fixed: `--dry-run` shows how, `--fix` does it
        --- stderr
    "#]],
    );
}

#[test]
fn a_dry_run_shows_every_fix_and_changes_nothing() {
    let service = fixable();
    let before = contents(&service);

    check(
        &examine(&service, &["--fix", "--dry-run"]),
        &expect![[r#"
            status 2
            --- stdout
            ok         rust: rustc 1.95.0, cargo 1.95.0
            ok         rustup: version 1.29.0
            would fix  target: `wasm32-wasip2` is not installed
                       help: run `rustup target add wasm32-wasip2` in `$DIR`
                       run: rustup target add wasm32-wasip2 (in `$DIR`)
            would fix  cache: `$DIR/cache` is missing
                       help: it is made when a component is compiled, if that is possible
                       create: $DIR/cache (for its user only)
            ok         service.toml: `probe`, kind `native`
            ok         environment: every variable that `service.toml` asks for is set
            ok         build: `cargo build --release --target wasm32-wasip2`
            would fix  crate: `$DIR/Cargo.toml` has no `crate-type = ["cdylib"]`
                       help: add it to `[lib]`
                       edit: $DIR/Cargo.toml
                          7 + crate-type = ["cdylib"]
            warning    sdk: `$DIR/Cargo.toml` does not depend on `mikros-sdk`
                       help: `mikros-host init` tells what to add; without the SDK a crate must keep to the contract in `wit` by itself
            would fix  component: `[host] component` names `$DIR/target/probe.wasm`, and `cargo build --release --target wasm32-wasip2` writes `$DIR/target/wasm32-wasip2/release/pro_be.wasm`
                       help: let `[host] component` name what the build writes
                       edit: $DIR/service.toml
                          7 - component = 'target/probe.wasm'
                          7 + component = "target/wasm32-wasip2/release/pro_be.wasm"
            warning    component: there is no `$DIR/target/wasm32-wasip2/release/pro_be.wasm`
                       help: build it with `mikros-host build`, or let `mikros-host run --build` do it
            3 problems, 2 warnings
            --- stderr
        "#]],
    );

    assert_eq!(contents(&service), before);
}

#[test]
fn fixes_change_what_they_say_and_nothing_else() {
    let service = fixable();
    let (manifest, definition, mut names) = contents(&service);

    check(
        &examine(&service, &["--fix"]),
        &expect![[r#"
        status 0
        --- stdout
        ok         rust: rustc 1.95.0, cargo 1.95.0
        ok         rustup: version 1.29.0
        fixed      target: `wasm32-wasip2` is not installed
                   run: rustup target add wasm32-wasip2 (in `$DIR`)
        fixed      cache: `$DIR/cache` is missing
                   create: $DIR/cache (for its user only)
        ok         service.toml: `probe`, kind `native`
        ok         environment: every variable that `service.toml` asks for is set
        ok         build: `cargo build --release --target wasm32-wasip2`
        fixed      crate: `$DIR/Cargo.toml` has no `crate-type = ["cdylib"]`
                   edit: $DIR/Cargo.toml
                      7 + crate-type = ["cdylib"]
        warning    sdk: `$DIR/Cargo.toml` does not depend on `mikros-sdk`
                   help: `mikros-host init` tells what to add; without the SDK a crate must keep to the contract in `wit` by itself
        fixed      component: `[host] component` names `$DIR/target/probe.wasm`, and `cargo build --release --target wasm32-wasip2` writes `$DIR/target/wasm32-wasip2/release/pro_be.wasm`
                   edit: $DIR/service.toml
                      7 - component = 'target/probe.wasm'
                      7 + component = "target/wasm32-wasip2/release/pro_be.wasm"
        warning    component: there is no `$DIR/target/wasm32-wasip2/release/pro_be.wasm`
                   help: build it with `mikros-host build`, or let `mikros-host run --build` do it
        no problems, 2 warnings, 4 fixed
        --- stderr
        the target `wasm32-wasip2` is not installed, installing it: rustup target add wasm32-wasip2
        installing: target add wasm32-wasip2
    "#]],
    );

    names.push("cache".to_owned());
    names.sort();
    let component = "\"target/wasm32-wasip2/release/pro_be.wasm\"";
    let expected = (
        manifest.replace("[lib]\n", "[lib]\ncrate-type = [\"cdylib\"]\n"),
        definition.replace("'target/probe.wasm'", component),
        names,
    );
    assert_eq!(contents(&service), expected);
    let second = examine(&service, &["--fix"]);
    assert!(!second.stdout.contains("fixed"), "{}", second.outline());
    assert_eq!(contents(&service), expected);
}

#[test]
fn a_fix_that_fails_is_a_problem_that_stays() {
    let service = fixable();
    let rustup = "#!/bin/sh\n[ \"$1\" = --version ] && exec echo rustup 1.29.0\nexit 3\n";
    service.program("rustup", rustup);

    let finished = examine(&service, &["--fix"]);

    let about: Vec<_> = finished.stdout.lines().skip(2).take(3).collect();
    expect![[r#"
        problem    target: `wasm32-wasip2` is not installed
                   help: cannot install the compilation target: `rustup target add wasm32-wasip2` ended with exit status 3, its message is above
                   run: rustup target add wasm32-wasip2 (in `$DIR`)"#]].assert_eq(&mask(&about.join("\n")));
    assert_eq!(finished.status, 1);
}

#[test]
fn a_component_that_may_be_meant_is_left_alone() {
    let service = fixable();
    fs::create_dir(service.directory().join("target")).expect("it is not there");
    service.write("target/probe.wasm", b"\0asm\x0d\0\x01\0");
    let (_, definition, _) = contents(&service);

    let finished = examine(&service, &["--fix"]);

    let about = finished.stdout.lines().find(|line| line.contains("names"));
    expect!["warning    component: `[host] component` names `$DIR/target/probe.wasm`, and `cargo build --release --target wasm32-wasip2` writes `$DIR/target/wasm32-wasip2/release/pro_be.wasm`"].assert_eq(&mask(about.unwrap_or_default()));
    assert_eq!(contents(&service).1, definition);
}

#[test]
fn programs_get_one_document() {
    let service = fixable();

    let finished = examine(&service, &["--json", "--dry-run"]);

    let document: Value = serde_json::from_str(&finished.stdout).expect("it is JSON");
    let rows = document["checks"].as_array().expect("it is an array");
    let target = rows.iter().find(|row| row["check"] == "target").expect("it was examined");
    expect![[r#"
        {
          "check": "target",
          "state": "would fix",
          "path": null,
          "line": null,
          "column": null,
          "message": "`wasm32-wasip2` is not installed",
          "help": "run `rustup target add wasm32-wasip2` in `$DIR`",
          "fix": [
            "run: rustup target add wasm32-wasip2 (in `$DIR`)"
          ]
        }"#]]
    .assert_eq(&mask(&format!("{target:#}")));
    assert_eq!(document["ok"], false);
    assert_eq!(finished.status, 2);
}
