//! Tests of the build with commands that need no compiler.

use std::fs;
use std::path::PathBuf;

use expect_test::{Expect, expect};

use super::*;
use crate::definition::LoadContext;
use crate::report::Report;

/// A service in a directory of its own, which is removed at the end.
struct Service {
    directory: PathBuf,
}

impl Service {
    fn new() -> Self {
        let directory = std::env::temp_dir().join(format!("mikros-build-{}", uuid::Uuid::now_v7()));
        fs::create_dir(&directory).unwrap();
        Self { directory }
    }

    /// `build`: the line of `service.toml`.
    fn definition(&self, build: &str) -> Definition {
        let text = format!(
            "name = 'greeter'\ntypes = ['native']\nversion = 'v1'\nlanguage = 'rust'\n\
             product = 'Matrix'\n[host]\ncomponent = 'out/greeter.wasm'\n{build}\n"
        );
        let path = self.directory.join("service.toml");
        Definition::parse(&path, &text, &LoadContext::default()).unwrap()
    }

    /// What the user reads when the build fails, and the exit status.
    #[track_caller]
    fn fails(&self, line: &str, status: Status, expected: &Expect) {
        let error = build(&self.definition(line)).expect_err("the build must fail");
        let text = Report::new(&error, error.help()).to_string();
        expected.assert_eq(&text.replace(&self.directory.display().to_string(), "<directory>"));
        assert_eq!(error.status(), status);
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.directory));
    }
}

#[test]
fn a_build_runs_in_the_directory_of_the_file_and_leaves_the_component() {
    let service = Service::new();
    let definition = service.definition("build = 'mkdir out && echo built > out/greeter.wasm'");

    let built = build(&definition).unwrap();

    assert_eq!(built, Built::Component);
    let component = fs::read_to_string(service.directory.join("out/greeter.wasm"));
    assert_eq!(component.unwrap(), "built\n");
}

#[test]
fn a_service_without_a_command_cannot_be_built() {
    Service::new().fails("", Status::EditNeeded, &expect![[r#"
        error: `<directory>/service.toml` does not say how to build the service
         help: add to `[host]`, for example, `build = "cargo build --release --target wasm32-wasip2"`
    "#]]);
}

#[test]
fn a_failed_build_names_the_command_and_its_exit_status() {
    Service::new().fails(
        "build = 'exit 3'",
        Status::Failure,
        &expect![[r"
        error: the build failed: `exit 3` in `<directory>` ended with exit status 3
    "]],
    );
}

#[test]
fn a_program_that_is_not_installed_is_told_apart_from_a_failed_build() {
    Service::new().fails("build = 'exit 127'", Status::Failure, &expect![[r"
        error: the build failed: `exit 127` in `<directory>` ended with exit status 127
         help: the shell has not found a program, its message is above: install it, Rust with rustup from https://rustup.rs
    "]]);
}

#[test]
fn a_build_that_is_killed_names_the_signal() {
    Service::new().fails(
        "build = 'kill -KILL $$'",
        Status::Failure,
        &expect![[r"
        error: the build failed: `kill -KILL $$` in `<directory>` was ended by signal 9
    "]],
    );
}

#[test]
fn a_build_that_leaves_no_component_names_both_files() {
    Service::new().fails("build = 'mkdir out'", Status::EditNeeded, &expect![[r"
        error: the build succeeded, but there is no component `<directory>/out/greeter.wasm`
         help: let `[host] component` in `<directory>/service.toml` name the file that `mkdir out` writes
    "]]);
}

#[test]
fn a_directory_that_is_gone_is_named() {
    let service = Service::new();
    fs::remove_dir(&service.directory).unwrap();

    service.fails(
        "build = 'true'",
        Status::Failure,
        &expect![[r"
            error: cannot start `sh` in `<directory>` to run `true`
            cause: No such file or directory (os error 2)
        "]],
    );
}
