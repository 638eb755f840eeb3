//! Components of services whose cargo has been told to write elsewhere than the definition says.
//! Does not compile anything: a script stands for `cargo build`, and cargo itself says where it writes.

use std::fs;
use std::path::PathBuf;

use crate::support::command::Finished;
use crate::support::{Command, Service, guests};

const NAMED: &str = "target/wasm32-wasip2/release/hello.wasm";

/// Asks cargo where it writes, and puts the component there.
const CARGO: &str = r#"#!/bin/sh
[ "$1" = build ] || exec CARGO "$@"
CARGO generate-lockfile --offline --quiet
target=$(CARGO metadata --no-deps --offline --format-version 1 |
    sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
mkdir -p "$target/wasm32-wasip2/release"
cp GUEST "$target/wasm32-wasip2/release/hello.wasm"
"#;

const MANIFEST: &str = "\
[package]
name = 'hello'
version = '0.1.0'
edition = '2024'
[lib]
crate-type = ['cdylib']
[workspace]
";

/// A crate that is a script, with a `cargo` of its own.
pub(crate) fn made_crate() -> Service {
    let service = Service::with_component(NAMED.as_ref(), "script")
        .host("build = 'cargo build --release --target wasm32-wasip2'");
    for directory in ["src", "bin", ".cargo"] {
        fs::create_dir(service.directory().join(directory)).expect("it can be written");
    }
    service.write("Cargo.toml", MANIFEST);
    service.write("src/lib.rs", "");
    let guest = guests::SCRIPTS.component();
    let script = CARGO.replace("CARGO", env!("CARGO"));
    service.program("bin/cargo", &script.replace("GUEST", &guest.display().to_string()));
    service
}

pub(crate) fn command(service: &Service, arguments: &[&str]) -> Command {
    let mut command = Command::new(arguments).with_programs(&service.directory().join("bin"));
    command.arguments([service.path()]);
    command
}

pub(crate) fn elsewhere(service: &Service) -> PathBuf {
    service.directory().join("elsewhere")
}

/// Runs a command line; `directed`: with the variable that tells cargo where to write.
fn run(service: &Service, arguments: &[&str], directed: bool) -> Finished {
    let command = command(service, arguments);
    if directed { command.env("CARGO_TARGET_DIR", elsewhere(service)) } else { command }.run()
}

#[track_caller]
fn succeeds(service: &Service, arguments: &[&str], directed: bool) -> Finished {
    let finished = run(service, arguments, directed);
    assert_eq!(finished.status, 0, "{arguments:?}: {}", finished.outline());
    finished
}

#[test]
fn a_component_is_where_cargo_has_put_it() {
    for directed in [true, false] {
        let service = made_crate();
        if !directed {
            service.write(".cargo/config.toml", "[build]\ntarget-dir = 'elsewhere'\n");
        }

        let missing = run(&service, &["check"], directed);
        succeeds(&service, &["run", "--build"], directed);
        fs::remove_dir_all(elsewhere(&service)).expect("it has been built there");
        succeeds(&service, &["build"], directed);

        let built = elsewhere(&service).join("wasm32-wasip2/release/hello.wasm");
        assert!(missing.stdout.contains(&*built.to_string_lossy()), "{}", missing.outline());
        assert!(built.exists() && !service.directory().join("target").exists());
        for arguments in [["run"], ["check"], ["inspect"]] {
            succeeds(&service, &arguments, directed);
        }
        let doctor = succeeds(&service, &["doctor"], directed);
        assert!(!doctor.stdout.contains("[host] component"), "{}", doctor.outline());
    }
}

#[test]
fn a_component_that_cargo_made_before_it_wrote_elsewhere_does_not_count() {
    let service = made_crate();
    fs::create_dir_all(service.directory().join(NAMED).with_file_name("")).expect("it can be");
    service.write(NAMED, "old");

    succeeds(&service, &["run", "--build"], true);
    succeeds(&service, &["run"], true);
}

#[test]
fn a_component_that_is_only_where_it_is_named_counts() {
    let service = made_crate();
    succeeds(&service, &["build"], false);

    succeeds(&service, &["run"], true);
}
