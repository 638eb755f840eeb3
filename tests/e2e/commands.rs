//! Every command from what is typed to what is printed and the exit status.
//! Does not know mistakes in `service.toml` or the component: those are `messages`.

mod build;
mod doctor;
mod generate;
pub(crate) mod new;
mod overview;
pub(crate) mod relocation;
mod test;

use std::path::Path;

use expect_test::{Expect, expect};
use serde_json::Value;

use crate::support::command::Finished;
use crate::support::{Command, Host, Service, guests};

/// Runs `command` on `service`.
fn run(service: &Service, command: &[&str]) -> Finished {
    let mut line = Command::new(command);
    line.arguments([service.path()]);
    line.run()
}

#[track_caller]
fn check(finished: &Finished, expected: &Expect) {
    expected.assert_eq(&finished.outline());
}

fn hello() -> Service {
    Service::new(guests::HELLO_HTTP, "http:0").tables("[service]\ngreeting = 'hi'")
}

#[test]
fn the_schema_is_the_one_of_the_definition() {
    let finished = Command::new(["schema"]).run();

    let document: Value = serde_json::from_str(&finished.stdout).expect("it is JSON");
    let host = mikros_host::Host::builder().build().expect("no two features have the same name");
    assert_eq!(document, mikros_host::internals::schema(host.catalogue()));
    assert_eq!((finished.status, finished.stderr.as_str()), (0, ""));
}

#[test]
fn completions_know_the_commands() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let finished = Command::new(["completions", shell]).run();

        assert!(finished.stdout.contains("inspect"), "{shell}: {}", finished.stdout);
        assert_eq!((finished.status, finished.stderr.as_str()), (0, ""));
    }
}

#[test]
fn the_version_names_the_contract_and_the_runtime() {
    check(
        &Command::new(["--version"]).run(),
        &expect![[r#"
        status 0
        --- stdout
        mikros-host 0.2.0 (contract mikros:service@0.2.0, wasmtime 48.0.8)
        --- stderr
    "#]],
    );
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    for command in ["schema", "completions=bash", "inspect"] {
        let service = hello();
        let (reader, writer) = std::io::pipe().expect("there are pipes");
        drop(reader);
        let mut line = Command::new(command.split('='));
        if command == "inspect" {
            line.arguments([service.path()]);
        }

        let mut process = line.spawn_into(writer.into());

        assert_eq!(process.wait().code(), Some(0), "{command}");
        assert_eq!(process.stderr(), "");
    }
}

#[test]
fn a_service_is_found_where_one_looks_for_it() {
    let service = hello();
    let directory = service.directory();
    let elsewhere = Command::new(["check"]).env("MIKROS_CONFIG", directory);

    let finished = [
        Command::new(["check"]).within(directory).run(),
        Command::new([Path::new("check"), directory]).run(),
        elsewhere.run(),
    ];

    for finished in finished {
        assert_eq!(finished.status, 0, "{}", finished.outline());
    }
}

#[test]
fn only_a_script_takes_arguments() {
    let service = hello();
    let mut command = Host::command(&service);
    command.arguments(["--", "one"]);

    check(
        &command.run(),
        &expect![[r#"
        status 2
        --- stdout
        --- stderr
        error: arguments after `--` are for kind `script`, and `probe` is of kind `http`
         help: remove `--` and what follows it
    "#]],
    );
}

#[test]
fn a_command_line_that_makes_no_sense_is_refused() {
    check(
        &Command::new(["runn"]).run(),
        &expect![[r#"
        status 2
        --- stdout
        --- stderr
        error: unrecognized subcommand 'runn'

          tip: a similar subcommand exists: 'run'

        Usage: mikros-host [OPTIONS] <COMMAND>

        For more information, try '--help'.
    "#]],
    );
    check(
        &Command::new(["run", "--log-level", "loud"]).run(),
        &expect![[r#"
        status 2
        --- stdout
        --- stderr
        error: invalid value 'loud' for '--log-level <LEVEL>'
          [possible values: debug, internal, info, warn, error, fatal]

        For more information, try '--help'.
    "#]],
    );
    check(
        &Command::new(["check", "one", "two"]).run(),
        &expect![[r#"
            status 2
            --- stdout
            cannot read `one`: No such file or directory (os error 2)
              help: pass the path of the service's `service.toml`, or make a service with `mikros-host new`
            one: 1 problem
            cannot read `two`: No such file or directory (os error 2)
              help: pass the path of the service's `service.toml`, or make a service with `mikros-host new`
            two: 1 problem
            --- stderr
        "#]],
    );
}

#[test]
fn without_a_command_the_help_is_shown() {
    let finished = Command::new([""; 0]).run();

    assert!(finished.stderr.contains("Usage: mikros-host"), "{}", finished.outline());
    assert_eq!((finished.status, finished.stdout.as_str()), (2, ""));
}
