//! `dev` for services of kind `script`: each change runs it again.
//! Does not know what scripts do.

use std::path::Path;

use expect_test::expect;

use super::Dev;
use crate::commands::relocation;
use crate::support::{Command, Line, Service, Signal, guests};

fn script() -> Service {
    Service::with_component(Path::new("app.wasm"), "script")
        .host(&format!("build = 'cp {} app.wasm'", guests::SCRIPTS.component().display()))
        .tables("[host.dev]\nwatch = ['notes']\n[service]\nrun = 'return'")
}

/// What the script has done, step by step.
fn course(dev: &Dev) -> Vec<String> {
    let log = dev.process.stdout();
    let lines = log.iter().map(|line| Line::parse(line).msg().to_owned());
    lines.filter(|msg| msg.ends_with(" begins")).collect()
}

#[test]
fn a_script_is_run_again_with_each_change() {
    let service = script();
    let mut command = Dev::command(&service);
    command.arguments(["--", "--fast", "a b"]);
    let dev = Dev::launch(command);
    dev.shows("done · waiting for a change", 1);

    service.replace("notes", "changed");
    dev.shows("done · waiting for a change", 2);
    service.edit("run = 'return'", "run = 'fail'");
    dev.shows("failed · waiting for a change", 1);
    dev.logs("on-finish begins", 3);

    assert_eq!(course(&dev), ["run begins", "cleanup begins", "on-finish begins"].repeat(3));
    let log = dev.process.stdout().concat();
    assert_eq!(log.matches(r#""arguments":["--fast","a b"]"#).count(), 3, "{log}");
    dev.said(&expect![[r#"
        built in $T · ready in $T
        done · waiting for a change
        notes changed · built in $T · ready in $T
        done · waiting for a change
        service.toml changed · ready in $T
        failed · waiting for a change
    "#]]);
}

#[test]
fn a_script_that_runs_is_cut_short_by_a_change() {
    let service = script();
    service.edit("run = 'return'", "run = 'wait'");
    let dev = Dev::start(&service);
    dev.logs("run begins", 1);

    service.edit("run = 'wait'", "run = 'return'");
    dev.shows("done · waiting for a change", 1);
    dev.logs("on-finish begins", 2);

    assert_eq!(course(&dev), ["run begins", "cleanup begins", "on-finish begins"].repeat(2));
    dev.said(&expect![[r#"
        built in $T · ready in $T
        service.toml changed · ready in $T
        done · waiting for a change
    "#]]);
}

#[test]
fn a_script_that_runs_goes_on_when_the_change_does_not_build() {
    let service = script();
    service.edit("run = 'return'", "run = 'wait'");
    let dev = Dev::start(&service);
    dev.logs("run begins", 1);

    service.edit("build = 'cp", "build = 'false; cp");
    service.edit("build = 'false; cp", "build = 'exit 1; cp");
    dev.shows("build failed", 1);

    assert_eq!(course(&dev), ["run begins"]);
    // Whoever asks a script to stop does not see its end, and hears of it by the status.
    dev.process.signal(Signal::TERM);
    let mut process = dev.process;
    assert_eq!(process.wait().code(), Some(143));
}

#[test]
fn what_is_built_is_looked_for_where_cargo_has_put_it() {
    let service = relocation::made_crate();
    let command = relocation::command(&service, &["--log-format", "json", "dev"]);
    let dev = Dev::launch(command.env("CARGO_TARGET_DIR", relocation::elsewhere(&service)));
    dev.shows("done · waiting for a change", 1);

    service.replace("src/lib.rs", "// another one");
    dev.shows("done · waiting for a change", 2);

    assert!(!service.directory().join("target").exists());
    dev.said(&expect![[r#"
        built in $T · ready in $T
        done · waiting for a change
        src/lib.rs changed · built in $T · ready in $T
        done · waiting for a change
    "#]]);
}

/// A crate in `directory` with these dependencies.
fn add_crate(service: &Service, directory: &str, dependencies: &str) {
    std::fs::create_dir_all(service.directory().join(directory).join("src")).expect("it can be");
    let name = directory.rsplit('/').next().expect("it has a name");
    let manifest = format!(
        "[package]\nname = '{name}'\nversion = '0.1.0'\nedition = '2024'\n\
         [dependencies]\n{dependencies}\n"
    );
    service.write(&format!("{directory}/Cargo.toml"), manifest);
    service.write(&format!("{directory}/src/lib.rs"), "");
}

#[test]
fn what_cargo_knows_only_after_the_first_build_is_no_change() {
    let service = relocation::made_crate();
    let elsewhere = Service::of_text("");
    add_crate(&elsewhere, "sdk", "macros = { path = '../macros' }");
    add_crate(&elsewhere, "macros", "");
    let sdk = elsewhere.directory().join("sdk");
    let manifest = std::fs::read_to_string(service.directory().join("Cargo.toml"));
    let manifest = manifest.expect("it is there");
    let dependency = format!("[dependencies]\nsdk = {{ path = '{}' }}\n", sdk.display());
    service.write("Cargo.toml", manifest + &dependency);
    let command = Command::new(["--log-format", "json", "dev"]).within(service.directory());
    let dev = Dev::launch(command.with_programs(&service.directory().join("bin")));
    dev.shows("done · waiting for a change", 1);

    service.edit("v1.0.0", "v1.0.1");
    dev.shows("done · waiting for a change", 2);

    let said = dev.stopped_by(Signal::TERM);
    assert_eq!(said.matches("built in").count(), 1, "{said}");
    assert!(said.contains("\nservice.toml changed · ready in"), "{said}");
}
